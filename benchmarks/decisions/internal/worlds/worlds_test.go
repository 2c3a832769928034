package worlds

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/criteria"
)

func rng() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestCourses(t *testing.T) {
	for _, c := range []struct {
		name   string
		course Course
		i      int
		want   float64
	}{
		{"constant", Constant(0.1), 7, 0.1},
		{"drift before the start", Drift(0.005, 0.03, 100), -5, 0.005},
		{"drift half way", Drift(0, 1, 100), 50, 0.5},
		{"drift after the end", Drift(0.005, 0.03, 100), math.MaxInt, 0.03},
		{"calm", Bursts(0.002, 0.3, 10), 29, 0.002},
		{"burst", Bursts(0.002, 0.3, 10), 30, 0.3},
		{"the next burst", Bursts(0.002, 0.3, 10), 135, 0.3},
		{"calm before exposure", Bursts(0.002, 0.3, 10), -35, 0.002},
		{"not yet", Late(0.01, 0.05, 10), 9, 0.01},
		{"late", Late(0.01, 0.05, 10), 10, 0.05},
	} {
		check.Near(t, c.want, c.course(c.i), 1e-15, c.name)
	}
}

func TestShares(t *testing.T) {
	ramp := Ramp(100, 0.01, 0.05, 0.2, 0.5)
	for i, want := range map[int]float64{-3: 0.01, 0: 0.01, 24: 0.01, 25: 0.05, 50: 0.2, 99: 0.5, 500: 0.5} {
		check.Near(t, want, ramp(i), 0, "request %d", i)
	}
	check.Near(t, 0.3, Hold(0.3)(9), 0)
}

// Every law draws what its distribution function says, at a handful of points.
func TestLawsDrawWhatTheySay(t *testing.T) {
	base := Lognormal{Median: 10, Sigma: 0.8}
	for _, c := range []struct {
		name string
		law  Law
		at   []float64
	}{
		{"lognormal", base, []float64{-1, 5, 10, 30}},
		{"pareto", Pareto{Scale: 10, Tail: 2.2}, []float64{-1, 1, 10, 40}},
		{"normal", Normal{0.5, 0.12}, []float64{0.3, 0.5, 0.6}},
		{"scaled", Scaled{base, 1.5}, []float64{5, 15, 30}},
		{"tail", Tail{base, 27.9, 2}, []float64{5, 27.9, 40, 55.8, 80}},
		{"clipped", Clipped{base, 30}, []float64{-1, 5, 29, 30, 31}},
	} {
		r, below := rng(), make([]int, len(c.at))
		const n = 20_000
		for range n {
			x := c.law.Sample(r)
			for i, at := range c.at {
				if x <= at {
					below[i]++
				}
			}
		}
		for i, at := range c.at {
			check.Near(t, c.law.CDF(at), float64(below[i])/n, 0.015, "%s at %v", c.name, at)
		}
	}
}

func TestLabels(t *testing.T) {
	p := []float64{0.5, 0.3, 0.2}
	check.AllNear(t, []float64{6. / 11, 3. / 11, 2. / 11}, Zipf(3), 1e-15)
	check.AllNear(t, []float64{0.45, 0.35, 0.2}, Moved(p, 0, 1, 0.1), 1e-15)
	check.AllNear(t, []float64{0.45, 0.27, 0.18, 0.1}, Novel(p, 0.1), 1e-15)
	check.AllNear(t, []float64{0.625, 0.375, 0}, Without(p, 2), 1e-15)
	check.AllNear(t, []float64{0.5, 0.3, 0.2}, p, 0, "nobody changes its argument")
}

// Cells and probabilities of every kind of failure agree, and add up to 1.
func TestCellsOfFailures(t *testing.T) {
	stable, candidate := failures.Cells()
	check.AllNear(t, []float64{0.8, 0.15, 0.05, 0}, stable, 1e-15)
	check.AllNear(t, []float64{0.56, 0.105, 0.035, 0.3}, candidate, 1e-15)
}

var failures = Failures{Usual: []float64{0.75, 0.25}, Rate: 0.2, New: 0.3}

// A value beyond the cells shares one; a request says which value it is all the same.
func TestSliceCells(t *testing.T) {
	for value, want := range map[int]uint8{0: 0, 55: 55, 56: 56, 63: 63, 64: 56, 99: 59} {
		check.Equal(t, want, sliceCell(value))
	}
}

func TestDraw(t *testing.T) {
	const n = 20_000
	for _, c := range []struct {
		name              string
		world             World
		is                func(*Request) bool
		stable, candidate float64
	}{
		{"rates", Rates{Constant(0.1), Constant(0.3)}, func(r *Request) bool { return r.Harm }, 0.1, 0.3},
		{"slices", Broken{20, 7, 0.1}, func(r *Request) bool { return r.Harm }, 0.1, 0.05 + 0.95*0.1},
		{"no bad slice", Broken{20, 20, 0.1}, func(r *Request) bool { return r.Harm }, 0.1, 0.1},
		{"the bad slice", Broken{20, 7, 0.1}, func(r *Request) bool { return r.Slice == 7 && r.Harm }, 0.005, 0.05},
		{"new failures", failures, func(r *Request) bool { return r.Harm && r.Class == 2 && r.Label == 3 }, 0, 0.3},
		{"usual failures", failures, func(r *Request) bool { return r.Harm && r.Class == 1 && r.Label == 2 }, 0.05, 0.035},
		{"values", Values{Normal{0, 1}, Normal{1, 1}}, func(r *Request) bool { return r.Value > 0 }, 0.5, 0.8413},
		{"labels", Labels{[]float64{0.2, 0.8}, []float64{0.6, 0.4}}, func(r *Request) bool { return r.Label == 0 }, 0.2, 0.6},
	} {
		random := rng()
		for arm, want := range []float64{c.stable, c.candidate} {
			seen := 0
			for i := range n {
				r := Request{I: i, Arm: criteria.Arm(arm)}
				if c.world.Draw(random, &r); c.is(&r) {
					seen++
				}
			}
			check.Near(t, want, float64(seen)/n, 0.015, "%s, %v", c.name, criteria.Arm(arm))
		}
	}
}

// The bounds of 1 % -> 5 % and others as computed elsewhere, to the digits given.
func TestBound(t *testing.T) {
	for _, c := range []struct{ a, b, share, want float64 }{
		{0.01, 0.05, 0.01, 114}, {0.01, 0.05, 0.05, 123}, {0.01, 0.05, 0.2, 163}, {0.01, 0.05, 0.5, 308},
		{0.001, 0.01, 0.05, 375}, {0.001, 0.01, 0.5, 1073}, {0.01, 0.02, 0.05, 1257}, {0, 0.02, 0.05, 77},
		{0.9, 0.91, 0.2, 9987},
	} {
		got := Bound(Bernoulli(c.a), Bernoulli(c.b), c.share, 0.01)
		check.Near(t, c.want, got, 0.007*c.want, "%v -> %v at %v", c.a, c.b, c.share)
	}
}

// Two normals one standard deviation apart, by the closed form of small shares:
// KL(b||a) = 1/2.
func TestBoundOfValues(t *testing.T) {
	a, b := Values{Normal{0.5, 0.12}, Normal{0.62, 0.12}}.Cells()
	check.Near(t, math.Log(100)/0.5, Bound(a, b, 1e-6, 0.01), 0.01*math.Log(100)/0.5)
	sum := 0.0
	for _, p := range a {
		sum += p
	}
	check.Near(t, 1, sum, 1e-12)
}
