package worlds

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// Failures are calls that fail in the usual ways at one rate in both arms, and on
// the candidate in a new way on top of it. Label tells the ways from each other and
// from an answer, which is label 0.
type Failures struct {
	Usual []float64 // probability of each way, given a usual failure
	Rate  float64   // of usual failures
	New   float64   // of new ones on the candidate
}

// Draw decides whether the call fails, and how.
func (w Failures) Draw(rng *rand.Rand, r *Request) {
	r.Harm, r.Class, r.Label = false, 0, 0
	switch {
	case r.Arm == criteria.Candidate && rng.Float64() < w.New:
		r.Class = uint16(len(w.Usual))
	case rng.Float64() < w.Rate:
		r.Class = draw(rng, w.Usual)
	default:
		return
	}
	r.Harm, r.Label = true, r.Class+1
}

// Cells are the probabilities of an answer, of the usual ways and of the new one.
func (w Failures) Cells() (stable, candidate []float64) {
	return w.cells(0), w.cells(w.New)
}

func (w Failures) cells(fresh float64) []float64 {
	p := []float64{(1 - fresh) * (1 - w.Rate)}
	for _, usual := range w.Usual {
		p = append(p, (1-fresh)*w.Rate*usual)
	}
	return append(p, fresh)
}
