package criteria

import (
	"math"
	"strconv"
)

// Distribution demands that a number the models give - a score, a confidence, a
// length - is distributed alike in both arms: above stable's 10th, 25th, 50th,
// 75th and 90th percentile no more often, below them no more often, and not a
// number no more often, each within the tolerance.
//
// The number is counted in 64 bins over [Min, Max]; what is below, what is above
// and NaN have cells of their own. With Min and Max both 0 the range is [0, 1].
//
//   - Assumes: the coins of the router only; no shape of the distribution.
//   - Guarantees: P(Fail ever reported | P(A | candidate) <= (1 + Tolerance)
//     P(A | stable) for every event A used) <= its part of alpha.
//   - Cost: one increment a request; a pass over the bins and 79 bets a fold, no
//     allocation (BenchmarkFold/distribution).
//   - Source: as [ErrorRate], on threshold events in both directions.
type Distribution struct {
	// Signal is the name of the number, one of [Config.Numbers].
	Signal string
	// Min and Max are the ends of the binned range, finite, Min < Max. Values
	// outside are legal and counted apart. Both zero means [0, 1].
	Min, Max float64
	// Log spaces the bins evenly in the logarithm, for positive numbers over
	// orders of magnitude; it needs 0 < Min.
	Log bool
	// Tolerance is the relative excess allowed for each event, in [0, 100].
	// Zero means [DefaultTolerance]; [Strict] none.
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

// distributionLevels are the quantiles of stable at which Distribution bets.
var distributionLevels = []float64{0.1, 0.25, 0.5, 0.75, 0.9}

// Name returns "distribution(signal)".
func (c Distribution) Name() string { return "distribution(" + c.Signal + ")" }

// String says what is demanded.
func (c Distribution) String() string {
	return c.Name() + " above and below every quantile at most " + times(c.Tolerance)
}

func (c Distribution) plan(cfg *Config, p *problems) plan {
	p.checkTolerance(c.Tolerance)
	p.checkMargin(c.Margin)
	p.checkWeight(c.Weight)
	p.checkRole(c.Role)
	signal := p.checkSignal("number", c.Signal, cfg.Numbers)
	scale := c.scale(p)
	x := effectiveTolerance(c.Tolerance)
	l := line{m: 1 + x}
	return plan{
		role: c.Role, weight: relativeWeight(c.Weight), tolerance: x,
		meter: numberMeter{signal: signal, scale: scale},
		book: newThresholdBook(thresholds{
			cells:    numberCells,
			first:    belowCell,
			levels:   distributionLevels,
			twoSided: true,
			nan:      true,
			line:     l,
			phrase:   func(s side, cut int) string { return c.phrase(s, scale, cut) },
		}),
		safe: l.moved(effectiveMargin(c.Margin, DefaultShapeMargin)),
	}
}

// scale checks the range and returns its bins.
func (c Distribution) scale(p *problems) scale {
	low, high := c.Min, c.Max
	if low == 0 && high == 0 && !c.Log {
		high = 1
	}
	s := newScale(low, high, c.Log)
	switch {
	case math.IsNaN(low) || math.IsNaN(high) || math.IsInf(low, 0) || math.IsInf(high, 0):
		p.add("range [%v, %v] is not finite", low, high)
	case c.Log && low <= 0:
		p.add("log needs 0 < min, got min %v", low)
	case low >= high:
		p.add("min %v is not below max %v", low, high)
	case !(s.perUnit > 0) || math.IsInf(s.perUnit, 1):
		p.add("range [%v, %v] cannot be cut into %d bins", low, high, numberBins)
	}
	return s
}

// phrase words the event on a side of a cut. The last cut parts the range from
// what is above it.
func (c Distribution) phrase(s side, bins scale, cut int) string {
	edge := strconv.FormatFloat(bins.edge(cut-firstBin), 'g', 3, 64)
	switch {
	case s == notANumber:
		return c.Signal + " not a number"
	case s == above && cut == aboveCell:
		return c.Signal + " above " + edge
	case s == above:
		return c.Signal + " at least " + edge
	case cut == aboveCell:
		return c.Signal + " at most " + edge
	}
	return c.Signal + " below " + edge
}

// The cells of a number: NaN lies outside the order of the others.
const (
	nanCell     = 0
	belowCell   = 1
	firstBin    = 2
	aboveCell   = firstBin + numberBins
	numberCells = aboveCell + 1
)

// numberMeter has the cells of one number signal.
type numberMeter struct {
	signal int
	scale  scale
}

func (numberMeter) cells() int { return numberCells }

func (m numberMeter) cell(o *Observation) int {
	v, ok := o.number(m.signal)
	if !ok {
		return numberCells
	}
	return m.scale.cell(v)
}
