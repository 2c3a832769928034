package criteria

import "math"

const (
	routingPrior = 100           // in units: how firmly the declared share is expected
	routingLimit = 2 * math.Ln10 // ln 100
	wide         = 1e100         // the range of the product
)

// Routing checks the coin itself: that units go to the candidate with the
// probability recorded for them. A broken split - a wrong share, lost requests
// of one arm - would look like a difference of the models; it blames nobody and
// holds the rollout. The zero value is ready; without a [Routing.BeginStep]
// nothing counts. Not safe for concurrent use.
//
//   - Assumes: every counted unit is assigned here once, whatever came of it.
//   - Guarantees: P(Broken ever | the split is as declared) <= 0.01.
//   - Cost: a few multiplications a unit, no allocation (BenchmarkRouting).
//   - Source: Lindon, Malek, Anytime-valid inference for multinomial count data,
//     arXiv 2011.03567; a product over steps and strata.
type Routing struct {
	splits  [NumStrata]split
	logE    float64 // without the product
	product float64 // of the latest ratios; 0: none
	alarm   float64 // the product at which the evidence is enough
	broken  bool
}

// A split is the count of one stratum in one step.
type split struct{ share, units, candidates float64 }

// BeginStep starts a period with constant shares; what was seen before stays in
// the evidence. In a stratum with a share not strictly between 0 and 1 nothing
// counts.
func (r *Routing) BeginStep(shares [NumStrata]float64) {
	for s := range r.splits {
		r.splits[s] = split{share: coin(shares[s])}
	}
}

// Assign counts one unit before anything is known about its outcome. It ignores
// [Uncounted] and unknown strata and arms.
func (r *Routing) Assign(s Stratum, a Arm) {
	if s < 0 || s >= NumStrata || a >= numArms || r.splits[s].share == 0 {
		return
	}
	r.multiply(r.splits[s].add(a == Candidate))
}

// multiply takes a logarithm only when the product leaves a wide range.
func (r *Routing) multiply(ratio float64) {
	if r.product == 0 {
		r.start(1)
	}
	r.product *= ratio
	r.broken = r.broken || r.product >= r.alarm
	if r.product > wide || r.product < 1/wide {
		r.logE += math.Log(r.product)
		r.product = 0
	}
}

// start begins a product, or goes on with one.
func (r *Routing) start(product float64) {
	r.product, r.alarm = product, math.Exp(min(routingLimit-r.logE, 700))
}

// add counts a unit and returns how much more probable the mixture held its arm
// than the declared share does. Multiplied, these are the quotient of beta functions
// of the textbook, without its cancellation.
func (s *split) add(candidate bool) float64 {
	mixture := (routingPrior*s.share + s.candidates) / (routingPrior + s.units)
	s.units++
	if candidate {
		s.candidates++
		return mixture / s.share
	}
	return (1 - mixture) / (1 - s.share)
}

// LogE returns the evidence against the declared shares, in nats; 0 at the start.
func (r *Routing) LogE() float64 {
	if r.product == 0 {
		return r.logE
	}
	return r.logE + math.Log(r.product)
}

// Broken reports whether the evidence ever reached ln 100. It never turns back.
func (r *Routing) Broken() bool { return r.broken }

// coin returns a share at which both arms are possible, and 0 for all others.
func coin(share float64) float64 {
	if share > 0 && share < 1 {
		return share
	}
	return 0
}
