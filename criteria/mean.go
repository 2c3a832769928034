package criteria

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Mean demands that a number the models give - a revenue, a rating, a cost - is on
// average as good as stable's, within the tolerance: where higher is better no lower,
// where lower is better no higher. Without a Want it is refused.
//
// The number is clipped to [Min, Max], infinities too; one that is not a number is as
// bad as the worse end. What is above Max or below Min adds nothing, so a range that
// is too wide costs speed and one that is too narrow blinds. The mean is that of the
// clipped number's distance from Min, and the tolerance relative to it. Counted are 65
// levels of it: a number between two levels is counted in one of them at random, more
// likely in the nearer one, so that the mean is not moved; see [Config.Rounding].
//
// A call without a value is scored in the candidate's favour: it counts as the best
// value on the candidate and as the worst on stable.
//
//   - Assumes: the coins of the router only; no shape of the distribution.
//   - Guarantees: P(Fail ever reported | at every request the mean on the candidate is
//     within the tolerance of the one on stable) <= its part of alpha.
//   - Cost: one increment and one random number a request; 65 levels times 7 bets a
//     fold, no allocation (BenchmarkFold/mean).
//   - Source: as [ErrorRate], on scores; Waudby-Smith, Ramdas, Estimating means of
//     bounded random variables by betting, arXiv 2010.09686.
type Mean struct {
	// Signal is the name of the number, one of [Config.Numbers].
	Signal string
	// Min and Max are the ends of the range, finite, Min < Max. Both zero means
	// [0, 1].
	Min, Max float64
	// Want is the direction that is better: Higher or Lower.
	Want Want
	// Tolerance is the relative change to the worse allowed: where lower is better
	// in [0, 100], zero means [DefaultTolerance]; where higher is better in [0, 1),
	// zero means [DefaultShortfall]. [Strict] means none.
	Tolerance float64
	// Margin is the further change to the worse that promotion has to rule out, as a
	// fraction of the range, in (0, 1). Zero means [DefaultMeanMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "mean(signal)".
func (c Mean) Name() string { return "mean(" + c.Signal + ")" }

// String says what is demanded.
func (c Mean) String() string {
	low, high := c.ends()
	return fmt.Sprintf("%s in [%.4g, %.4g] %s", c.Name(), low, high, c.Want.demand(c.Tolerance))
}

func (c Mean) direction() (signal string, want Want) { return "number " + c.Signal, c.Want }

// ends resolves the zeros of the range.
func (c Mean) ends() (low, high float64) {
	if c.Min == 0 && c.Max == 0 {
		return 0, 1
	}
	return c.Min, c.Max
}

func (c Mean) plan(cfg *Config, p *problems) plan {
	signal := p.checkSignal("number", c.Signal, cfg.Numbers)
	p.checkWant(c.Want, c.Tolerance)
	low, high := c.ends()
	switch width := high - low; {
	case math.IsNaN(width) || math.IsInf(width, 0):
		p.add("range [%v, %v] is not finite", low, high)
	case width <= 0:
		p.add("min %v is not below max %v", low, high)
	}
	x := c.Want.tolerance(c.Tolerance)
	b := newMeanBook(c.Signal+" on average", c.Want.line(x), meanScores, meanPrior)
	b.complement = c.Want == Higher
	b.text = func(part float64) string { return strconv.FormatFloat(low+part*(high-low), 'g', 4, 64) }
	e := excess{Margin: effectiveMargin(c.Margin, DefaultMeanMargin), Role: c.Role, Weight: c.Weight}
	return e.bet(p, x, meanMeter{signal, low, high, c.Want}, b)
}

// meanLevels is the number of steps between the levels of a mean; a power of 2, so
// that levels are exact.
const meanLevels = 64

// meanPrior is the mean score before anything is known.
const meanPrior = 0.5

// meanScores are the scores of the levels.
var meanScores = func() (scores []float64) {
	for j := range meanLevels + 1 {
		scores = append(scores, float64(j)/meanLevels)
	}
	return scores
}()

// meanMeter has one cell for each level of harm: from 0, the best, to meanLevels.
type meanMeter struct {
	signal    int
	low, high float64
	want      Want
}

func (meanMeter) cells() int { return meanLevels + 1 }

// round rounds up when the part that is lost otherwise is more than the dice show,
// as a fraction of what they can show.
func (m meanMeter) round(o *Observation, dice uint64) int {
	v, ok := o.number(m.signal)
	if !ok {
		return meanLevels + 1
	}
	level, part := math.Modf(m.harm(v) * meanLevels)
	if part > float64(dice>>11)/(1<<53) {
		level++
	}
	return int(level)
}

// harm places a number between the better end, 0, and the worse one, 1.
func (m meanMeter) harm(v float64) float64 {
	if v != v {
		return 1
	}
	x := (max(m.low, min(v, m.high)) - m.low) / (m.high - m.low)
	if m.want == Higher {
		return 1 - x
	}
	return x
}

// A meanBook bets on a mean of scores.
type meanBook struct {
	process
	what       string
	complement bool                 // people are shown 1 minus the score
	text       func(float64) string // of a mean score
	prior      float64
	event      event
}

func newMeanBook(what string, l line, scores []float64, prior float64) *meanBook {
	return &meanBook{process: process{line: l}, what: what, text: percent, prior: prior, event: event{scores: scores}}
}

func (b *meanBook) open(p *past, shares [NumStrata]float64) {
	b.event.guess = p.guess(&b.event, b.prior, priorWeight)
	b.process.open([]event{b.event}, shares)
}

func (b *meanBook) starved() bool               { return false }
func (b *meanBook) leader() *event              { return &b.event }
func (b *meanBook) null() line                  { return b.line }
func (b *meanBook) within() []event             { return slices.Clone(b.events) }
func (b *meanBook) words(*event) (string, bool) { return b.what, b.complement }
func (b *meanBook) amount(part float64) string  { return b.text(part) }
