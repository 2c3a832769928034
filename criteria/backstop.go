package criteria

import "fmt"

const (
	// DefaultLimit is what a [Backstop] Limit of 0 stands for: one call in five.
	DefaultLimit = 0.2
	// DefaultBackstopWeight is what a [Backstop] Weight of 0 stands for.
	DefaultBackstopWeight = 0.1
)

// Backstop demands that at most Limit of the calls the candidate served failed
// where stable then answered the same input. It reads no coin, so it counts
// every call of the candidate, [Uncounted] ones too, and still works when every
// user has testified; an outage that hits both models leaves it silent. It is
// always a guardrail, a group of its own: it has its own rounds and rolls back
// when its own evidence reaches the limit. A round ends with the fold in which a
// rescue has followed an answer, so a candidate that dies late does not pay for
// the calls it answered before: it is out within 6 failing calls at the start, and
// within 12 after thousands of answered ones, looked at after each.
//
//   - Assumes: nothing about routing.
//   - Guarantees: P(Fail ever reported | each call's risk given the past <= Limit)
//     <= its part of alpha.
//   - Cost: one increment a candidate's call, 9 bets a fold, no allocation.
//   - Source: as [ErrorRate], with m = 0; Waudby-Smith, Ramdas, Estimating means of
//     bounded random variables by betting, arXiv 2010.09686.
type Backstop struct {
	// Limit is the fraction of calls allowed, in (0, 1). Zero means
	// [DefaultLimit].
	Limit float64
	// Weight is its fraction of alpha, in (0, 1); the other guardrails share
	// the rest. Zero means [DefaultBackstopWeight]. Alone it has all of alpha.
	Weight float64
}

// Name returns "backstop".
func (c Backstop) Name() string { return "backstop" }

// String says what is demanded.
func (c Backstop) String() string {
	return fmt.Sprintf("backstop: at most %.4g %% of candidate calls rescued by stable", 100*c.limit())
}

func (c Backstop) limit() float64 {
	if c.Limit == 0 {
		return DefaultLimit
	}
	return c.Limit
}

func (c Backstop) plan(_ *Config, p *problems) plan {
	limit, weight := c.limit(), c.Weight
	if weight == 0 {
		weight = DefaultBackstopWeight
	}
	if !(limit > 0 && limit < 1) {
		p.add("limit %v is outside (0, 1)", limit)
	}
	if !(weight > 0 && weight < 1) {
		p.add("weight %v is outside (0, 1)", weight)
	}
	return plan{
		group: callsGroup, role: Guardrail, weight: weight, tolerance: limit,
		meter: rescueMeter{},
		book:  newRateBook("failed where stable answered", line{d: limit}, ratePrior),
	}
}

// rescueMeter has two cells: 1 is a candidate's call that stable had to answer.
type rescueMeter struct{}

func (rescueMeter) cells() int { return 2 }

func (rescueMeter) cell(o *Observation) int {
	if o.Answered {
		return 1
	}
	return 0
}
