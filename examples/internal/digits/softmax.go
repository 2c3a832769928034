package digits

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
)

const (
	Features     = 512  // width of the embedding
	bandwidth    = 0.04 // reciprocal of the distance, in ink, over which the embedding blurs
	epochs       = 20   // passes over the rows
	learningRate = 0.02 // step per row
	modelSeed    = 5    // of the models only: traffic has its own
)

// Image is what a user sends.
type Image struct {
	User   string          // who sends it: assignment sticks to this
	Pixels [Pixels]float64 // ink, 0 to MaxInk
}

// Digit is what a model answers.
type Digit struct {
	Value      int     // 0 to 9
	Confidence float64 // probability in [0, 1] that Value is right, as the model sees it
}

// Label names the digit.
func (d Digit) Label() string { return strconv.Itoa(d.Value) }

// Embedding turns an image into the cosines of random projections, on which
// a linear model behaves like a kernel machine (Rahimi and Recht, "Random
// Features for Large-Scale Kernel Machines", 2007). It is drawn and never
// trained, so that models can share one.
type Embedding struct {
	seed      uint64
	scale     float64
	direction [Features][Pixels]float64
	phase     [Features]float64
}

// NewEmbedding draws an embedding for inputs that are 1/scale of full ink:
// scale 1 expects 0 to 16, scale 16 expects 0 to 1.
func NewEmbedding(seed uint64, scale float64) *Embedding {
	rng := rand.New(rand.NewPCG(seed, 0))
	e := &Embedding{seed: seed, scale: scale}
	for f := range e.direction {
		for i := range e.direction[f] {
			e.direction[f][i] = rng.NormFloat64() * bandwidth * scale
		}
		e.phase[f] = rng.Float64() * 2 * math.Pi
	}
	return e
}

// embed writes the features of an image. Two sums keep the processor busy.
func (e *Embedding) embed(ink *[Pixels]float64, out *[Features]float64) {
	for f := range e.direction {
		w := &e.direction[f]
		var even, odd float64
		for i := 0; i < Pixels; i += 2 {
			even += w[i] * ink[i]
			odd += w[i+1] * ink[i+1]
		}
		out[f] = math.Cos(even + odd + e.phase[f])
	}
}

// Weights are the trained part of a softmax: per class one for each feature, then the bias.
type Weights [Classes][Features + 1]float64

// Softmax is multinomial logistic regression on an embedding. It is
// read-only once trained and safe for concurrent use.
type Softmax struct {
	embedding *Embedding
	Head      Weights
}

// Predict answers the most likely digit. It never fails.
func (m *Softmax) Predict(_ context.Context, in Image) (Digit, error) {
	var x [Features]float64
	m.embedding.embed(&in.Pixels, &x)
	return MostLikely(m.Head.probabilities(&x)), nil
}

// probabilities is the softmax of the class scores, shifted by the largest so
// that no exponential overflows.
func (h *Weights) probabilities(x *[Features]float64) (p [Classes]float64) {
	top := math.Inf(-1)
	for c := range h {
		score := h[c][Features]
		for f := range x {
			score += h[c][f] * x[f]
		}
		p[c] = score
		top = max(top, score)
	}
	var total float64
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		total += p[c]
	}
	for c := range p {
		p[c] /= total
	}
	return p
}

// MostLikely picks the digit with the highest probability, the smallest of several.
func MostLikely(p [Classes]float64) Digit {
	best := 0
	for d := range p {
		if p[d] > p[best] {
			best = d
		}
	}
	return Digit{Value: best, Confidence: p[best]}
}

// Train fits a head to the rows by stochastic gradient descent. The
// same rows give the same model, always.
func Train(e *Embedding, rows []Row) *Softmax {
	rng := rand.New(rand.NewPCG(modelSeed, 1))
	seen := make([][Features]float64, len(rows))
	order := make([]int, len(rows))
	for i := range rows {
		e.embed(&rows[i].Pixels, &seen[i])
		order[i] = i
	}
	var h, sum Weights
	for epoch := range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			h.step(&seen[i], rows[i].Truth)
		}
		if epoch >= epochs/2 {
			sum.add(&h)
		}
	}
	sum.scale(1 / float64(epochs-epochs/2))
	return &Softmax{embedding: e, Head: sum}
}

// step moves the head down the gradient of the log loss of one row.
func (h *Weights) step(x *[Features]float64, truth int) {
	p := h.probabilities(x)
	p[truth]--
	for c := range h {
		g := learningRate * p[c]
		for f := range x {
			h[c][f] -= g * x[f]
		}
		h[c][Features] -= g
	}
}

func (h *Weights) add(o *Weights) {
	for c := range h {
		for f := range h[c] {
			h[c][f] += o[c][f]
		}
	}
}

func (h *Weights) scale(k float64) {
	for c := range h {
		for f := range h[c] {
			h[c][f] *= k
		}
	}
}
