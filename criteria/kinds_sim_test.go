//go:build !race

package criteria_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// Looking at every kind after every call is dear: fewer trials. A level-1 % test would
// have more than 8 false of 200 with p < 0.001.
const (
	kindTrials = 200
	kindFalse  = 8
)

// usualFailures fail 1 % of calls, in so many ways of which the first is the most
// frequent; on the candidate's arm another one comes on top, for 1 % of its calls.
func usualFailures(ways int) world {
	return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Outcome, o.Class = criteria.Fine, 0
		switch {
		case arm == criteria.Candidate && rng.IntN(100) == 0:
			o.Outcome, o.Class = criteria.Failed, 77
		case rng.IntN(100) == 0:
			o.Outcome, o.Class = criteria.Failed, zipf(rng, ways)
		}
	}
}

// A failure that stable never shows is found and named long before the error rate,
// which only doubles, gives it away. The more ways of failing stable has, and the
// fewer of them are known, the longer it takes.
func TestSimNewFailureClass(t *testing.T) {
	for _, c := range []struct {
		name                string
		ways, seeds, median int
	}{
		{"one usual way", 1, 2000, 300},
		{"three usual ways", 3, 2000, 300},
		{"ten usual ways", 10, 2000, 400},
		{"three usual ways, not known before", 3, 0, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs := scene{
				config: only(criteria.FailureModes{Tolerance: criteria.Strict}), share: 0.05, requests: 200_000,
				seeds: c.seeds, world: usualFailures(c.ways),
			}.repeat(t, 200)
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, c.median)
		})
	}
}

// business is a clipped lognormal value, a fifth of which the candidate loses, or not.
func business(factor float64) world {
	return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Numbers[0] = 0.2 * math.Exp(0.8*rng.NormFloat64())
		if arm == criteria.Candidate {
			o.Numbers[0] *= factor
		}
	}
}

func TestSimMean(t *testing.T) {
	value := only(criteria.Mean{Signal: "score", Want: criteria.Higher, Tolerance: criteria.Strict})
	for share, bar := range map[float64]int{0.05: 300, 0.5: 450} {
		runs := scene{config: value, share: share, requests: 200_000, world: business(0.8)}.repeat(t, 60)
		median, p90 := delays(runs)
		t.Logf("share %v: median %d, 90th percentile %d candidate calls", share, median, p90)
		require.LessOrEqual(t, median, bar)
	}
	runs := scene{config: value, share: 0.2, requests: 5000, world: business(1)}.repeat(t, kindTrials)
	t.Logf("%d of %d equal ones rolled back", rolledBack(runs), kindTrials)
	require.LessOrEqual(t, rolledBack(runs), kindFalse)
}

// everyKind is a healthy pair of models in everything that can be judged by coins.
func everyKind(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation) {
	everything(rng, arm, i, o)
	if rng.IntN(50) == 0 {
		o.Outcome = criteria.TimedOut
	}
	o.Class = zipf(rng, 30)
	o.Invalid = rng.IntN(100) == 0
	o.Checks = rng.Uint32N(4)
	o.Unchecked = 0
	if rng.IntN(10) == 0 {
		o.Unchecked = 1
	}
}

// Equal arms are kept by every kind that has no tolerance, together.
func TestSimEqualArmsAreKeptByEveryKind(t *testing.T) {
	config := criteria.Config{
		Numbers: []string{"score"}, Labels: []string{"class"}, Checks: []string{"done", "escalated"},
		Criteria: []criteria.Criterion{
			criteria.TimeoutRate{Tolerance: criteria.Strict},
			criteria.CancelRate{Tolerance: criteria.Strict},
			criteria.InvalidRate{Tolerance: criteria.Strict},
			criteria.FailureModes{Tolerance: criteria.Strict, Weight: 3},
			criteria.Rate{Signal: "done", Want: criteria.Higher, Tolerance: criteria.Strict},
			criteria.Rate{Signal: "escalated", Want: criteria.Lower, Tolerance: criteria.Strict},
			criteria.Mean{Signal: "score", Want: criteria.Higher, Tolerance: criteria.Strict},
			criteria.ErrorObjective{Limit: 0.04},
		},
	}
	runs := scene{config: config, share: 0.2, requests: 2000, world: everyKind}.repeat(t, kindTrials)
	t.Logf("%d of %d rolled back", rolledBack(runs), kindTrials)
	require.LessOrEqual(t, rolledBack(runs), kindFalse)
}

// Failure classes come and go, in both arms alike: nobody's fault.
func TestSimNewFailuresOfBothArms(t *testing.T) {
	drift := func(rng *rand.Rand, _ criteria.Arm, i int, o *criteria.Observation) {
		o.Outcome = criteria.Fine
		if rng.IntN(20) == 0 {
			o.Outcome, o.Class = criteria.Failed, uint16(i/200)+zipf(rng, 5)
		}
	}
	for _, share := range []float64{0.05, 0.5} {
		runs := scene{
			config: only(criteria.FailureModes{Tolerance: criteria.Strict}), share: share, requests: 3000, world: drift,
		}.repeat(t, kindTrials)
		t.Logf("share %v: %d of %d rolled back", share, rolledBack(runs), kindTrials)
		require.LessOrEqual(t, rolledBack(runs), kindFalse)
	}
}

// Pairs of equally noisy models are kept, at the limit of disagreement too; those of a
// different one are not.
func TestSimPairs(t *testing.T) {
	play := func(c criteria.Criterion, candidate, rerun float64, seed uint64) bool {
		judge, err := criteria.NewJudge(only(c))
		require.NoError(t, err)
		rng, e := rand.New(rand.NewPCG(seed, 17)), judge.NewEvidence()
		for range 3000 {
			e.Reset()
			e.ObservePair(&criteria.Pair{
				Differs: rng.Float64() < candidate, Rerun: rng.IntN(2) == 0, RerunDiffers: rng.Float64() < rerun,
				Differences: []float64{rng.NormFloat64()},
			})
			if judge.Fold(e, 0).RollBack {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		name             string
		criterion        criteria.Criterion
		candidate, rerun float64
		least, most      int // runs of kindTrials that roll back
	}{
		{"equally noisy", criteria.Disagreement{Limit: criteria.Strict}, 0.3, 0.3, 0, kindFalse},
		{"at the limit", criteria.Disagreement{Limit: 0.1}, 0.3, 0.2, 0, kindFalse},
		{"beyond the limit", criteria.Disagreement{Limit: 0.1}, 0.5, 0.2, kindTrials * 99 / 100, kindTrials},
		{"differences of both signs", criteria.Difference{Signal: "score"}, 0, 0, 0, kindFalse},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mutex sync.Mutex
			var wait sync.WaitGroup
			rolled := 0
			for worker := range uint64(2) {
				wait.Go(func() {
					for seed := worker; seed < kindTrials; seed += 2 {
						if play(c.criterion, c.candidate, c.rerun, seed) {
							mutex.Lock()
							rolled++
							mutex.Unlock()
						}
					}
				})
			}
			wait.Wait()
			t.Logf("%d of %d rolled back", rolled, kindTrials)
			require.GreaterOrEqual(t, rolled, c.least)
			require.LessOrEqual(t, rolled, c.most)
		})
	}
}
