//go:build !race

package criteria_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

const countries = 20

var slicedRate = criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}, Slices: []string{"country"}}

// inCountries puts each call in one of 20 countries, before its outcome.
func inCountries(w func(rng *rand.Rand, arm criteria.Arm, country uint8) float64) world {
	return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Slices = append(o.Slices[:0], uint8(rng.IntN(countries)))
		o.Outcome = criteria.Fine
		if rng.Float64() < w(rng, arm, o.Slices[0]) {
			o.Outcome = criteria.Failed
		}
	}
}

// A model that fails in one country of twenty is out after a few calls from there.
func TestSimBrokenSlice(t *testing.T) {
	const bad = 10 // neither early nor late in the order of the slices
	broken := inCountries(func(_ *rand.Rand, arm criteria.Arm, country uint8) float64 {
		if arm == criteria.Candidate && country == bad {
			return 1
		}
		return 0.01
	})
	for share, bar := range map[float64]int{0.05: 5, 0.5: 12} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			inSlice := make([]int, 200)
			runs := scene{config: slicedRate, share: share, requests: 20_000, world: broken}.each(t, len(inSlice), func(i int, o *criteria.Observation) {
				if o.Arm == criteria.Candidate && o.Slices[0] == bad {
					inSlice[i]++
				}
			})
			for i := range runs {
				runs[i].calls = inSlice[i]
			}
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls in the broken slice", median, p90)
			require.LessOrEqual(t, median, bar)
		})
	}
}

func TestSimEqualSlicesAreKept(t *testing.T) {
	equal := inCountries(func(_ *rand.Rand, _ criteria.Arm, country uint8) float64 { return 0.002 * float64(country) })
	for _, share := range []float64{0.05, 0.5} {
		runs := scene{config: slicedRate, share: share, requests: 20_000, world: equal}.repeat(t, aaTrials)
		t.Logf("share %v: %d of %d rolled back", share, rolledBack(runs), aaTrials)
		require.LessOrEqual(t, rolledBack(runs), aaFalse)
	}
}

// From the plan that carved a slice out its requests are evidence in neither arm.
// Were they counted as stable's, under the declared share, a slice that is poor
// in both models would make the arms differ by itself: the candidate would look
// better, and where the slice is a good one, worse.
func TestSimCarvedSliceIsNoEvidence(t *testing.T) {
	const trials = 200
	for _, c := range []struct {
		name    string
		excuse  bool
		correct bool
	}{{"in neither arm", true, true}, {"counted as stable", false, false}} {
		t.Run(c.name, func(t *testing.T) {
			wrong := 0
			for trial := range uint64(trials) {
				if carvedRollsBack(t, trial, c.excuse) {
					wrong++
				}
			}
			t.Logf("%d of %d rolled back", wrong, trials)
			if c.correct {
				require.LessOrEqual(t, wrong, trials/100+3*trials/140)
			} else {
				require.Greater(t, wrong, trials/10)
			}
		})
	}
}

// carvedRollsBack plays equal models, of which country 0, with a tenth of the
// traffic of the others' error rate, is carved out at the start.
func carvedRollsBack(t testing.TB, seed uint64, excuse bool) bool {
	judge, err := criteria.NewJudge(slicedRate)
	require.NoError(t, err)
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	rng, o, e := rand.New(rand.NewPCG(seed, 29)), observation(), judge.NewEvidence()
	for i := range 10_000 {
		good := rng.IntN(2) == 0
		o.Arm, o.Outcome = criteria.Stable, criteria.Fine
		if !good && rng.IntN(2) == 0 {
			o.Arm = criteria.Candidate
		}
		if !good && rng.IntN(20) == 0 {
			o.Outcome = criteria.Failed
		}
		stratum := criteria.Fresh
		if good && excuse {
			stratum = criteria.Uncounted
		}
		e.Observe(stratum, o)
		ruling := judge.Fold(e, time.Duration(i)*pace)
		e.Reset()
		if ruling.RollBack {
			return true
		}
	}
	return false
}
