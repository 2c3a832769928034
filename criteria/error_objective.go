package criteria

import "fmt"

// ErrorObjective demands that at most Limit of the candidate's calls fail, whatever
// stable does: [Failed], [TimedOut] and [Overdue] are failures, [Cancelled] is not.
// It reads the candidate alone, so an outage that hits both models rolls the
// candidate back; [ErrorRate] tells them apart. The zero value is refused.
//
//   - Assumes: nothing about stable, nor about routing.
//   - Guarantees: P(Fail ever reported | each call's risk given the past <= Limit)
//     <= its part of alpha.
//   - Cost: as [ErrorRate].
//   - Source: as [Backstop].
type ErrorObjective struct {
	// Limit is the fraction of calls allowed to fail, in (0, 1): 0.01 is one in a
	// hundred. Promotion has to prove the same limit.
	Limit float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "error_objective".
func (c ErrorObjective) Name() string { return "error_objective" }

// String says what is demanded.
func (c ErrorObjective) String() string {
	return fmt.Sprintf("error_objective: at most %.4g %% of candidate calls failed", 100*c.Limit)
}

func (c ErrorObjective) plan(_ *Config, p *problems) plan {
	if !(c.Limit > 0 && c.Limit < 1) {
		p.add("limit %v is outside (0, 1)", c.Limit)
	}
	return objective{c.Limit, c.Role, c.Weight}.plan(p, harmMeter{}, "failed")
}

// An objective is what the criteria that read the candidate alone have in common.
type objective struct {
	limit  float64
	role   Role
	weight float64
}

// plan demands at most the limit of the meter's cell 1.
func (c objective) plan(p *problems, m meter, what string) plan {
	p.checkWeight(c.weight)
	p.checkRole(c.role)
	l := line{d: c.limit}
	return plan{
		role: c.role, weight: relativeWeight(c.weight), tolerance: c.limit,
		meter: m,
		book:  newRateBook(what, l, ratePrior),
		safe:  l,
	}
}
