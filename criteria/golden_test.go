package criteria

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden encodings anew: a new format needs a new version, and its predecessor still to be read")

// goldenConfig and goldenJudge must never change.
func goldenConfig() Config {
	return Config{
		Numbers: []string{"score"}, Labels: []string{"class"}, Slices: []string{"country"}, Sentinel: true, SliceAction: CarveOut,
		Criteria: []Criterion{
			ErrorRate{Tolerance: 0.2}, Latency{Role: Hold}, Distribution{Signal: "score", Max: 2}, Categories{Signal: "class"}, Backstop{},
		},
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
		}
		if i >= 50 && o.Arm == Candidate {
			o.Outcome, o.Answered = Failed, i%4 == 1
		}
		e.Observe(Stratum(i%4-1), &o)
	}
	return e
}

func goldenJudge(t *testing.T) *Judge {
	j := mustJudge(t, goldenConfig())
	j.Seed(&Observation{Latency: 1000, Numbers: []float64{0.5}, Labels: []uint16{0}})
	j.BeginStep([NumStrata]float64{0.5, 0.25, 0.9})
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
	require.InDelta(t, j.Fold(goldenEvidence(j), 3).LogE, read.Fold(goldenEvidence(j), 1).LogE, 1e-12)
	for i, v := range j.Verdicts() {
		require.Equal(t, v.String(), read.Verdicts()[i].String())
	}
	dictionary, err := ReadDictionary(want)
	require.NoError(t, err)
	require.Equal(t, Dictionary{
		Labels: [][]Entry{{{0, ""}, {1, "de"}, {2, "日本語"}, {3, "x"}}},
		Slices: [][]Entry{{{0, "is"}, {1, "fr"}}},
	}, dictionary)
}
