package worlds

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// A Course is a probability as it develops over the requests.
type Course func(i int) float64

// Constant never changes.
func Constant(p float64) Course { return func(int) float64 { return p } }

// Drift goes in a straight line from one rate to another over n requests.
func Drift(from, to float64, n int) Course {
	return func(i int) float64 { return from + (to-from)*float64(min(max(i, 0), n))/float64(n) }
}

// Bursts are outages: one stretch of each ten has the high rate.
func Bursts(low, high float64, stretch int) Course {
	return func(i int) float64 {
		if i/stretch%10 == 3 {
			return high
		}
		return low
	}
}

// Late changes at the start-th request.
func Late(before, after float64, start int) Course {
	return func(i int) float64 {
		if i < start {
			return before
		}
		return after
	}
}

// Rates are calls that fail, each independently, at the rate of their arm.
type Rates struct{ Stable, Candidate Course }

// Draw decides whether the call fails.
func (w Rates) Draw(rng *rand.Rand, r *Request) {
	rate := w.Stable
	if r.Arm == criteria.Candidate {
		rate = w.Candidate
	}
	r.Harm = rng.Float64() < rate(r.I)
}
