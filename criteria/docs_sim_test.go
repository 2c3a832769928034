//go:build !race

package criteria_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// The delays of docs/statistics.md that are not among the bars of the other
// simulations: with the defaults, not the sharpest settings.

// rescued is failing, with stable answering in the candidate's place.
func rescued(stable, candidate float64) world {
	fail := failing(stable, candidate)
	return func(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation) {
		fail(rng, arm, i, o)
		o.Answered = arm == criteria.Candidate && o.Outcome == criteria.Failed
	}
}

// among is a world of failures, with a signal of each kind.
func among(w world) world {
	return func(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation) {
		everything(rng, arm, i, o)
		w(rng, arm, i, o)
	}
}

// slowTail makes the slowest tenth of the candidate's calls twice as slow.
func slowTail(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
	const ninetieth = 1.2815515655446004
	z := rng.NormFloat64()
	x := 1e7 * math.Exp(0.8*z)
	if arm == criteria.Candidate && z > ninetieth {
		x *= 2
	}
	o.Latency = time.Duration(x)
}

func TestSimDocsDelays(t *testing.T) {
	config := func(cs ...criteria.Criterion) criteria.Config {
		return criteria.Config{Criteria: append(cs, criteria.Backstop{}), Numbers: []string{"score"}, Labels: []string{"class"}}
	}
	errors := config(criteria.ErrorRate{})
	four := config(criteria.ErrorRate{}, criteria.Latency{}, criteria.Distribution{Signal: "score"}, criteria.Categories{Signal: "class"})
	at := func(alpha float64) criteria.Config {
		c := errors
		c.Alpha = alpha
		return c
	}
	for _, c := range []struct {
		name   string
		config criteria.Config
		world  world
		share  float64
		seeds  int
		trials int
		median int // at most
	}{
		{"errors 1% to 5%", errors, rescued(0.01, 0.05), 0.05, 0, 300, 210},
		{"errors 1% to 5%", errors, rescued(0.01, 0.05), 0.5, 0, 300, 540},
		{"errors 1% to 2%", errors, rescued(0.01, 0.02), 0.05, 0, 100, 3000},
		{"errors 0.1% to 1%", errors, rescued(0.001, 0.01), 0.05, 0, 300, 700},
		{"errors, dead", errors, rescued(0.01, 1), 0.05, 0, 300, 3},
		{"errors, dead", errors, rescued(0.01, 1), 0.5, 0, 300, 7},
		{"four criteria, errors 1% to 5%", four, among(rescued(0.01, 0.05)), 0.05, 0, 100, 320},
		{"four criteria, dead", four, among(rescued(0.01, 1)), 0.05, 0, 100, 4},
		{"alpha 5%, errors 1% to 5%", at(0.05), rescued(0.01, 0.05), 0.05, 0, 300, 150},
		{"alpha 0.1%, errors 1% to 5%", at(0.001), rescued(0.01, 0.05), 0.05, 0, 300, 310},
		{"alpha 0.01%, errors 1% to 5%", at(0.0001), rescued(0.01, 0.05), 0.05, 0, 300, 390},
		{"tail x2", config(criteria.Latency{}), slowTail, 0.05, 2000, 300, 210},
		{"tail x2", config(criteria.Latency{}), slowTail, 0.5, 2000, 300, 560},
	} {
		t.Run(fmt.Sprintf("%s at %v", c.name, c.share), func(t *testing.T) {
			runs := scene{config: c.config, share: c.share, requests: 400_000, seeds: c.seeds, world: c.world}.repeat(t, c.trials)
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, c.median)
		})
	}
}
