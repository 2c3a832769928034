//go:build !race

package rules

import (
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Folding only when the evidence can have reached the limit decides at the same
// request as folding each request alone, and the evidence then is the same.
func TestOursSkipsNothing(t *testing.T) {
	latency := worlds.Lognormal{Median: 10, Sigma: 0.8}
	zipf := worlds.Zipf(10)
	rates := func(a, b float64) worlds.World {
		return worlds.Rates{Stable: worlds.Constant(a), Candidate: worlds.Constant(b)}
	}
	config := func(c ...criteria.Criterion) criteria.Config {
		return criteria.Config{Criteria: c, Numbers: []string{"value"}, Labels: []string{"class"}}
	}
	converted := func(x float64) criteria.Config {
		c := config(criteria.Rate{Signal: "done", Want: criteria.Higher, Tolerance: x})
		c.Checks = []string{"done"}
		return c
	}
	ways := worlds.Failures{Usual: worlds.Zipf(3), Rate: 0.01, New: 0.03}
	strict := config(criteria.ErrorRate{Tolerance: criteria.Strict})
	for _, c := range []struct {
		name     string
		config   criteria.Config
		harmOnly bool
		world    worlds.World
		seeds    int
	}{
		{"dead", strict, true, rates(0.01, 1), 0},
		{"worse", strict, true, rates(0.01, 0.05), 0},
		{"stable is dead", strict, true, rates(1, 0.98), 0},
		{"equal", strict, true, rates(0.05, 0.05), 0},
		{"with tolerance", config(criteria.ErrorRate{}), true, rates(0.01, 0.05), 0},
		{"slower", config(criteria.Latency{Tolerance: criteria.Strict}), false, worlds.Values{Stable: latency, Candidate: worlds.Scaled{Law: latency, Factor: 1.5}}, 0},
		{"slower, seeded", config(criteria.Latency{}), false, worlds.Values{Stable: latency, Candidate: worlds.Scaled{Law: latency, Factor: 3}}, 2000},
		{"shifted", config(criteria.Distribution{Signal: "value"}), false, worlds.Values{Stable: worlds.Normal{Mean: 0.5, SD: 0.12}, Candidate: worlds.Normal{Mean: 0.57, SD: 0.12}}, 0},
		{"new class", config(criteria.Categories{Signal: "class"}), false, worlds.Labels{Stable: zipf, Candidate: worlds.Novel(zipf, 0.03)}, 0},
		{"not converted", converted(criteria.Strict), true, rates(0.5, 0.6), 0},
		{"not converted, with tolerance", converted(0), true, rates(0.5, 0.6), 2000},
		{"worth less", config(criteria.Mean{Signal: "value", Max: 50, Want: criteria.Higher, Tolerance: criteria.Strict}), false, worlds.Values{Stable: latency, Candidate: worlds.Scaled{Law: latency, Factor: 0.7}}, 0},
		{"new way to fail", config(criteria.FailureModes{}), false, ways, 0},
		{"new way to fail, seeded", config(criteria.FailureModes{Tolerance: criteria.Strict}), false, ways, 2000},
		{"together", config(criteria.ErrorRate{}, criteria.Latency{}), false, rates(0.01, 0.1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			folds, requests := 0, 0
			for trial, shares := range []worlds.Shares{
				worlds.Hold(0.01), worlds.Hold(0.05), worlds.Hold(0.2), worlds.Hold(0.5), worlds.Hold(0.9),
				worlds.Ramp(5000, 0.01, 0.05, 0.2, 0.5),
			} {
				f, n := compare(t, uint64(trial), shares, c.world, c.seeds, NewOurs(c.config, c.harmOnly), NewOurs(c.config, c.harmOnly))
				folds, requests = folds+f, requests+n
			}
			check.Below(t, folds, requests, "nothing was skipped")
		})
	}
}

// compare runs two rules side by side and counts how often the first one folded.
func compare(t *testing.T, seed uint64, shares worlds.Shares, world worlds.World, seeds int, fast, plain *Ours) (folds, requests int) {
	plain.everyOne = true
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range seeds {
		r := worlds.Request{I: i - seeds}
		world.Draw(rng, &r)
		fast.Seed(&r)
		plain.Seed(&r)
	}
	for i := range 5000 {
		r := worlds.Request{I: i, Share: shares(i)}
		if rng.Float64() < r.Share {
			r.Arm = criteria.Candidate
		}
		world.Draw(rng, &r)
		want, got := plain.Observe(&r), fast.Observe(&r)
		check.Equal(t, want, got, "request %d", i)
		if fast.evidence.Empty() {
			folds++
			check.Near(t, plain.bound, fast.bound, 1e-9, "ln E at request %d", i)
		}
		check.AtMost(t, plain.bound, fast.bound+1e-9, "the bound at request %d", i)
		if got {
			return folds, i + 1
		}
	}
	return folds, 5000
}

func TestOursRejectsBadConfiguration(t *testing.T) {
	defer func() { check.True(t, recover() != nil) }()
	NewOurs(criteria.Config{}, true)
}

// A judge looks at a slice of stable's calls later than at one of the candidate's, so
// what is skipped there might matter.
func TestOursSkipsNothingOfSlices(t *testing.T) {
	o := NewOurs(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}, Slices: []string{"country"}}, true)
	for i := range 10 {
		o.Observe(&worlds.Request{I: i, Share: 0.5})
		check.True(t, o.evidence.Empty(), "request %d was not folded", i)
	}
}

func TestOursReadsEverything(t *testing.T) {
	r := &worlds.Request{Arm: criteria.Candidate, Harm: true, Class: 3, Slice: 5, Label: 7, Value: 2}
	c := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}}
	o := NewOurs(c, true).read(r)
	check.Equal(t, criteria.Failed, o.Outcome)
	check.Equal(t, 3, o.Class)
	check.Equal(t, []uint8{5}, o.Slices)
	check.Equal(t, []uint16{7}, o.Labels)
	check.Equal(t, []float64{2}, o.Numbers)

	c.Checks = []string{"done"}
	converts := NewOurs(c, true)
	o = converts.read(r)
	check.Equal(t, criteria.Fine, o.Outcome, "who does not convert was answered")
	check.Equal(t, 0, o.Checks)
	r.Harm = false
	check.Equal(t, 1, converts.read(r).Checks)
}
