package worlds

import (
	"math"
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// A Law is the distribution of a number.
type Law interface {
	Sample(rng *rand.Rand) float64
	// CDF is P(value <= x).
	CDF(x float64) float64
}

// Values are numbers drawn from the law of their arm.
type Values struct{ Stable, Candidate Law }

// Draw draws the number.
func (w Values) Draw(rng *rand.Rand, r *Request) {
	law := w.Stable
	if r.Arm == criteria.Candidate {
		law = w.Candidate
	}
	r.Value = law.Sample(rng)
}

// Lognormal has the given median and standard deviation of the logarithm.
type Lognormal struct{ Median, Sigma float64 }

// Sample draws a number.
func (l Lognormal) Sample(rng *rand.Rand) float64 {
	return l.Median * math.Exp(l.Sigma*rng.NormFloat64())
}

// CDF is P(value <= x).
func (l Lognormal) CDF(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return phi(math.Log(x/l.Median) / l.Sigma)
}

// Pareto has P(value > x) = (1 + x/Scale)^-Tail: the Pareto law that starts at 0.
type Pareto struct{ Scale, Tail float64 }

// Sample draws a number.
func (l Pareto) Sample(rng *rand.Rand) float64 {
	return l.Quantile(rng.Float64())
}

// CDF is P(value <= x).
func (l Pareto) CDF(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return 1 - math.Pow(1+x/l.Scale, -l.Tail)
}

// Quantile is the value that a fraction p in [0, 1) does not exceed.
func (l Pareto) Quantile(p float64) float64 { return l.Scale * (math.Pow(1-p, -1/l.Tail) - 1) }

// Normal is the normal distribution.
type Normal struct{ Mean, SD float64 }

// Sample draws a number.
func (l Normal) Sample(rng *rand.Rand) float64 { return l.Mean + l.SD*rng.NormFloat64() }

// CDF is P(value <= x).
func (l Normal) CDF(x float64) float64 { return phi((x - l.Mean) / l.SD) }

// Scaled multiplies the numbers of a law.
type Scaled struct {
	Law
	Factor float64
}

// Sample draws a number.
func (l Scaled) Sample(rng *rand.Rand) float64 { return l.Factor * l.Law.Sample(rng) }

// CDF is P(value <= x).
func (l Scaled) CDF(x float64) float64 { return l.Law.CDF(x / l.Factor) }

// Tail multiplies only the numbers above From, by a Factor >= 1: it leaves a gap
// in the density from From to Factor From.
type Tail struct {
	Law
	From, Factor float64
}

// Sample draws a number.
func (l Tail) Sample(rng *rand.Rand) float64 {
	x := l.Law.Sample(rng)
	if x > l.From {
		return l.Factor * x
	}
	return x
}

// CDF is P(value <= x).
func (l Tail) CDF(x float64) float64 {
	if x <= l.From {
		return l.Law.CDF(x)
	}
	return l.Law.CDF(max(l.From, x/l.Factor))
}

// Clipped moves numbers outside [0, Max] to its ends.
type Clipped struct {
	Law
	Max float64
}

// Sample draws a number.
func (l Clipped) Sample(rng *rand.Rand) float64 { return max(0, min(l.Law.Sample(rng), l.Max)) }

// CDF is P(value <= x).
func (l Clipped) CDF(x float64) float64 {
	switch {
	case x < 0:
		return 0
	case x >= l.Max:
		return 1
	}
	return l.Law.CDF(x)
}

// phi is the standard normal distribution function.
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
