package rules

import (
	"math"
	"sync"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// looks is how many times a group sequential rule looks, evenly over its horizon.
const looks = 50

// GroupSequential looks a fixed number of times over a fixed horizon and spends
// its alpha as O'Brien and Fleming would: almost nothing early.
//
//   - Assumes: a z statistic that is normal at every look; a horizon known
//     beforehand and not exceeded; one share throughout.
//   - Guarantees: P(rollback by the horizon | no difference) about alpha; nothing beyond.
//   - Source: Lan, DeMets, Discrete sequential boundaries for clinical trials,
//     Biometrika 70 (1983); used for rollouts as described by Spotify's engineers.
type GroupSequential struct {
	moments
	every      int
	boundaries []float64
}

// NewGroupSequential looks 50 times within a horizon of requests. The boundaries
// are computed once for each alpha.
func NewGroupSequential(alpha float64, horizon int) *GroupSequential {
	return &GroupSequential{every: max(1, horizon/looks), boundaries: cachedBoundaries(alpha)}
}

// Observe implements [Rule].
func (g *GroupSequential) Observe(r *worlds.Request) bool {
	g.add(r.Arm, Harm(r))
	i := r.I + 1
	if i%g.every != 0 || i/g.every > len(g.boundaries) || g.least() == 0 {
		return false
	}
	return g.pooled() >= g.boundaries[i/g.every-1]
}

// pooled is the z statistic of two proportions with a common variance; 0 while
// there is none.
func (m *moments) pooled() float64 {
	stable, candidate := m.n[criteria.Stable], m.n[criteria.Candidate]
	p := (m.sum[0] + m.sum[1]) / (stable + candidate)
	variance := p * (1 - p) * (1/stable + 1/candidate)
	if !(variance > 0) {
		return 0
	}
	return (m.sum[criteria.Candidate]/candidate - m.sum[criteria.Stable]/stable) / math.Sqrt(variance)
}

var boundariesByAlpha sync.Map // of float64 to func() []float64

func cachedBoundaries(alpha float64) []float64 {
	f, _ := boundariesByAlpha.LoadOrStore(alpha, sync.OnceValue(func() []float64 { return obfBoundaries(alpha, looks) }))
	return f.(func() []float64)()
}

// obfSpent is the part of alpha spent by information time t in (0, 1].
func obfSpent(alpha, t float64) float64 {
	return 2 * above(normalQuantile(1-alpha/2)/math.Sqrt(t))
}

// obfBoundaries are the z values of n even looks that spend a one-sided alpha. They
// come from the density of Brownian motion that has not crossed yet, carried from
// look to look by numerical integration.
func obfBoundaries(alpha float64, n int) []float64 {
	z := make([]float64, n)
	step := 1 / math.Sqrt(float64(n)) // deviation between looks
	var before density
	spent := 0.0
	for k := range z {
		t := float64(k+1) / float64(n)
		toSpend := obfSpent(alpha, t) - spent
		spent += toSpend
		c := bisect(func(c float64) float64 { return toSpend - before.crosses(c, step) })
		z[k] = c / math.Sqrt(t)
		before = before.next(c, step)
	}
	return z
}

// A density is a function on an even grid of points, for Simpson's rule. The zero
// value is a unit mass at 0.
type density struct{ x, weight []float64 }

const (
	densityCells = 400 // even
	densityFloor = -6.0
)

// crosses is the mass that is above c after one more step.
func (d density) crosses(c, step float64) float64 {
	if d.x == nil {
		return above(c / step)
	}
	sum := 0.0
	for i, x := range d.x {
		sum += d.weight[i] * above((c-x)/step)
	}
	return sum
}

// next is the mass that is below c after one more step.
func (d density) next(c, step float64) density {
	width := (c - densityFloor) / densityCells
	e := density{x: make([]float64, densityCells+1), weight: make([]float64, densityCells+1)}
	for i := range e.x {
		e.x[i] = densityFloor + width*float64(i)
		e.weight[i] = d.at(e.x[i], step) * width / 3 * float64(simpson(i))
	}
	return e
}

// at is the density at x after one more step.
func (d density) at(x, step float64) float64 {
	kernel := func(u float64) float64 { return math.Exp(-u*u/2) / (step * math.Sqrt(2*math.Pi)) }
	if d.x == nil {
		return kernel(x / step)
	}
	sum := 0.0
	for i, y := range d.x {
		sum += d.weight[i] * kernel((x-y)/step)
	}
	return sum
}

// simpson is the weight of a point of the grid: 1 4 2 4 ... 4 1.
func simpson(i int) int {
	switch {
	case i == 0 || i == densityCells:
		return 1
	case i%2 == 1:
		return 4
	}
	return 2
}

// bisect finds the zero in [0, 10] of an increasing function.
func bisect(f func(float64) float64) float64 {
	low, high := 0.0, 10.0
	for range 60 {
		if middle := (low + high) / 2; f(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}
