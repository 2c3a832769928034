package worlds

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// Labels are classes; the two slices are the probabilities by class of the arms.
type Labels struct{ Stable, Candidate []float64 }

// Draw draws the class.
func (w Labels) Draw(rng *rand.Rand, r *Request) {
	p := w.Stable
	if r.Arm == criteria.Candidate {
		p = w.Candidate
	}
	r.Label = draw(rng, p)
}

// draw draws one of the classes with these probabilities.
func draw(rng *rand.Rand, p []float64) uint16 {
	u := rng.Float64()
	for k := range p {
		if u -= p[k]; u < 0 {
			return uint16(k)
		}
	}
	return uint16(len(p) - 1)
}

// Zipf are n classes, the k-th with probability proportional to 1/k.
func Zipf(n int) []float64 {
	p, sum := make([]float64, n), 0.0
	for k := range p {
		p[k] = 1 / float64(k+1)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// Moved takes a fraction of class from's probability over to class to, which may
// be the first one that p does not have.
func Moved(p []float64, from, to int, fraction float64) []float64 {
	q := make([]float64, max(len(p), to+1))
	copy(q, p)
	q[from] -= fraction * p[from]
	q[to] += fraction * p[from]
	return q
}

// Novel is p with a new class at a rate taken from all others alike.
func Novel(p []float64, rate float64) []float64 {
	q := make([]float64, len(p)+1)
	for k := range p {
		q[k] = (1 - rate) * p[k]
	}
	q[len(p)] = rate
	return q
}

// Without is p without class k, its probability spread over the others.
func Without(p []float64, k int) []float64 {
	q := make([]float64, len(p))
	for j := range p {
		if j != k {
			q[j] = p[j] / (1 - p[k])
		}
	}
	return q
}
