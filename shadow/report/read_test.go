package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

func TestReadRefuses(t *testing.T) {
	log := logOf(t, pair(0))
	for _, c := range []struct {
		name  string
		paths []string
		cfg   report.Config
		says  string
	}{
		{"no files", nil, report.Config{}, "report: no files"},
		{"a missing file", []string{filepath.Join(t.TempDir(), "missing")}, report.Config{}, "no such file"},
		{"a directory", []string{t.TempDir()}, report.Config{}, "is a directory"},
		{"limits", []string{log}, report.Config{Limit: 1, FailureLimit: -1, Top: 2000, Sample: 2000}, "report: Sample 2000 outside"},
		{"criteria", []string{log}, report.Config{Criteria: []criteria.Criterion{criteria.Mean{Signal: "x"}}}, "mean(x)"},
	} {
		_, err := report.Read(context.Background(), c.paths, c.cfg)
		require.ErrorContains(t, err, c.says, c.name)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	log := fileOf(t, "pairs.jsonl", bytes.Repeat(linesOf(pair(0), pair(1)), 20000))
	_, err := report.Read(ctx, []string{log}, report.Config{Progress: func(int64, int64) { cancel() }})
	require.ErrorIs(t, err, context.Canceled)
}

func TestEmptyLog(t *testing.T) {
	for name, content := range map[string][]byte{"nothing": nil, "lines": []byte("\n\n  \n"), "zip": zipped(t, nil)} {
		s := read(t, report.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}}, fileOf(t, "pairs.jsonl", content))
		require.Zero(t, s.Pairs, name)
		require.Contains(t, textOf(t, s), "NOT PROVEN")
		require.Contains(t, pageOf(t, s), "No pairs")
	}
}

// One pass over plain and compressed logs gives the same, however many processors there are, and however the lines are spread over files.
func TestSummaryDependsOnTheLogAlone(t *testing.T) {
	s := newSource(3)
	var lines [][]byte
	for range 6000 {
		lines = append(lines, pairlog.AppendRecord(nil, s.next()))
	}
	whole := bytes.Join(lines, nil)
	plain := fileOf(t, "pairs.jsonl", whole)
	cfg := report.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Disagreement{}, criteria.Mean{Signal: "confidence", Want: criteria.Higher}}}
	want := dataOf(t, read(t, cfg, plain), plain)
	wantPage := pageOf(t, read(t, cfg, plain))

	for _, procs := range []int{1, 2, 7} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			s := read(t, cfg, plain)
			require.JSONEq(t, want, dataOf(t, s, plain))
			require.Equal(t, wantPage, pageOf(t, s))
		}()
	}
	zip := fileOf(t, "pairs.jsonl.gz", zipped(t, whole))
	got := read(t, cfg, zip)
	got.Log.Bytes = int64(len(whole))
	require.JSONEq(t, want, dataOf(t, got, zip))

	first, second := fileOf(t, "b.jsonl", bytes.Join(lines[:2500], nil)), fileOf(t, "a.jsonl", bytes.Join(lines[2500:], nil))
	got = read(t, report.Config{}, second, first)
	require.Equal(t, []string{first, second}, got.Log.Files, "in the order of time")
	require.Equal(t, read(t, report.Config{}, plain).Excess, got.Excess)
}

// dataOf is a summary as JSON without the name of its file.
func dataOf(t *testing.T, s *report.Summary, path string) string {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return strings.ReplaceAll(string(b), path, "log")
}

func TestBadLinesAreCountedAndQuoted(t *testing.T) {
	good := linesOf(pair(0))
	content := bytes.Join([][]byte{
		good,
		[]byte("not json\n"),
		[]byte(`{"schema":"modelcanary.pair/9"}` + "\n"),
		good,
		append(bytes.Repeat([]byte("x"), pairlog.MaxScanLine+1000), '\n'),
		good,
		[]byte("\x1b[2J\u202e{\n"),
		[]byte(`{"schema":"modelcanary.pair/1","time":"2026-11-0`),
	}, nil)
	path := fileOf(t, "pairs.jsonl", content)
	s := read(t, report.Config{}, path)
	require.Equal(t, int64(3), s.Pairs)
	require.Equal(t, int64(4), s.Log.Bad, "the last line was cut off, as that of a live file can be")
	var at []int64
	for _, b := range s.Log.BadLines {
		at = append(at, b.Line)
		require.Less(t, len(b.Text), 130)
	}
	require.Equal(t, []int64{2, 3, 5, 7}, at)
	text := textOf(t, s)
	require.Contains(t, text, path+":2: ")
	require.NotContains(t, text, "\x1b")
	require.NotContains(t, text, "\u202e")
}

func TestFilesThatEndBeforeTheirEnd(t *testing.T) {
	whole := bytes.Repeat(linesOf(pair(0)), 3000)
	zip := zipped(t, whole)
	cut := fileOf(t, "cut.jsonl.gz", zip[:len(zip)-12])
	noZip := fileOf(t, "no.jsonl.gz", []byte{0x1f, 0x8b, 1, 2, 3})
	s := read(t, report.Config{}, cut, noZip, logOf(t, pair(1)))
	require.Len(t, s.Log.ReadErrors, 2)
	require.Greater(t, s.Pairs, int64(1000))
	require.Contains(t, textOf(t, s), "was read up to line")
}

func TestOnlyTheTrialThatBeganLastIsSummarised(t *testing.T) {
	of := func(i int, canary string, epoch uint64, candidate string, differs bool) pairlog.Record {
		r := pair(i)
		r.Canary, r.Epoch, r.Candidate.Version, r.Differs = canary, epoch, candidate, differs
		return r
	}
	log := logOf(t, of(0, "c", 1, "2", true), of(1, "c", 2, "3", false), of(2, "c", 1, "2", true), of(3, "c", 2, "3", false), of(4, "c", 1, "1b", true), of(5, "c", 2, "3", false))
	s := read(t, report.Config{}, log)
	require.Equal(t, uint64(2), s.Epoch)
	require.Equal(t, int64(3), s.Pairs)
	require.Equal(t, int64(3), s.Agreement.Count)
	require.Len(t, s.Log.Others, 2)
	require.Equal(t, int64(2), s.Log.Others[0].Pairs)
	require.Contains(t, textOf(t, s), "Left out: 2 pairs of c epoch 1, 1 → 2")

	s = read(t, report.Config{Epoch: 1, Candidate: "2"}, log)
	require.Equal(t, int64(2), s.Pairs)
	require.Equal(t, int64(0), s.Agreement.Count)
	require.Zero(t, read(t, report.Config{Canary: "other"}, log).Pairs)
}

// What is in a log must not decide how much memory reading it takes.
func TestMemoryIsBounded(t *testing.T) {
	s := newSource(5)
	var block []byte
	for range 4000 {
		block = pairlog.AppendRecord(block, s.next())
	}
	path := filepath.Join(t.TempDir(), "large.jsonl")
	file, err := os.Create(path)
	require.NoError(t, err)
	for range 150_000_000 / len(block) {
		_, err = file.Write(block)
		require.NoError(t, err)
	}
	require.NoError(t, file.Close())
	require.Less(t, peak(t, path), uint64(64<<20))
}

// Every pair has names, texts and slices of its own.
func TestMemoryIsBoundedWhateverTheNames(t *testing.T) {
	long := strings.Repeat("long", 500)
	var lines []byte
	for i := range 12000 {
		r := pair(i)
		text := fmt.Sprintf("%s %d", long, i)
		r.Slices = map[string]string{"dimension": text, text: "x"}
		r.Stable.Labels, r.Candidate.Labels = map[string]string{"label": text, text: "x"}, map[string]string{"label": "other " + text}
		r.Stable.Numbers = map[string]float64{text: 1}
		r.Candidate.Outcome, r.Candidate.Class, r.Differs, r.Distance = "error", text, true, float64(i)
		r.Candidate.Output = text
		lines = pairlog.AppendRecord(lines, &r)
	}
	path := fileOf(t, "pairs.jsonl", lines)
	require.Greater(t, len(lines), 64<<20)
	require.Less(t, peak(t, path), uint64(48<<20))
	s := read(t, report.Config{}, path)
	require.Less(t, len(pageOf(t, s)), 2_000_000)
}

// peak is the most memory that the process holds while a log is read, beyond what it held before.
func peak(t *testing.T, path string) (most uint64) {
	t.Helper()
	runtime.GC()
	before := held()
	read(t, report.Config{Progress: func(int64, int64) { most = max(most, held()) }}, path)
	t.Logf("%d MB at most", (most-min(before, most))>>20)
	return most - min(before, most)
}

func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}

func FuzzRead(f *testing.F) {
	f.Add(linesOf(twenty()...))
	f.Add([]byte(`{"schema":"modelcanary.pair/1","stable":{"numbers":{"a":"NaN","b":"Infinity"}},"candidate":{"numbers":{"a":1e308,"b":-1e308}},"distance":"Infinity","differs":true}`))
	f.Add([]byte(`{"schema":"modelcanary.pair/1","stable":{"output":{"$base64":"/w=="},"outcome":"ok"},"candidate":{"output":[[[[]]]],"outcome":"ok"},"differs":true,"slices":{"":""}}`))
	f.Add([]byte("\x1f\x8b\x08"))
	dir := f.TempDir()
	cfg := report.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "a"}, criteria.Difference{Signal: "b"}, criteria.Categories{Signal: "label"}}}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(dir, fmt.Sprintf("%p", &content))
		require.NoError(t, os.WriteFile(path, content, 0o600))
		defer func() { _ = os.Remove(path) }()
		s := read(t, cfg, path)
		for _, r := range textOf(t, s) {
			require.False(t, r < ' ' && r != '\n', "control character in the text")
		}
		require.Less(t, len(pageOf(t, s)), 2_000_000)
		_, err := json.Marshal(s)
		require.NoError(t, err)
	})
}
