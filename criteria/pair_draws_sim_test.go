//go:build !race

package criteria_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// Pairs that are lost whatever the models answered are missed by nobody. Those lost
// where the candidate differs hide it, and no criterion on pairs can tell: what tells is
// how many of the pairs drawn arrive.
func TestSimLostPairs(t *testing.T) {
	half := func(rng *rand.Rand, _ *criteria.Pair) bool { return rng.IntN(2) == 0 }
	differing := func(rng *rand.Rand, p *criteria.Pair) bool { return p.Differs && rng.IntN(5) == 0 }
	for _, c := range []struct {
		name    string
		wrong   float64
		lost    func(*rand.Rand, *criteria.Pair) bool
		found   bool
		arrived float64
	}{
		{"alike, half are lost", 0, half, false, 0.5},
		{"worse, half are lost", 0.05, half, true, 0.5},
		{"worse, differing ones are lost", 0.05, differing, false, 0.93},
	} {
		t.Run(c.name, func(t *testing.T) {
			const trials = 100
			runs := shadowing{config: inSlices(strict), rerun: 1, wrong: everywhere(c.wrong), lost: c.lost, pairs: 40_000, every: 10}.repeat(t, trials)
			pairs, arrived := 0, 0
			for _, r := range runs {
				pairs, arrived = pairs+r.pairs, arrived+r.arrived
			}
			t.Logf("found in %d of %d, %.1f %% of the pairs arrived", tally(runs, wasRolledBack), trials, 100*float64(arrived)/float64(pairs))
			require.InDelta(t, c.arrived, float64(arrived)/float64(pairs), 0.01)
			if c.found {
				require.GreaterOrEqual(t, tally(runs, wasRolledBack), trials*95/100)
			} else {
				require.LessOrEqual(t, tally(runs, wasRolledBack), 4)
			}
		})
	}
}

// A candidate that always answers 4 % of the inputs otherwise than stable, which always
// answers alike, is within a limit of 5 %, though popular inputs come again and again.
// That the same input comes fifty times on end is another matter: then the next pair is
// known, and a few inputs convict.
func TestSimRepeatedInputs(t *testing.T) {
	convicted := func(burst int) (n int) {
		for seed := range uint64(100) {
			judge, err := criteria.NewJudge(inAll(lenient))
			require.NoError(t, err)
			rng, e := rand.New(rand.NewPCG(seed, 43)), judge.NewEvidence()
			input := 0
			for i := range 10_000 {
				if i%burst == 0 {
					input = rng.IntN(100)
				}
				e.Reset()
				e.ObservePair(&criteria.Pair{Rerun: true, Differs: input < 4})
				if judge.Fold(e, 0).RollBack {
					n++
					break
				}
			}
		}
		return n
	}
	alone, bursts := convicted(1), convicted(50)
	t.Logf("of 100: %d with inputs that repeat at random, %d in bursts of 50", alone, bursts)
	require.LessOrEqual(t, alone, 4)
	require.Greater(t, bursts, 50)
}

// A plan for pairs in a slice is what comes about.
func TestSimPlanOfSlicesOfPairs(t *testing.T) {
	const rate, noise, part, trials = 0.3, 0.1, 0.05, 60
	for _, c := range []criteria.Disagreement{lenient, {Limit: 0.1}} {
		plan, err := criteria.NewPlan(inSlices(c), criteria.Rollout{
			Steps: []criteria.Step{{Share: 0.5, Soak: time.Hour}}, RequestsPerSecond: 100, PairsPerSecond: 10, RerunFraction: 1,
			Base: map[string]criteria.Base{"disagreement": {Rate: noise}}, Slices: map[string]map[string]float64{"country": {"0": part}},
		})
		require.NoError(t, err)
		row := plan.Rows[slices.IndexFunc(plan.Rows, func(r criteria.Row) bool { return r.Slice != "" })]
		change := row.Changes[len(row.Changes)-1]
		if c.Limit == 0 {
			require.InDelta(t, rate, change.Rate, 1e-9)
		}
		var all []int
		for seed := range uint64(trials) {
			all = append(all, pairsInSlice(t, c, change.Rate, noise, part, seed))
		}
		slices.Sort(all)
		t.Logf("%v: planned %d pairs, median %d", c, change.Calls, all[trials/2])
		require.InEpsilon(t, change.Calls, all[trials/2], 0.2)
	}
}

// pairsInSlice is how many of a slice it takes to find a candidate that differs there.
func pairsInSlice(t *testing.T, c criteria.Criterion, rate, noise, part float64, seed uint64) (n int) {
	judge, err := criteria.NewJudge(inSlices(c))
	require.NoError(t, err)
	rng, e := rand.New(rand.NewPCG(seed, 47)), judge.NewEvidence()
	for range 200_000 {
		p := criteria.Pair{Rerun: true, RerunDiffers: rng.Float64() < noise, Slices: []uint8{1}}
		differs := noise
		if rng.Float64() < part {
			n++
			p.Slices[0], differs = 0, rate
		}
		p.Differs = rng.Float64() < differs
		e.Reset()
		e.ObservePair(&p)
		if judge.Fold(e, 0).RollBack {
			return n
		}
	}
	return 200_000
}
