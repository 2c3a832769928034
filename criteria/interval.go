package criteria

import (
	"fmt"
	"math"
)

// An Interval is a range of values, both ends included. Upper may be +Inf where
// the data bound it not at all.
type Interval struct{ Lower, Upper float64 }

// String returns "[0.94, 27.2]".
func (i Interval) String() string { return fmt.Sprintf("[%.3g, %.3g]", i.Lower, i.Upper) }

// RateInterval returns the rates that k events in n calls leave possible, in
// [0, 1]. It holds at all times at once: over endless looking, a constant rate
// is ever outside with probability at most alpha. With no calls, or alpha
// outside (0, 1), that is everything; k beyond n is taken as n.
//
//   - Assumes: a constant rate, calls independent given the past.
//   - Guarantees: P(the rate is ever outside) <= alpha.
//   - Cost: some hundred logarithms; not for the hot path.
//   - Source: Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon, arXiv 1810.08240.
func RateInterval(k, n uint64, alpha float64) Interval {
	if n == 0 || !(alpha > 0 && alpha < 1) {
		return Interval{0, 1}
	}
	events, rest := float64(min(k, n)), float64(n-min(k, n))
	mixture := logBeta(0.5+events, 0.5+rest) - logBeta(0.5, 0.5)
	limit := math.Log(1 / alpha)
	inside := func(p float64) bool {
		return mixture-scaledLog(events, p)-scaledLog1m(rest, p) < limit
	}
	seen := events / (events + rest)
	return Interval{border(inside, seen, 0), border(inside, seen, 1)}
}

// RatioInterval returns the ratios (candidate's rate over stable's) that
// candidateEvents among events of both arms leave possible, when each call was
// given to the candidate with probability share. It holds at all times at once.
// With no events, or a share or alpha outside (0, 1), that is everything.
//
//   - Assumes: a constant ratio at one constant share; the rates may drift.
//   - Guarantees: P(the ratio is ever outside) <= alpha.
//   - Cost: as [RateInterval].
//   - Source: as [RateInterval], conditional on the events; Lindon, Malek,
//     Anytime-valid inference for multinomial count data, arXiv 2011.03567.
func RatioInterval(candidateEvents, events uint64, share, alpha float64) Interval {
	if !(share > 0 && share < 1) {
		return Interval{0, math.Inf(1)}
	}
	q := RateInterval(candidateEvents, events, alpha)
	ratio := func(q float64) float64 { return q * (1 - share) / ((1 - q) * share) }
	return Interval{ratio(q.Lower), ratio(q.Upper)}
}

// border bisects for the last point from seen towards end that is inside.
func border(inside func(float64) bool, seen, end float64) float64 {
	if seen == end || inside(end) {
		return end
	}
	in, out := seen, end
	for range 200 {
		middle := in + (out-in)/2
		if middle == in || middle == out {
			break
		}
		if inside(middle) {
			in = middle
		} else {
			out = middle
		}
	}
	return in + (out-in)/2
}

// scaledLog returns k ln p with 0 ln 0 = 0.
func scaledLog(k, p float64) float64 {
	if k == 0 {
		return 0
	}
	return k * math.Log(p)
}

// scaledLog1m returns k ln(1-p) with 0 ln 0 = 0.
func scaledLog1m(k, p float64) float64 {
	if k == 0 {
		return 0
	}
	return k * math.Log1p(-p)
}

func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }

func logGamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}
