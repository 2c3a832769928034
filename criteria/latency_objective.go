package criteria

import (
	"fmt"
	"strconv"
	"time"
)

// LatencyObjective demands that the given quantile of the candidate's latency is
// at most Limit, whatever stable's is: at most 1 - Quantile of its calls are slower.
// Overdue calls are slower; failed and cancelled ones have no latency and are scored
// in the candidate's favour. Latencies are compared with the limit itself, not with
// a bin. It reads the candidate alone: what slows both models down rolls the
// candidate back; [Latency] tells them apart. The zero value is refused.
//
//   - Assumes: nothing about stable, nor about routing.
//   - Guarantees: P(Fail ever reported | each call's risk of being slower, given the
//     past, <= 1 - Quantile) <= its part of alpha.
//   - Cost: as [ErrorRate].
//   - Source: as [Backstop].
type LatencyObjective struct {
	// Quantile is the fraction of calls that have to be within the limit, in (0, 1):
	// 0.99 for the 99th percentile.
	Quantile float64
	// Limit is the latency that they have to keep, positive. Promotion has to prove
	// the same limit.
	Limit time.Duration
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "latency_objective(quantile)".
func (c LatencyObjective) Name() string {
	return "latency_objective(" + strconv.FormatFloat(c.Quantile, 'g', -1, 64) + ")"
}

// String says what is demanded.
func (c LatencyObjective) String() string {
	return fmt.Sprintf("%s: %.6g %% of candidate calls within %s", c.Name(), 100*c.Quantile, durationText(c.Limit))
}

func (c LatencyObjective) plan(_ *Config, p *problems) plan {
	if !(c.Quantile > 0 && c.Quantile < 1) {
		p.add("quantile %v is outside (0, 1)", c.Quantile)
	}
	if c.Limit <= 0 {
		p.add("limit %v is not positive", c.Limit)
	}
	slower := "slower than " + durationText(c.Limit)
	return objective{1 - c.Quantile, c.Role, c.Weight}.plan(p, limitMeter(c.Limit), slower)
}

// limitMeter has two cells: 1 is a call slower than it.
type limitMeter time.Duration

func (limitMeter) cells() int { return 2 }

func (m limitMeter) cell(o *Observation) int {
	switch {
	case o.Outcome == Overdue:
		return 1
	case o.Outcome != Fine || o.Latency < 0:
		return 2
	case o.Latency > time.Duration(m):
		return 1
	}
	return 0
}
