package criteria

import (
	"flag"
	"fmt"
	"math"
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

// goldenEvidence is what a version can say: the first knew no slices of pairs.
func goldenEvidence(j *Judge, version int) *Evidence {
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
		p := Pair{Differs: i%5 == 0, Rerun: i%3 == 0, Differences: o.Numbers}
		if version > 1 {
			p.Slices = o.Slices
		}
		e.ObservePair(&p)
	}
	return e
}

func goldenJudge(t *testing.T, version int) *Judge {
	j := mustJudge(t, goldenConfig())
	j.Seed(&Observation{Latency: 1000, Numbers: []float64{0.5}, Labels: []uint16{0}})
	j.BeginStep([NumStrata]float64{0.5, 0.25, 0.9})
	j.BeginWindows([NumStrata]float64{0.5, 0.25})
	j.Fold(goldenEvidence(j, version), 1)
	j.Fold(goldenEvidence(j, version), 2)
	return j
}

// goldenFile is the file of a version; only that of this release is ever written.
func goldenFile(t *testing.T, name string, version int, got []byte) []byte {
	t.Helper()
	path := fmt.Sprintf("testdata/%s.v%d", name, version)
	if *update && version == encodingVersion {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.EqualValues(t, version, want[headerSize-1])
	return want
}

func TestGoldenEvidence(t *testing.T) {
	for version := 1; version <= encodingVersion; version++ {
		j := mustJudge(t, goldenConfig())
		e := goldenEvidence(j, version)
		want := goldenFile(t, "evidence", version, sent(t, e))
		read := j.NewEvidence()
		require.NoError(t, read.UnmarshalBinary(want))
		requireSame(t, e, read)
		if version == encodingVersion {
			require.Equal(t, want, sent(t, e))
		}
	}
}

// A judge's logarithms may differ in the last bit from one architecture to the
// next; what is read must still be written again as it was.
func TestGoldenJudge(t *testing.T) {
	for version := 1; version <= encodingVersion; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			j := goldenJudge(t, version)
			require.True(t, j.ruling.RollBack)
			require.Positive(t, j.ruling.Carves)
			want := goldenFile(t, "judge", version, encoded(t, j))
			read, err := RestoreJudge(goldenConfig(), want)
			require.NoError(t, err)
			if version == encodingVersion {
				require.Len(t, encoded(t, j), len(want))
				require.Equal(t, want, encoded(t, read))
			}
			require.Equal(t, j.Carves(), read.Carves())
			for _, w := range read.watches {
				for _, c := range read.Carves() {
					require.True(t, !w.sliced() || w.slices.cells[c.Dimension][c.Cell].carved, "%s in %s", w.criterion, c.Slice)
				}
			}
			loudest := j.ruling.LogE // of a paired criterion, which had nothing on slices in version 1
			if version == 1 {
				loudest += math.Ln2
			}
			require.InDelta(t, loudest, read.ruling.LogE, 1e-12)
			e := goldenEvidence(j, version)
			require.InDelta(t, j.Fold(e, 3).LogE, read.Fold(e, 1).LogE, 1e-12)
			for i, v := range j.Verdicts() {
				if version == 1 && v.Name == "difference(score)" {
					v.LogE += math.Ln2 // it failed then
				}
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
		})
	}
}

func TestGoldenRouting(t *testing.T) {
	r := goldenRouting()
	data, err := r.AppendBinary(nil)
	require.NoError(t, err)
	for version := 1; version <= encodingVersion; version++ {
		want := goldenFile(t, "routing", version, data)
		require.Len(t, data, len(want))
		var read Routing
		require.NoError(t, read.UnmarshalBinary(want))
		require.InDelta(t, r.LogE(), read.LogE(), 1e-12)
		require.Equal(t, r.splits, read.splits)
	}
}

func goldenRouting() *Routing {
	r := &Routing{}
	r.BeginStep([NumStrata]float64{0.05, 0.5, 0.9})
	for i := range 100 {
		r.Assign(Stratum(i%NumStrata), Arm(i/5%2))
	}
	return r
}
