package main

import (
	"context"
	"math"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

const (
	neighbours   = 7   // how many of the nearest rows vote
	voteDistance = 150 // squared ink by which a vote falls to 1/e
	reach        = 2   // pixels by which an image is moved about in search of a match
)

// knn compares an image, moved to every place within reach, with every row it
// knows. It learns nothing, is right more often than the softmax, and takes
// far longer. Safe for concurrent use.
type knn struct {
	rows []digits.Row
}

// Predict lets the nearest rows vote. It never fails.
func (m *knn) Predict(_ context.Context, in digits.Image) (digits.Digit, error) {
	var near nearest
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			moved := shifted(&in.Pixels, dx, dy)
			for i := range m.rows {
				near.offer(squaredDistance(&moved, &m.rows[i].Pixels), m.rows[i].Truth)
			}
		}
	}
	return digits.MostLikely(near.vote()), nil
}

// nearest holds the closest rows so far, the closest first.
type nearest struct {
	distance [neighbours]float64
	truth    [neighbours]int
	n        int
}

func (n *nearest) offer(distance float64, truth int) {
	if n.n == neighbours && distance >= n.distance[n.n-1] {
		return
	}
	n.n = min(n.n+1, neighbours)
	i := n.n - 1
	for ; i > 0 && n.distance[i-1] > distance; i-- {
		n.distance[i], n.truth[i] = n.distance[i-1], n.truth[i-1]
	}
	n.distance[i], n.truth[i] = distance, truth
}

// vote weighs each neighbour by how much farther than the nearest it is.
func (n *nearest) vote() (p [digits.Classes]float64) {
	var total float64
	for i := range n.n {
		weight := math.Exp((n.distance[0] - n.distance[i]) / voteDistance)
		p[n.truth[i]] += weight
		total += weight
	}
	for c := range p {
		p[c] /= total
	}
	return p
}

func squaredDistance(a, b *[digits.Pixels]float64) float64 {
	var even, odd float64
	for i := 0; i < digits.Pixels; i += 2 {
		d, e := a[i]-b[i], a[i+1]-b[i+1]
		even += d * d
		odd += e * e
	}
	return even + odd
}

// shifted moves an image right by dx and down by dy; what leaves is lost.
func shifted(in *[digits.Pixels]float64, dx, dy int) (out [digits.Pixels]float64) {
	for y := max(0, dy); y < min(digits.Side, digits.Side+dy); y++ {
		for x := max(0, dx); x < min(digits.Side, digits.Side+dx); x++ {
			out[y*digits.Side+x] = in[(y-dy)*digits.Side+x-dx]
		}
	}
	return out
}
