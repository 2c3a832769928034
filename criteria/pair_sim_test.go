//go:build !race

package criteria_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// noisy is a model of ten labels, of which 0 is right: it answers at random in one call
// of five, and is wrong for sure in so many.
func noisy(rng *rand.Rand, wrong float64) int {
	switch u := rng.Float64(); {
	case u < wrong:
		return 1
	case u < wrong+0.2*(1-wrong):
		return rng.IntN(10)
	}
	return 0
}

// A shadowing is a setting for many runs of pairs: stable is noisy, and so is the
// candidate, which is wrong besides, depending on the country.
type shadowing struct {
	config criteria.Config
	rerun  float64
	wrong  func(country uint8) float64
	lost   func(rng *rand.Rand, p *criteria.Pair) bool // nil: no pair
	pairs  int                                         // drawn at most
	every  int                                         // that arrive between two looks
}

// A shadowRun is how one such run went.
type shadowRun struct {
	rolledBack, held, inSlice bool
	pairs, reruns, there      int // drawn, with a rerun, and of these in the first bad country
	arrived                   int
}

const badCountry = 10 // neither early nor late in the order of the slices

func (s shadowing) play(t testing.TB, seed uint64) (r shadowRun) {
	judge, err := criteria.NewJudge(s.config)
	if err != nil {
		t.Error(err)
		return r
	}
	rng, e := rand.New(rand.NewPCG(seed, 41)), judge.NewEvidence()
	p := criteria.Pair{Slices: make([]uint8, 1), Differences: make([]float64, len(s.config.Numbers))}
	for waiting := 0; r.pairs < s.pairs; {
		r.pairs++
		p.Slices[0] = uint8(rng.IntN(countries))
		stable := noisy(rng, 0)
		p.Differs = noisy(rng, s.wrong(p.Slices[0])) != stable
		p.Rerun = s.rerun == 1 || rng.Float64() < s.rerun
		p.RerunDiffers = p.Rerun && noisy(rng, 0) != stable
		for i := range p.Differences {
			p.Differences[i] = rng.Float64() - rng.Float64()
		}
		if s.lost != nil && s.lost(rng, &p) {
			continue
		}
		r.arrived++
		if p.Rerun {
			r.reruns++
			if p.Slices[0] == badCountry {
				r.there++
			}
		}
		e.ObservePair(&p)
		if waiting++; waiting < s.every {
			continue
		}
		waiting = 0
		ruling := judge.Fold(e, 0)
		e.Reset()
		r.held = r.held || ruling.Hold
		if ruling.RollBack {
			r.rolledBack, r.inSlice = true, judge.Verdicts()[0].Slice == `country="10"`
			break
		}
	}
	return r
}

// repeat plays it with seeds 0, 1, ..., on all processors.
func (s shadowing) repeat(t testing.TB, trials int) []shadowRun {
	runs := make([]shadowRun, trials)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < trials; i = int(next.Add(1)) - 1 {
				runs[i] = s.play(t, uint64(i))
			}
		})
	}
	wait.Wait()
	return runs
}

// amount words a median.
func amount(median int) string {
	if median == math.MaxInt {
		return "no number of"
	}
	return fmt.Sprint(median)
}

// medianOf the runs; one without rollback counts as endless.
func medianOf(runs []shadowRun, of func(shadowRun) int) int {
	var all []int
	for _, r := range runs {
		n := math.MaxInt
		if r.rolledBack {
			n = of(r)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func tally(runs []shadowRun, is func(shadowRun) bool) (n int) {
	for _, r := range runs {
		if is(r) {
			n++
		}
	}
	return n
}

func wasRolledBack(r shadowRun) bool { return r.rolledBack }
func wasHeld(r shadowRun) bool       { return r.held }

func everywhere(wrong float64) func(uint8) float64 { return func(uint8) float64 { return wrong } }

func inBadCountry(wrong float64) func(uint8) float64 {
	return func(country uint8) float64 {
		if country == badCountry {
			return wrong
		}
		return 0
	}
}

// inSlices declares criteria over one dimension, inAll without any.
func inSlices(cs ...criteria.Criterion) criteria.Config {
	return criteria.Config{Criteria: cs, Slices: []string{"country"}, SliceText: func(_ int, cell uint8) string { return fmt.Sprint(cell) }}
}

func inAll(cs ...criteria.Criterion) criteria.Config { return criteria.Config{Criteria: cs} }

// bound is how many reruns any sequential test of them needs on average, at least, to
// find the candidate wrong in so many answers more at a level of 1 %: ln 100 over the
// divergence from the nearest candidate that is within the limit.
func bound(wrong, limit float64) float64 {
	const label = 0.2 / 10
	right := 0.8 + label
	same := right*right + 9*label*label // two answers of stable
	// All three alike, by what the candidate does; it is never right when it is wrong.
	all := (1-wrong)*(right*right*right+9*label*label*label) + wrong*label*label
	stableIs := (1-wrong)*same + wrong*label
	rerun, candidate := stableIs-all, same-all // only this one differs
	if candidate-rerun <= limit {
		return math.Inf(1)
	}
	neither := 1 - rerun - candidate
	least := math.Inf(1)
	for x := 1e-4; 2*x+limit < 1; x += 1e-4 {
		least = min(least, rerun*math.Log(rerun/x)+candidate*math.Log(candidate/(x+limit))+neither*math.Log(neither/(1-2*x-limit)))
	}
	return math.Log(100) / least
}

var (
	lenient = criteria.Disagreement{}
	strict  = criteria.Disagreement{Limit: criteria.Strict}
)

// Two models that are random in one answer of five are alike: neither the default nor
// no limit at all makes anything of their noise, in all pairs or in 20 slices; nor do
// the signs of differences.
func TestSimEquallyNoisyModelsAreKept(t *testing.T) {
	config := inSlices(lenient, criteria.Difference{Signal: "score"}, criteria.Disagreement{Limit: criteria.Strict, Role: criteria.Hold})
	config.Numbers = []string{"score"}
	for _, rerun := range []float64{0.02, 1} {
		t.Run(fmt.Sprint(rerun), func(t *testing.T) {
			runs := shadowing{config: config, rerun: rerun, wrong: everywhere(0), pairs: 50_000, every: 25}.repeat(t, aaTrials)
			t.Logf("by the default limit and by signs %d, strictly %d of %d", tally(runs, wasRolledBack), tally(runs, wasHeld), aaTrials)
			require.LessOrEqual(t, tally(runs, wasRolledBack), aaFalse)
			require.LessOrEqual(t, tally(runs, wasHeld), aaFalse)
		})
	}
}

// The same, wrong in five answers of a hundred more: that is within the default limit,
// and found without one.
func TestSimNoisyModelThatIsWorse(t *testing.T) {
	for _, c := range []struct {
		name       string
		config     criteria.Config
		limit      float64
		wrong      float64
		rerun      float64
		pairs      int
		found, all int
		median     int // reruns at most
	}{
		{"5 % more, strict, all reruns", inSlices(strict), 0, 0.05, 1, 40_000, 99, 100, 4300},
		{"5 % more, strict, 2 % reruns", inSlices(strict), 0, 0.05, 0.02, 800_000, 59, 60, 4300},
		{"5 % more, limit 1 %, all reruns", inSlices(criteria.Disagreement{Limit: 0.01}), 0.01, 0.05, 1, 60_000, 99, 100, 8700},
		{"5 % more, default", inSlices(lenient), 0.05, 0.05, 1, 50_000, 0, 50, math.MaxInt},
		{"10 % more, default", inSlices(lenient), 0.05, 0.1, 1, 300_000, 20, 20, 19_000},
		{"20 % more, default", inSlices(lenient), 0.05, 0.2, 1, 40_000, 99, 100, 700},
		{"40 % more, default", inSlices(lenient), 0.05, 0.4, 1, 40_000, 99, 100, 140},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs := shadowing{config: c.config, rerun: c.rerun, wrong: everywhere(c.wrong), pairs: c.pairs, every: 1}.repeat(t, c.all)
			median := medianOf(runs, func(r shadowRun) int { return r.reruns })
			t.Logf("found in %d of %d, median %s reruns, %s pairs; no test needs fewer than %.0f reruns", tally(runs, wasRolledBack), c.all,
				amount(median), amount(medianOf(runs, func(r shadowRun) int { return r.pairs })), bound(c.wrong, c.limit))
			require.LessOrEqual(t, median, c.median)
			if c.found == 0 {
				require.LessOrEqual(t, tally(runs, wasRolledBack), c.all*aaFalse/aaTrials)
			} else {
				require.GreaterOrEqual(t, tally(runs, wasRolledBack), c.found)
			}
		})
	}
}

// One country of twenty in which the candidate is wrong in 40 % of its answers: 2 % of all.
func TestSimBrokenSliceOfPairs(t *testing.T) {
	for _, c := range []struct {
		name   string
		config criteria.Config
		rerun  float64
		pairs  int
		trials int
		median int // reruns in the slice at most; 0: it is not found
	}{
		{"default, all reruns", inSlices(lenient), 1, 60_000, 100, 240},
		{"default, 2 % reruns", inSlices(lenient), 0.02, 2_000_000, 20, 240},
		{"strict, all reruns", inSlices(strict), 1, 60_000, 100, 160},
		{"default, without slices", inAll(lenient), 1, 60_000, 40, 0},
		{"strict, without slices", inAll(strict), 1, 200_000, 20, 1100},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs := shadowing{config: c.config, rerun: c.rerun, wrong: inBadCountry(0.4), pairs: c.pairs, every: 1}.repeat(t, c.trials)
			t.Logf("found in %d of %d, named in %d, median %s reruns in the slice, %s pairs", tally(runs, wasRolledBack), c.trials,
				tally(runs, func(r shadowRun) bool { return r.inSlice }),
				amount(medianOf(runs, func(r shadowRun) int { return r.there })), amount(medianOf(runs, func(r shadowRun) int { return r.pairs })))
			if c.median == 0 {
				require.LessOrEqual(t, tally(runs, wasRolledBack), 1)
				return
			}
			require.LessOrEqual(t, medianOf(runs, func(r shadowRun) int { return r.there }), c.median)
			if len(c.config.Slices) > 0 {
				require.GreaterOrEqual(t, tally(runs, func(r shadowRun) bool { return r.inSlice }), c.trials*9/10)
			}
		})
	}
}
