package criteria

// FailureModes demands that the candidate fails in each known way no more often
// than stable, within the tolerance, and in no way that stable never did. It finds
// what [ErrorRate] cannot see: a new failure at a rate that drowns in the usual
// ones, or takes their place. The class of a failed call is [Observation.Class];
// failures without one are a class of their own; a cancelled call is no failure. The
// zero value is a guardrail at 10 %.
//
// Two fifths of its weight are on the classes known when 512 calls are, two fifths
// on "a class that stable has not shown yet", and a fifth on the classes found
// later, the j-th of them with 6/(pi^2 j^2) of it. Which classes are known, and to
// whom, is fixed for a round by the rounds closed before. It is no gate of
// promotion, as one cannot prove the absence of what was never seen.
//
//   - Assumes: the coins of the router only; a set of classes that may grow.
//   - Guarantees: P(Fail ever reported | P(A | candidate) <= (1 + Tolerance)
//     P(A | stable) for every event A used) <= its part of alpha.
//   - Cost: one increment a request; 9 bets a known class a fold, no allocation
//     (BenchmarkFold/failure_modes).
//   - Source: as [Categories], on one event a class.
type FailureModes struct {
	// Tolerance is the relative excess allowed for each class, in [0, 100].
	// Zero means [DefaultTolerance]; [Strict] none.
	Tolerance float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "failure_modes".
func (c FailureModes) Name() string { return "failure_modes" }

// String says what is demanded.
func (c FailureModes) String() string {
	return "failure_modes: each at most " + times(c.Tolerance)
}

func (c FailureModes) plan(cfg *Config, p *problems) plan {
	p.checkTolerance(c.Tolerance)
	p.checkWeight(c.Weight)
	p.checkRole(c.Role)
	x := effectiveTolerance(c.Tolerance)
	return plan{
		role: c.Role, weight: relativeWeight(c.Weight), tolerance: x,
		meter: classMeter{},
		book: newLabelBook(failureClasses, line{m: 1 + x}, func(id int) string {
			return "failed with " + names{cfg}.class(id)
		}, "failed in a way that stable never did"),
	}
}

// classMeter has one cell for each class, one for failures without a class, and one
// for calls that did not fail.
type classMeter struct{}

const noFailure = MaxLabels + 1

func (classMeter) cells() int { return MaxLabels + 2 }

func (classMeter) cell(o *Observation) int {
	if !o.Outcome.harm() {
		return noFailure
	}
	return min(int(o.Class), MaxLabels)
}
