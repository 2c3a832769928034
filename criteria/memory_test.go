package criteria

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// What a criterion costs in memory, as the comments of Judge and Evidence say: so
// much a cell, the missing one included. The rest is a few hundred bytes.
func TestMemoryOfACell(t *testing.T) {
	for _, criterion := range []Criterion{ErrorRate{}, Latency{}, Distribution{Signal: "score"}, Categories{Signal: "class"}, FailureModes{}, Mean{Signal: "score", Want: Higher}} {
		config := everyKind()
		config.Criteria = []Criterion{criterion}
		j := mustJudge(t, config)
		cells := j.watches[0].meter.cells() + 1
		require.Equal(t, 32*cells, evidenceBytes(j.NewEvidence()), criterion.Name())
		require.InDelta(t, 176*cells, judgeBytes(j), 10, criterion.Name())
		config.Sentinel = true
		j = mustJudge(t, config)
		require.Equal(t, 48*cells, evidenceBytes(j.NewEvidence()), criterion.Name())
		require.InDelta(t, 2*(176+48)*cells, judgeBytes(j), 20, criterion.Name())
	}
}

func evidenceBytes(e *Evidence) (n int) {
	for i := range e.tables {
		n += 8 * len(e.tables[i].cells)
	}
	return n
}

// judgeBytes is all that grows with the cells.
func judgeBytes(j *Judge) (n int) {
	for _, s := range j.sessions {
		n += 8 * (len(s.owners) + len(s.seed) + len(s.round.cells) + len(s.step.cells) + len(s.closed.cells))
		for _, w := range s.watches {
			n += 8 * (len(w.before.stable) + len(w.before.candidate))
			for i := range w.sums.arms {
				for arm := range w.sums.arms[i] {
					n += 8 * len(w.sums.arms[i][arm].below)
				}
			}
		}
	}
	return n
}

// Groups without a coin have one stratum only.
func TestMemoryOfACellWithoutACoin(t *testing.T) {
	for _, criterion := range []Criterion{Backstop{}, Disagreement{}, Difference{Signal: "score"}} {
		j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{criterion}})
		require.Equal(t, 16*(j.watches[0].meter.cells()+1), evidenceBytes(j.NewEvidence()), criterion.Name())
		require.InDelta(t, 128*(j.watches[0].meter.cells()+1), judgeBytes(j), 10, criterion.Name())
	}
}

// What a slice adds to a judge once it bets, with one stratum, besides the look-up that
// it shares.
func TestMemoryOfASlice(t *testing.T) {
	for _, c := range []struct {
		criterion Criterion
		bytes     int
	}{
		{ErrorRate{}, 1_200}, {Latency{}, 2_700}, {Distribution{Signal: "score"}, 6_000}, {Categories{Signal: "class"}, 11_000},
		{FailureModes{}, 3_600}, {Mean{Signal: "score", Want: Higher}, 7_700},
		{Disagreement{}, 1_400}, {Disagreement{Limit: Strict}, 1_200}, {Difference{Signal: "score"}, 1_800},
	} {
		config := everyKind()
		config.Slices, config.Criteria = []string{"country"}, []Criterion{c.criterion}
		j := mustJudge(t, config)
		j.BeginStep(half)
		e := j.NewEvidence()
		for i, o := range benchmarkObservations() {
			o.Slices, o.Class = []uint8{uint8(i % 10)}, uint16(i%5)
			e.Observe(Fresh, &o)
			e.ObservePair(&Pair{Differs: i%9 == 0, Rerun: true, Differences: o.Numbers, Slices: o.Slices})
			if i%256 == 255 {
				j.Fold(e, 0)
				e.Reset()
			}
		}
		require.InEpsilon(t, c.bytes, sliceBytes(j.watches[0].slices.used[0]), 0.2, c.criterion.Name())
	}
}

func sliceBytes(sl *slice) int {
	n := unsafe.Sizeof(*sl) + unsafe.Sizeof(event{})*uintptr(cap(sl.events)) + unsafe.Sizeof(shown{})*uintptr(cap(sl.past))
	n += 8 * uintptr(cap(sl.log)+cap(sl.now))
	for s := range NumStrata {
		n += unsafe.Sizeof(payoff{})*uintptr(cap(sl.payoffs[s])) + unsafe.Sizeof(tally{})*uintptr(cap(sl.tallies[s]))
		for arm := range numArms {
			n += 8 * uintptr(cap(sl.counts[s][arm].hits))
			if sl.graded == nil {
				continue
			}
			n += 8 * uintptr(cap(sl.graded.counts[s][arm]))
			for _, pays := range sl.graded.pays[s][arm] {
				n += 8 * uintptr(cap(pays))
			}
		}
	}
	return int(n)
}
