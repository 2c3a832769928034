package criteria

import "fmt"

// Categories demands that the labels the models give are as frequent in both
// arms: each known label no more often and no less often, and no labels that
// were not seen before, each within the tolerance.
//
// Half of its weight is on the labels known when the first bets are placed, a
// quarter on "a label that stable has not given yet", and a quarter on the labels
// found later, the j-th of them with 6/(pi^2 j^2) of it. Which labels are known, and
// to whom, is fixed for a round by the rounds closed before.
//
//   - Assumes: the coins of the router only; a label set that may grow.
//   - Guarantees: P(Fail ever reported | every label used is given at most 1 +
//     Tolerance and at least 1 - Tolerance times as often as by stable) <= its part of
//     alpha.
//   - Cost: one increment a request; 14 bets a known label a fold, no allocation
//     (BenchmarkFold/categories).
//   - Source: as [ErrorRate], on one event a label; Vovk, Wang, E-values:
//     calibration, combination and applications, arXiv 1912.06116, for the average.
type Categories struct {
	// Signal is the name of the label, one of [Config.Labels].
	Signal string
	// Tolerance is the relative change allowed, up or down, of how often each label is
	// given, in [0, 100]; from 1 on a label may disappear. Zero means
	// [DefaultTolerance]; [Strict] none.
	Tolerance float64
	// Margin is the further absolute excess that promotion has to rule out for each
	// event, in (0, 1). Zero means [DefaultShapeMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "categories(signal)".
func (c Categories) Name() string { return "categories(" + c.Signal + ")" }

// String says what is demanded.
func (c Categories) String() string {
	return c.Name() + " with and without every label at most " + times(c.Tolerance)
}

func (c Categories) plan(cfg *Config, p *problems) plan {
	p.checkTolerance(c.Tolerance)
	p.checkMargin(c.Margin)
	p.checkWeight(c.Weight)
	p.checkRole(c.Role)
	signal := p.checkSignal("label", c.Signal, cfg.Labels)
	x := effectiveTolerance(c.Tolerance)
	l := line{m: 1 + x}
	return plan{
		role: c.Role, weight: relativeWeight(c.Weight), tolerance: x,
		meter: labelMeter{signal: signal},
		book: newLabelBook(answerLabels, l, func(id int) string {
			return fmt.Sprintf("%s is %s", c.Signal, names{cfg}.label(signal, id))
		}, c.Signal+" is a label that stable never gave"),
		safe: l.moved(effectiveMargin(c.Margin, DefaultShapeMargin)),
	}
}

// labelMeter has one cell for each id of one label signal.
type labelMeter struct{ signal int }

func (labelMeter) cells() int { return MaxLabels }

func (m labelMeter) cell(o *Observation) int {
	id, ok := o.label(m.signal)
	if !ok {
		return MaxLabels
	}
	return id
}
