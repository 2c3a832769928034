//go:build !race

package criteria

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// feedbackRuns plays epochs of units that are looked at fifty at a time, whose zeros may be reported, too, and returns after how many of the candidate each was rolled back, sorted; 0: it was not.
func feedbackRuns(t *testing.T, of Feedback, runs, units int, share float64, rates [2]float64, zeros bool) (found []int) {
	for seed := range uint64(runs) {
		j := mustJudge(t, Config{Criteria: []Criterion{of}, Rounding: seed})
		shares := [NumStrata]float64{Fresh: share}
		j.BeginStep(shares)
		j.BeginFeedback(0, shares)
		rng := rand.New(rand.NewPCG(seed, 41))
		seen, rolledBack := 0, 0
		for n := 0; n < units && rolledBack == 0; n += 50 {
			e := j.NewEvidence()
			for range 50 {
				r := Response{Servers: []float64{0}}
				if rng.Float64() < share {
					r.Arm = Candidate
					seen++
				}
				if rng.Float64() < rates[r.Arm] {
					r.Servers[0] = 1
				}
				if zeros || r.Servers[0] > 0 {
					r.Heard, r.HeardServers = 1, 1
				}
				e.ObserveFeedback(0, Fresh, &r)
			}
			if j.Fold(e, time.Duration(n)*time.Second).RollBack {
				rolledBack = seen
			}
		}
		found = append(found, rolledBack)
	}
	slices.Sort(found)
	return found
}

// Units that are served alike by both models blame neither, at any rate of what they report and any share.
func TestSimFeedbackOfEqualModels(t *testing.T) {
	for _, rate := range []float64{0.001, 0.05, 0.5} {
		for _, share := range []float64{0.05, 0.5} {
			for _, of := range []Feedback{{Signal: "x", Want: Lower, Tolerance: Strict}, {Signal: "x", Want: Higher, Tolerance: Strict}} {
				const runs = 100
				found := feedbackRuns(t, of, runs, 20_000, share, [2]float64{rate, rate}, false)
				wrong := runs - slices.IndexFunc(append(found, 1), func(n int) bool { return n > 0 })
				t.Logf("rate %v, share %v, %v: %d of %d rolled back", rate, share, of.Want, wrong, runs)
				require.LessOrEqual(t, wrong, 4)
			}
		}
	}
}

// Worse ones are found.
func TestSimFeedbackFinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		of    Feedback
		rates [2]float64
		zeros bool
		most  int // units of the candidate until half of the runs have found it, at a share of one half
	}{
		{"corrections 2 % to 4 %", Feedback{Signal: "x", Want: Lower}, [2]float64{0.02, 0.04}, false, 3000},
		{"corrections 2 % to 20 %", Feedback{Signal: "x", Want: Lower}, [2]float64{0.02, 0.2}, false, 200},
		{"conversion 10 % to 8 %", Feedback{Signal: "x", Want: Higher}, [2]float64{0.1, 0.08}, false, 12_000},
		{"a consumer that always fails", Feedback{Signal: "x", Want: Lower}, [2]float64{0.01, 1}, true, 60},
		{"the same, of which only failures are heard", Feedback{Signal: "x", Want: Lower}, [2]float64{0.01, 1}, false, 600},
	} {
		const runs = 41
		found := feedbackRuns(t, c.of, runs, 80_000, 0.5, c.rates, c.zeros)
		t.Logf("%s: %d units of the candidate, p90 %d", c.name, found[runs/2], found[runs*9/10])
		require.Positive(t, found[0], "all find it")
		require.Less(t, found[runs/2], c.most, c.name)
	}
}
