package criteria

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sliced declares one criterion of each kind over one dimension.
func sliced() Config {
	c := everyKind()
	c.Slices = []string{"country"}
	c.SliceText = func(_ int, cell uint8) string { return fmt.Sprintf("c%d", cell) }
	return c
}

func TestSliceWeightsAreOne(t *testing.T) {
	sum := 0.0
	for j := range uint8(SliceCells) {
		require.Positive(t, sliceWeight(j))
		sum += sliceWeight(j)
	}
	require.InDelta(t, 1, sum, 1e-12)
}

// A slice counts event by event what its criterion counts cell by cell: with all
// traffic in one slice both have the same bets and the same capital.
func TestSliceOfEverythingIsEverything(t *testing.T) {
	for _, k := range coinCriteria {
		t.Run(k.Name(), func(t *testing.T) {
			c := sliced()
			c.Criteria = []Criterion{k}
			j := mustJudge(t, c)
			rng := rand.New(rand.NewPCG(1, 5))
			for range 2000 {
				j.Seed(randomObservation(rng))
			}
			j.BeginStep([NumStrata]float64{0.3, 0.1})
			w := j.watches[0]
			require.NotEmpty(t, w.book.within())
			e := j.NewEvidence()
			for i := range 3000 {
				o := randomObservation(rng)
				o.Slices = []uint8{7}
				e.Observe(Stratum(i%2), o)
				if i%100 == 0 {
					w.cells(t, j, e)
					e.Reset()
				}
			}
			w.cells(t, j, e)
		})
	}
}

// cells folds, without closing a round, and compares the tallies of the slice with
// those that the cells of all traffic give for its events.
func (w *watch) cells(t *testing.T, j *Judge, e *Evidence) {
	s := j.sessions[coinsGroup]
	s.fold(e, 0)
	s.evaluate()
	sl := w.slices.cells[0][7]
	sl.fill()
	for stratum := range 2 {
		if mean, ok := w.book.(*meanBook); ok {
			require.Equal(t, mean.graded.counts[stratum], sl.graded.counts[stratum])
			continue
		}
		for i := range sl.events {
			require.Equal(t, w.sums.tally(&sl.events[i], stratum), sl.tallies[stratum][i])
		}
	}
}

func randomObservation(rng *rand.Rand) *Observation {
	return &Observation{
		Arm: Arm(rng.IntN(2)), Outcome: Outcome(max(0, rng.IntN(24)-19)),
		Latency: time.Duration(1e6 * math.Exp(rng.NormFloat64())),
		Numbers: []float64{rng.NormFloat64()}, Labels: []uint16{uint16(rng.IntN(12))},
		Missing: uint64(rng.IntN(20)/19) | uint64(rng.IntN(20)/19)<<32,
	}
}

func TestSliceStartsAtOne(t *testing.T) {
	j := mustJudge(t, sliced())
	require.InDelta(t, math.Log(0.9), j.Fold(nil, 0).LogE, 1e-12, "the backstop has the rest")
	j.BeginStep(half)
	e := j.NewEvidence()
	e.Observe(Fresh, &Observation{Outcome: Cancelled, Slices: []uint8{0}})
	j.Fold(e, 0)
	for _, w := range j.watches {
		require.InDelta(t, 0, w.logE, 0.2, w.criterion.Name())
	}
}

// The slice that breaks is named, with its own estimates.
func TestVerdictNamesTheSlice(t *testing.T) {
	c := sliced()
	c.Criteria = []Criterion{ErrorRate{}}
	j := mustJudge(t, c)
	j.BeginStep(half)
	e := j.NewEvidence()
	r := Ruling{}
	for i := 0; !r.RollBack; i++ {
		require.Less(t, i, 2000)
		cell := uint8(i / 2 % 20)
		o := &Observation{Arm: Arm(i % 2), Latency: -1, Slices: []uint8{cell}}
		if o.Arm == Candidate && cell == 3 {
			o.Outcome = Failed
		}
		e.Observe(Fresh, o)
		r = j.Fold(e, 0)
		e.Reset()
	}
	v := j.Verdicts()[0]
	require.Equal(t, `country="c3"`, v.Slice)
	require.Equal(t, Fail, v.Result)
	require.Equal(t, 1.0, v.Candidate.Rate)
	require.Zero(t, v.Stable.Rate)
	require.Equal(t, "failed: 100 % of candidate, 0 % of stable calls", v.Finding)
	require.Contains(t, v.String(), `stable calls in country="c3"`)
}

// A breached slice is carved out alone; the rest is judged on, and what the slice
// does from then on is no evidence.
func TestCarveOut(t *testing.T) {
	c := sliced()
	c.Criteria, c.SliceAction = []Criterion{ErrorRate{}, Latency{}}, CarveOut
	j := mustJudge(t, c)
	j.BeginStep([NumStrata]float64{0.05})
	e := j.NewEvidence()
	rng := rand.New(rand.NewPCG(2, 2))
	r := Ruling{}
	for i := 0; r.Carves == 0; i++ {
		require.Less(t, i, 20_000)
		o := &Observation{Latency: -1, Slices: []uint8{uint8(rng.IntN(20))}}
		if rng.Float64() < 0.05 {
			o.Arm = Candidate
		}
		if rng.IntN(20) == 0 && o.Slices[0] != 11 || o.Arm == Candidate && o.Slices[0] == 11 {
			o.Outcome = Failed
		}
		e.Observe(Fresh, o)
		r = j.Fold(e, 0)
		e.Reset()
	}
	require.False(t, r.RollBack)
	require.Equal(t, []Carve{{
		Dimension: 0, Cell: 11, Slice: `country="c11"`, Criterion: "error_rate",
		Finding: "failed: 100 % of candidate, 0 % of stable calls",
	}}, j.Carves())
	for i := range 2000 {
		e.Observe(Fresh, &Observation{Arm: Arm(i % 2), Outcome: Outcome(i % 2), Latency: -1, Slices: []uint8{11}})
	}
	before := j.watches[0].slices.cells[0][11].logE
	j.sessions[coinsGroup].fold(e, 0)
	j.sessions[coinsGroup].evaluate()
	require.Equal(t, before, j.watches[0].slices.cells[0][11].logE)
	require.Len(t, j.Carves(), 1)
}

// Slices beyond the declared dimensions, and cells beyond their number, are in no
// slice; the request counts for all traffic.
func TestUnknownSlices(t *testing.T) {
	j := mustJudge(t, sliced())
	e := j.NewEvidence()
	e.Observe(Fresh, &Observation{Slices: []uint8{SliceCells, 3, 4}})
	require.Empty(t, e.slices[coinsGroup].list)
	require.False(t, e.Empty())
	plain := mustJudge(t, everyKind()).NewEvidence()
	plain.Observe(Fresh, &Observation{Slices: []uint8{1, 2, 3}})
	require.Empty(t, plain.slices[coinsGroup].list)
}

// However much is counted in whatever order, the list stays short and its sums
// the same.
func TestCrossingsCompact(t *testing.T) {
	j := mustJudge(t, sliced())
	one, other := j.NewEvidence(), j.NewEvidence()
	rng := rand.New(rand.NewPCG(3, 3))
	list := make([]*Observation, 40_000)
	for i := range list {
		list[i] = randomObservation(rng)
		list[i].Slices = []uint8{uint8(rng.IntN(SliceCells))}
		one.Observe(Fresh, list[i])
	}
	rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	for _, o := range list {
		other.Observe(Fresh, o)
	}
	require.Less(t, len(one.slices[coinsGroup].list), 2*firstLimit)
	sums := compacted(one.slices[coinsGroup].list)
	require.Equal(t, sums, compacted(other.slices[coinsGroup].list))
	n := 0
	for _, c := range sums {
		n += int(c.count)
	}
	require.Equal(t, len(list)*len(j.form.columns[coinsGroup].list), n)
}

func TestCrossingKey(t *testing.T) {
	for row := range NumStrata * numArms {
		k := newCrossingKey(row, MaxDimensions-1, SliceCells-1, 1<<columnBits-1)
		require.Equal(t, row, k.row())
		require.Equal(t, MaxDimensions-1, k.dimension())
		require.Equal(t, uint8(SliceCells-1), k.cell())
		require.Equal(t, 1<<columnBits-1, k.column())
	}
}

// Evidence that is added up in any order gives the same ln E, in slices too.
func TestSlicesArePermutable(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	list := make([]*Observation, 60)
	for i := range list {
		list[i] = randomObservation(rng)
		list[i].Slices = []uint8{uint8(i % 3)}
	}
	seeds := make([]*Observation, 500)
	for i := range seeds {
		seeds[i] = randomObservation(rng)
	}
	var first []float64
	for range 20 {
		j := mustJudge(t, sliced())
		for _, o := range seeds {
			j.Seed(o)
		}
		j.BeginStep(half)
		replicas := []*Evidence{j.NewEvidence(), j.NewEvidence(), j.NewEvidence()}
		for _, o := range list {
			replicas[rng.IntN(3)].Observe(Fresh, o)
		}
		replicas[0].Merge(replicas[1])
		replicas[0].Merge(replicas[2])
		j.Fold(replicas[0], 0)
		var logE []float64
		for _, w := range j.watches {
			logE = append(logE, w.logE)
		}
		if first == nil {
			first = logE
		}
		require.InDeltaSlice(t, first, logE, 1e-12)
		rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	}
}

// The sentinel's requests are judged apart, by the same criteria.
func TestSentinelConvictsAlone(t *testing.T) {
	c := Config{Criteria: []Criterion{ErrorRate{}}, Sentinel: true}
	j := mustJudge(t, c)
	j.BeginStep([NumStrata]float64{Fresh: 0.475, Sentinel: 0.95})
	e := j.NewEvidence()
	r := Ruling{}
	n := 0
	for ; !r.RollBack; n++ {
		require.Less(t, n, 10_000)
		o := &Observation{Arm: Candidate, Outcome: Failed, Latency: -1, Sentinel: true}
		if n%20 == 0 {
			o.Arm, o.Outcome = Stable, Fine
		}
		e.Observe(Uncounted, o)
		r = j.Fold(e, 0)
		e.Reset()
	}
	v := j.Verdicts()[0]
	require.Equal(t, Fail, v.Result)
	require.Equal(t, 0.5, v.Weight)
	require.Positive(t, v.Candidate.Events)
}

func TestSliceConfig(t *testing.T) {
	_, err := NewJudge(Config{
		Criteria: []Criterion{ErrorRate{}}, SliceAction: 9,
		Slices: []string{"a", "a", "", "d", "e", "f", "g", "h", "i"},
	})
	for _, problem := range []string{"declared twice", "has no name", "9 dimensions", "action 9"} {
		require.ErrorContains(t, err, problem)
	}
	require.Equal(t, "carve out", CarveOut.String())
	require.Equal(t, "roll back all", RollBackAll.String())
	require.Equal(t, "slice action(?)", SliceAction(7).String())
}
