package criteria

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden encodings anew: a new format needs a new version, and its predecessor still to be read")

// goldenConfig and goldenJudge must never change.
func goldenConfig() Config {
	return Config{
		Numbers: []string{"score"}, Labels: []string{"class"}, Checks: []string{"done"}, Slices: []string{"country"},
		Sentinel: true, SliceAction: CarveOut, Rounding: 7,
		Criteria: []Criterion{
			ErrorRate{Tolerance: 0.2}, Latency{Role: Hold}, Distribution{Signal: "score", Max: 2}, Categories{Signal: "class"}, Backstop{},
			FailureModes{}, SessionErrorRate{}, Mean{Signal: "score", Want: Higher}, Rate{Signal: "done", Want: Lower},
			LatencyObjective{Quantile: 0.9, Limit: time.Millisecond}, Disagreement{}, Difference{Signal: "score"},
		},
		ClassText: func(id uint16) string { return []string{"timeout", "refused"}[id] },
		LabelText: func(_ int, id uint16) string { return []string{"", "de", "日本語", "x"}[id] },
		SliceText: func(_ int, cell uint8) string { return []string{"is", "fr"}[cell] },
	}
}

func goldenEvidence(j *Judge) *Evidence {
	e := j.NewEvidence()
	for i := range 100 {
		o := Observation{
			Arm: Arm(i % 2), Latency: 1000 << (i % 9), Numbers: []float64{float64(i%7) / 3},
			Labels: []uint16{uint16(i % 4)}, Slices: []uint8{uint8(i / 50)}, Sentinel: i%3 == 0,
			Class: uint16(i / 2 % 2), Checks: uint32(i / 7 % 2),
		}
		if i >= 50 && o.Arm == Candidate {
			o.Outcome, o.Answered = Failed, i%4 == 1
		}
		e.Observe(Stratum(i%4-1), &o)
		e.ObserveWindow(Stratum(i%3-1), &o)
		e.ObservePair(&Pair{Differs: i%5 == 0, Rerun: i%3 == 0, Differences: o.Numbers})
	}
	return e
}

func goldenJudge(t *testing.T) *Judge {
	j := mustJudge(t, goldenConfig())
	j.Seed(&Observation{Latency: 1000, Numbers: []float64{0.5}, Labels: []uint16{0}})
	j.BeginStep([NumStrata]float64{0.5, 0.25, 0.9})
	j.BeginWindows([NumStrata]float64{0.5, 0.25})
	j.Fold(goldenEvidence(j), 1)
	j.Fold(goldenEvidence(j), 2)
	return j
}

// golden compares with the file of version 1.
func goldenFile(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := "testdata/" + name
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	return want
}

func TestGoldenEvidence(t *testing.T) {
	j := mustJudge(t, goldenConfig())
	e := goldenEvidence(j)
	want := goldenFile(t, "evidence.v1", sent(t, e))
	require.Equal(t, want, sent(t, e))
	read := j.NewEvidence()
	require.NoError(t, read.UnmarshalBinary(want))
	requireSame(t, e, read)
}

// A judge's logarithms may differ in the last bit from one architecture to the
// next; what is read must still be written again as it was.
func TestGoldenJudge(t *testing.T) {
	j := goldenJudge(t)
	require.True(t, j.ruling.RollBack)
	require.Positive(t, j.ruling.Carves)
	want := goldenFile(t, "judge.v1", encoded(t, j))
	require.Len(t, encoded(t, j), len(want))
	read, err := RestoreJudge(goldenConfig(), want)
	require.NoError(t, err)
	require.Equal(t, want, encoded(t, read))
	require.Equal(t, j.Carves(), read.Carves())
	require.InDelta(t, j.ruling.LogE, read.ruling.LogE, 1e-12)
	e := goldenEvidence(j)
	require.InDelta(t, j.Fold(e, 3).LogE, read.Fold(e, 1).LogE, 1e-12)
	for i, v := range j.Verdicts() {
		require.Equal(t, v.String(), read.Verdicts()[i].String())
	}
	for i, g := range j.Promotion().Gates {
		require.InDelta(t, g.LogE, read.Promotion().Gates[i].LogE, 1e-9, g.Name)
	}
	dictionary, err := ReadDictionary(want)
	require.NoError(t, err)
	require.Equal(t, Dictionary{
		Labels:  [][]Entry{{{0, ""}, {1, "de"}, {2, "日本語"}, {3, "x"}}},
		Classes: []Entry{{0, "timeout"}, {1, "refused"}},
		Slices:  [][]Entry{{{0, "is"}, {1, "fr"}}},
	}, dictionary)
}

func TestGoldenRouting(t *testing.T) {
	r := goldenRouting()
	data, err := r.AppendBinary(nil)
	require.NoError(t, err)
	want := goldenFile(t, "routing.v1", data)
	require.Len(t, data, len(want))
	var read Routing
	require.NoError(t, read.UnmarshalBinary(want))
	require.InDelta(t, r.LogE(), read.LogE(), 1e-12)
	require.Equal(t, r.splits, read.splits)
}

func goldenRouting() *Routing {
	r := &Routing{}
	r.BeginStep([NumStrata]float64{0.05, 0.5, 0.9})
	for i := range 100 {
		r.Assign(Stratum(i%NumStrata), Arm(i/5%2))
	}
	return r
}
