package criteria

import (
	"fmt"
	"math"
	"time"
)

// Latency demands that the candidate is not slower than stable at the stable
// median, nor at the 75th, 90th, 95th and 99th percentile, within the
// tolerance. Overdue calls have the slowest latency in both arms; failed and
// cancelled calls have none. The zero value is a guardrail at 10 %.
//
// Latencies are counted in 256 bins that grow by 10 %, from 100 ns; the
// tolerance is rounded to whole bins, zero bins for one below 4.9 %.
//
//   - Assumes: the coins of the router only; no shape of the distribution.
//   - Guarantees: P(Fail ever reported | P(candidate > (1+x) T) <= P(stable > T) +
//     Allowance at every T used) <= its part of alpha, x being the tolerance in whole
//     bins.
//   - Cost: one table look-up and one increment a request; a pass over the bins and
//     35 bets a fold, no allocation (BenchmarkFold/latency).
//   - Source: as [ErrorRate], on threshold events; Howard, Ramdas, Sequential
//     estimation of quantiles, arXiv 1906.09712, for the problem.
type Latency struct {
	// Tolerance is the relative slowdown allowed, in [0, 100]: 0.2 is a fifth
	// slower. Zero means [DefaultTolerance], one bin; [Strict] none.
	Tolerance float64
	// Allowance is the fraction of calls, in [0, 1), that may be slower beyond that at
	// every quantile: with 0.02 two calls in a hundred more. It is for what slows a
	// few calls whatever the model. Zero means none; a canary that runs the
	// candidate on goroutines of its own puts 0.02 in its place. [Strict] means none.
	Allowance float64
	// Margin is the further fraction of calls that may be slower at a quantile as far
	// as promotion is concerned, in (0, 1): more has to be ruled out. Zero means
	// [DefaultShapeMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// latencyLevels are the quantiles of stable at which Latency bets.
var latencyLevels = []float64{0.5, 0.75, 0.9, 0.95, 0.99}

// Name returns "latency".
func (c Latency) Name() string { return "latency" }

// String says what is demanded.
func (c Latency) String() string {
	s := "latency at most " + times(c.Tolerance) + " at every quantile"
	if a := c.allowance(); a > 0 {
		s += fmt.Sprintf(", but for %.4g %% of calls", 100*a)
	}
	return s
}

// allowance resolves the special value of Allowance.
func (c Latency) allowance() float64 {
	if c.Allowance == Strict {
		return 0
	}
	return c.Allowance
}

func (c Latency) plan(_ *Config, p *problems) plan {
	p.checkTolerance(c.Tolerance)
	if a := c.allowance(); !(a >= 0 && a < 1) {
		p.add("allowance %v is neither in [0, 1) nor Strict", c.Allowance)
	}
	p.checkMargin(c.Margin)
	p.checkWeight(c.Weight)
	p.checkRole(c.Role)
	x := effectiveTolerance(c.Tolerance)
	l := line{m: 1, d: c.allowance()}
	safe := l.moved(effectiveMargin(c.Margin, DefaultShapeMargin))
	if safe.d >= 1 && l.d < 1 && c.Margin < 1 {
		p.add("allowance and margin add up to %v: with 1 or more nothing is left to be proven", safe.d)
	}
	return plan{
		role: c.Role, weight: relativeWeight(c.Weight), tolerance: x,
		meter: latencyMeter{},
		book: newThresholdBook(thresholds{
			cells:  latencyBins,
			levels: latencyLevels,
			line:   l,
			shift:  int(math.Round(math.Log1p(x) / math.Log(latencyGrowth))),
			phrase: func(_ side, cut int) string {
				return "slower than " + durationText(time.Duration(latencyEdges[cut]))
			},
		}),
		safe: safe,
	}
}

// latencyMeter has the cells of the latency bins.
type latencyMeter struct{}

func (latencyMeter) cells() int { return latencyBins }

func (latencyMeter) cell(o *Observation) int {
	switch {
	case o.Outcome == Overdue:
		return latencyBins - 1
	case o.Outcome != Fine || o.Latency < 0:
		return latencyBins
	}
	return latencyBin(o.Latency)
}
