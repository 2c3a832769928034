package criteria

import "fmt"

// DefaultDisagreement is what a [Disagreement] Limit of 0 stands for: one input in
// twenty. A model trained again on much the same data changes its answer to a few in
// a hundred; beyond that it is another model, and somebody should have a look.
const DefaultDisagreement = 0.05

// Disagreement demands that the candidate differs from stable on at most Limit more
// of the inputs than stable differs from itself. It reads the pairs of a shadow run
// in which stable was asked the same input again; others it ignores. So a model that
// never answers twice alike is not blamed for its own noise. The zero value is a
// guardrail at [DefaultDisagreement].
//
// With Limit [Strict] it reads only the pairs in which one of the two differs, and
// demands that the candidate is that one in at most half of them. A stable model that
// always answers alike is never the one: then ten answers that differ refute it, eleven
// with slices, among however many that do not. It is for a candidate that is meant to
// answer as stable does, or for a stable model that is noisy itself.
//
// What is limited is how much more often the answers differ, not how much more often
// they are wrong. Where stable differs from itself on a fraction f of the inputs, a
// candidate that is wrong on x more of them differs on no more than about (1-f) x more:
// in the rest the two would have differed anyway. So the default allows a candidate that
// is wrong in one answer in twenty more, and never finds it; a lower limit or Strict
// does, the lower the excess over the limit the later: after reruns in proportion to
// 1/excess^2.
//
//   - Assumes: inputs and reruns drawn without a look at the answers, no bursts of one
//     input, see [Pair]; runs that do not disturb each other. Nothing about routing.
//   - Guarantees: P(Fail ever reported | at every pair, given the past and its slices,
//     P(only the candidate differs) <= P(only the rerun differs) + Limit) <= its part of
//     alpha.
//   - Cost: one increment a pair, 7 bets a fold, 3 in each slice, with Limit Strict 9 and
//     5; no allocation.
//   - Source: sign test (McNemar 1947) as a bet: as [Backstop], on the score 1, 0 or 1/2.
type Disagreement struct {
	// Limit is the fraction of inputs on which the candidate may differ beyond the
	// noise, in (0, 1). Zero means [DefaultDisagreement]; [Strict] none.
	Limit float64
	// Margin is the further fraction that promotion has to rule out, in (0, 1), of
	// inputs or, with Limit Strict, of the pairs that are read. Zero means
	// [DefaultPairMargin]. It and the limit must leave something to prove.
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "disagreement".
func (c Disagreement) Name() string { return "disagreement" }

// String says what is demanded.
func (c Disagreement) String() string {
	if c.Limit == Strict {
		return "disagreement: no more often than stable with itself"
	}
	return fmt.Sprintf("disagreement: on at most %.4g %% more of the inputs than stable with itself", 100*c.limit())
}

// limit resolves the two special values of Limit.
func (c Disagreement) limit() float64 {
	switch c.Limit {
	case 0:
		return DefaultDisagreement
	case Strict:
		return 0
	}
	return c.Limit
}

func (c Disagreement) plan(_ *Config, p *problems) plan {
	limit, margin := c.limit(), effectiveMargin(c.Margin, DefaultPairMargin)
	p.checkMargin(c.Margin)
	if !(limit >= 0 && limit < 1) {
		p.add("limit %v is neither in [0, 1) nor Strict", c.Limit)
	}
	if c.Limit == Strict {
		return paired{margin, c.Role, c.Weight}.plan(p, 0, oddOneOut{}, newRateBook(
			"differs where stable agrees with itself, rather than the reverse", line{d: 0.5}, ratePrior))
	}
	// A score of (1 + what the candidate differs more)/2 is never negative.
	b := newMeanBook("differs beyond what stable differs from itself", line{d: (1 + limit) / 2}, disagreementScores, meanPrior)
	b.text = func(score float64) string { return percent(2*score - 1) }
	return paired{margin / 2, c.Role, c.Weight}.plan(p, limit, noiseMeter{}, b)
}

// A paired is what the criteria on pairs have in common.
type paired struct {
	margin float64 // of the line
	role   Role
	weight float64
}

func (c paired) plan(p *problems, tolerance float64, m pairMeter, b book) plan {
	p.checkWeight(c.weight)
	p.checkRole(c.role)
	safe := b.null().moved(c.margin)
	if safe.d >= 1 {
		p.add("margin and limit leave nothing to prove: every pair may be a worse one")
	}
	return plan{
		group: pairsGroup, role: c.role, weight: relativeWeight(c.weight), tolerance: tolerance,
		meter: m,
		book:  b,
		safe:  safe,
	}
}

var disagreementScores = []float64{0, 0.5, 1}

// noiseMeter has three cells: only the rerun differs, neither or both do, only the
// candidate does.
type noiseMeter struct{}

func (noiseMeter) cells() int { return len(disagreementScores) }

func (noiseMeter) pairCell(p *Pair) int {
	switch {
	case !p.Rerun:
		return unpaired
	case p.Differs == p.RerunDiffers:
		return 1
	case p.Differs:
		return 2
	}
	return 0
}

// oddOneOut has two cells, for pairs in which one of the two differs: 1 is the
// candidate.
type oddOneOut struct{}

func (oddOneOut) cells() int { return 2 }

func (oddOneOut) pairCell(p *Pair) int {
	switch {
	case !p.Rerun || p.Differs == p.RerunDiffers:
		return unpaired
	case p.Differs:
		return 1
	}
	return 0
}
