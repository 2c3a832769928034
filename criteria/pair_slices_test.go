package criteria

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// pairCriteria are the kinds that read pairs.
var pairCriteria = []Criterion{
	Disagreement{}, Disagreement{Limit: Strict}, Difference{Signal: "value"}, Difference{Signal: "value", Want: Lower},
}

// slicedPairs declares criteria on pairs over one dimension.
func slicedPairs(cs ...Criterion) Config {
	c := signals(cs...)
	c.Slices = []string{"country"}
	c.SliceText = func(_ int, cell uint8) string { return fmt.Sprintf("c%d", cell) }
	return c
}

// randomPair differs more often the more harm there is.
func randomPair(rng *rand.Rand, harm float64) *Pair {
	return &Pair{
		Differs: rng.Float64() < 0.1+harm, Rerun: rng.IntN(3) > 0, RerunDiffers: rng.IntN(10) == 0,
		Differences: []float64{0, rng.NormFloat64() + 2*harm}, Missing: uint32(2 * (rng.IntN(10) / 9)),
	}
}

// With all pairs in one slice it counts what all traffic counts.
func TestSliceOfAllPairsIsAllPairs(t *testing.T) {
	for _, k := range pairCriteria {
		t.Run(k.String(), func(t *testing.T) {
			j := mustJudge(t, slicedPairs(k))
			w, s := j.watches[0], j.sessions[pairsGroup]
			rng, e := rand.New(rand.NewPCG(1, 5)), j.NewEvidence()
			for range 30 {
				for range 100 {
					p := randomPair(rng, 0.2)
					p.Slices = []uint8{7}
					e.ObservePair(p)
				}
				s.fold(e, 0)
				s.evaluate()
				e.Reset()
			}
			sl := w.slices.cells[0][7]
			sl.fill()
			if b, ok := w.book.(*meanBook); ok {
				require.Equal(t, b.graded.counts[0], sl.graded.counts[0])
				return
			}
			for i := range sl.events {
				require.Equal(t, w.sums.tally(&sl.events[i], 0), sl.tallies[0][i])
			}
		})
	}
}

// Half of the weight is on slices: their evidence starts as 1, and pairs in no slice
// leave that half where it is.
func TestPairsInNoSliceLeaveHalfOfTheWeight(t *testing.T) {
	play := func(config Config, in []uint8) *watch {
		j := mustJudge(t, config)
		require.Zero(t, j.watches[0].logE)
		e := j.NewEvidence()
		for i := range 60 {
			e.ObservePair(&Pair{Rerun: true, Differs: i%4 == 0, Slices: in})
		}
		j.Fold(e, 0)
		return j.watches[0]
	}
	whole := play(signals(Disagreement{}), nil)
	for name, in := range map[string][]uint8{"no slices": nil, "beyond the cells": {SliceCells}} {
		w := play(slicedPairs(Disagreement{}), in)
		require.Empty(t, w.slices.used, name)
		require.InDelta(t, math.Log((1+math.Exp(whole.logE))/2), w.logE, 1e-12, name)
	}
	w := play(slicedPairs(Disagreement{}), []uint8{3, 4})
	require.Len(t, w.slices.used, 1, "the second dimension is not declared")
}

// The slice in which the candidate differs is named, with its own estimates.
func TestVerdictNamesTheSliceOfPairs(t *testing.T) {
	for _, c := range []struct {
		criterion Criterion
		finding   string
	}{
		{Disagreement{}, "differs beyond what stable differs from itself: 100 % of pairs"},
		{Disagreement{Limit: Strict}, "differs where stable agrees with itself, rather than the reverse: 100 % of pairs"},
		{Difference{Signal: "value", Want: Lower}, "value higher than stable's: 100 % of pairs"},
	} {
		j := mustJudge(t, slicedPairs(c.criterion))
		n := untilRuling(t, j, func(r Ruling) bool { return r.RollBack })
		v := j.Verdicts()[0]
		require.Equal(t, `country="c3"`, v.Slice, v)
		require.Equal(t, Fail, v.Result)
		require.Equal(t, c.finding, v.Finding)
		require.Contains(t, v.String(), `of pairs in country="c3"`)
		require.EqualValues(t, (n+19)/20, v.Candidate.Calls, "those of the slice")
	}
}

// untilRuling observes pairs of 20 slices, of which the fourth is all wrong and the
// others are noise, until a ruling, and returns how many.
func untilRuling(t *testing.T, j *Judge, is func(Ruling) bool) (n int) {
	t.Helper()
	e := j.NewEvidence()
	for i := 0; ; i++ {
		require.Less(t, i, 2000)
		round := i/20 + i%20
		p := Pair{
			Rerun: true, Differs: round%4 == 0, RerunDiffers: round%4 == 1,
			Differences: []float64{0, float64(1 - 2*(round%2))}, Slices: []uint8{uint8((i + 3) % 20)},
		}
		if p.Slices[0] == 3 {
			p.Differs, p.RerunDiffers, p.Differences[1] = true, false, 1
		}
		e.Reset()
		e.ObservePair(&p)
		if is(j.Fold(e, 0)) {
			return i + 1
		}
	}
}

// A criterion on pairs carves a slice out for all the others, too.
func TestPairsCarveOut(t *testing.T) {
	config := slicedPairs(Disagreement{}, ErrorRate{})
	config.SliceAction = CarveOut
	j := mustJudge(t, config)
	j.BeginStep(half)
	untilRuling(t, j, func(r Ruling) bool {
		require.False(t, r.RollBack)
		return r.Carves > 0
	})
	require.Equal(t, []Carve{{
		Dimension: 0, Cell: 3, Slice: `country="c3"`, Criterion: "disagreement",
		Finding: "differs beyond what stable differs from itself: 100 % of pairs",
	}}, j.Carves())
	require.True(t, j.watches[1].slices.cells[0][3].carved, "for calls as well")
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	for _, j := range []*Judge{j, again} {
		before := j.watches[0].slices.cells[0][3].logE
		e := j.NewEvidence()
		for range 100 {
			e.ObservePair(&Pair{Rerun: true, Slices: []uint8{3}})
		}
		j.Fold(e, 0)
		require.Equal(t, before, j.watches[0].slices.cells[0][3].logE, "what is carved bets no more")
		require.Len(t, j.Carves(), 1)
	}
}

// And what a criterion on calls has carved is none of the pairs' any more.
func TestCarvedByCallsIsCarvedForPairs(t *testing.T) {
	config := slicedPairs(ErrorRate{Tolerance: Strict}, Disagreement{})
	config.SliceAction = CarveOut
	j := mustJudge(t, config)
	j.BeginStep(half)
	e := calls(j, 200, Observation{Arm: Candidate, Outcome: Failed, Slices: []uint8{4}})
	e.Merge(calls(j, 200, Observation{Slices: []uint8{4}}))
	require.Equal(t, 1, j.Fold(e, 0).Carves)
	require.True(t, j.watches[1].slices.cells[0][4].carved)
}

// Pairs add up in any order and grouping, sent or not.
func TestSlicesOfPairsArePermutable(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	list := make([]*Pair, 300)
	for i := range list {
		list[i] = randomPair(rng, 0.1)
		list[i].Slices = []uint8{uint8(i % 3), uint8(i % 7)}
	}
	config := slicedPairs(Disagreement{}, Difference{Signal: "value"})
	config.Slices = append(config.Slices, "client")
	var first []float64
	for range 20 {
		j := mustJudge(t, config)
		replicas := []*Evidence{j.NewEvidence(), j.NewEvidence(), j.NewEvidence()}
		for _, p := range list {
			replicas[rng.IntN(3)].ObservePair(p)
		}
		replicas[0].Merge(replicas[1])
		received := j.NewEvidence()
		require.NoError(t, received.UnmarshalBinary(sent(t, replicas[2])))
		requireSame(t, replicas[2], received)
		replicas[0].Merge(received)
		j.Fold(replicas[0], 0)
		logE := []float64{j.watches[0].logE, j.watches[1].logE}
		if first == nil {
			first = logE
		}
		require.InDeltaSlice(t, first, logE, 1e-12)
		rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	}
	require.NotZero(t, first[0])
}

// However many pairs are counted, the list of their slices stays short.
func TestCrossingsOfPairsCompact(t *testing.T) {
	j := mustJudge(t, slicedPairs(Disagreement{}, Difference{Signal: "value"}))
	e, rng := j.NewEvidence(), rand.New(rand.NewPCG(3, 3))
	for range 60_000 {
		p := randomPair(rng, 0)
		p.Slices = []uint8{uint8(rng.IntN(SliceCells))}
		e.ObservePair(p)
	}
	require.Less(t, len(e.slices[pairsGroup].list), 2*firstLimit)
	n := uint64(0)
	for _, c := range compacted(slices.Clone(e.slices[pairsGroup].list)) {
		n += uint64(c.count)
	}
	require.Equal(t, sum(e.tables[pairsGroup].cells), n, "every count is in a slice")
	e.Reset()
	require.Empty(t, e.slices[pairsGroup].list)
	require.LessOrEqual(t, cap(e.slices[pairsGroup].list), 2*firstLimit)
}

// Counts of pairs in slices that cannot have come about are refused.
func TestUnmarshalRefusesPoisonedSlicesOfPairs(t *testing.T) {
	j := mustJudge(t, slicedPairs(Disagreement{}, Difference{Signal: "value"}))
	pairs := func() *Evidence {
		e := j.NewEvidence()
		e.ObservePair(&Pair{Rerun: true, Slices: []uint8{1}})
		e.ObservePair(&Pair{Rerun: true, Differences: []float64{0, 1}, Slices: []uint8{2}})
		return e
	}
	require.NoError(t, j.NewEvidence().UnmarshalBinary(sent(t, pairs())))
	for name, poison := range map[string]func(x *crossings){
		"more than there were":   func(x *crossings) { x.list = append(x.list, x.list[0]) },
		"more signs than pairs":  func(x *crossings) { x.list[2].count = 2 },
		"none in an entry":       func(x *crossings) { x.list[0].count = 0 },
		"pairs of stable":        func(x *crossings) { x.list[0].key = newCrossingKey(int(Stable), 0, 1, 1) },
		"pairs of a stratum":     func(x *crossings) { x.list[0].key = newCrossingKey(numArms, 0, 1, 1) },
		"a slice beyond the end": func(x *crossings) { x.list[0].key = newCrossingKey(int(Candidate), 1, 1, 1) },
	} {
		e := pairs()
		require.Len(t, e.slices[pairsGroup].list, 3)
		poison(&e.slices[pairsGroup])
		require.ErrorIs(t, j.NewEvidence().UnmarshalBinary(sent(t, e)), ErrCorrupt, name)
	}
}

// A judge goes on with the rounds of its slices of pairs, to the last bit.
func TestJudgeWithSlicesOfPairsIsRestored(t *testing.T) {
	config := slicedPairs(pairCriteria[0], pairCriteria[2])
	j := mustJudge(t, config)
	rng := rand.New(rand.NewPCG(6, 6))
	fold := func(judges ...*Judge) {
		e := judges[0].NewEvidence()
		for range 50 {
			p := randomPair(rng, 0.05)
			p.Slices = []uint8{uint8(rng.IntN(4))}
			e.ObservePair(p)
		}
		for _, j := range judges {
			j.Fold(e, 0)
		}
	}
	for range 7 {
		fold(j)
	}
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	for range 20 {
		fold(j, again)
		require.Equal(t, j.ruling, again.ruling)
		for i, v := range j.Verdicts() {
			require.Equal(t, v, again.Verdicts()[i])
		}
	}
	require.NotEmpty(t, j.watches[1].slices.used)
}
