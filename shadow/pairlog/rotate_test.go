package pairlog

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// small is a configuration whose files hold about 300 records.
func small() FileConfig { return FileConfig{MaxSize: MinMaxLine, MaxLine: MinMaxLine, Budget: 1 << 30} }

// perFile is how many of the records of put fit into a file of [small].
var perFile = MinMaxLine / len(numbered(1))

// putFiles puts as many records as fill n files, and writes them.
func putFiles(f *File, n int) {
	for range n {
		for range perFile {
			put(f, 1)
		}
		after(flushEvery)
	}
}

func TestALargeFileIsPutAside(t *testing.T) {
	onFaulty(t, small(), func(t *testing.T, f *File, _ *faulty) {
		putFiles(f, 3)
		put(f, 2)
		mustClose(t, f)
		require.Equal(t, []string{
			"langdetect-20000101T000001.000Z.jsonl", "langdetect-20000101T000002.000Z.jsonl", "langdetect-20000101T000003.000Z.jsonl", "langdetect.jsonl",
		}, namesBeside(t, f.path))
		require.Equal(t, []uint64{2}, epochsIn(t, f.path))
		for _, name := range namesBeside(t, f.path) {
			info, err := os.Stat(filepath.Join(filepath.Dir(f.path), name))
			require.NoError(t, err)
			require.LessOrEqual(t, info.Size(), int64(MinMaxLine))
			require.Equal(t, os.FileMode(0o600), info.Mode())
		}
	})
}

func TestFilesOfTheSameInstantHaveNamesOfTheirOwn(t *testing.T) {
	onFaulty(t, small(), func(t *testing.T, f *File, _ *faulty) {
		for range 3*perFile + 1 {
			put(f, 1)
		}
		mustClose(t, f)
		require.Equal(t, []string{
			"langdetect-20000101T000000.000Z.jsonl", "langdetect-20000101T000000.001Z.jsonl", "langdetect-20000101T000000.002Z.jsonl", "langdetect.jsonl",
		}, namesBeside(t, f.path))
	})
}

func TestAnOldFileIsPutAside(t *testing.T) {
	onFaulty(t, FileConfig{}, func(t *testing.T, f *File, _ *faulty) {
		after(3 * time.Hour)
		require.Len(t, namesBeside(t, f.path), 1, "an empty file does not age")
		put(f, 1)
		after(time.Hour)
		require.Len(t, namesBeside(t, f.path), 1, "its age counts from the first line")
		after(flushEvery)
		put(f, 2)
		mustClose(t, f)
		require.Equal(t, []string{"langdetect-20000101T040001.000Z.jsonl", "langdetect.jsonl"}, namesBeside(t, f.path))
	})
}

func TestAFileAgesThroughRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := livePath(t)
		f := mustOpen(t, path, FileConfig{})
		f.Put(&Record{Time: time.Now(), Epoch: 1})
		mustClose(t, f)
		after(40 * time.Minute)
		f = mustOpen(t, path, FileConfig{})
		put(f, 2)
		after(21 * time.Minute)
		mustClose(t, f)
		require.Equal(t, []string{"langdetect-20000101T010000.000Z.jsonl", "langdetect.jsonl"}, namesBeside(t, path))
	})
}

func TestALargeFileOfBeforeIsPutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := livePath(t)
		require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, bytes.Repeat(numbered(1), 2*perFile), 0o600))
		f := mustOpen(t, path, small())
		put(f, 2)
		mustClose(t, f)
		require.Equal(t, []uint64{2}, epochsIn(t, path))
		require.Len(t, namesBeside(t, path), 2)
	})
}

// plant writes finished files as if other runs had left them, and files that only look like it.
func plant(t *testing.T, path string, names ...string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(path), name), bytes.Repeat(numbered(1), perFile), 0o600))
	}
}

var foreign = []string{
	"aa-20000101T000000.000Z.jsonl", "langdetect-19990101T000000.000Z.jsonl.bak", "langdetect-19990101T000000.000Z.txt",
	"langdetect-19991301T000000.000Z.jsonl", "langdetect-old.jsonl", "langdetect2-19990101T000000.000Z.jsonl", "other-19990101T000000.000Z.jsonl.gz.tmp",
}

func TestTheOldestFilesAreDeletedForTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := livePath(t)
		cfg := small()
		cfg.Budget = 4 * MinMaxLine
		plant(t, path, foreign...)
		plant(t, path, "langdetect-19991231T000000.000Z.jsonl", "langdetect-19991231T010000.000Z.jsonl.gz")
		f := mustOpen(t, path, cfg)
		putFiles(f, 2)
		put(f, 1)
		mustClose(t, f)
		var ours []string
		for _, name := range namesBeside(t, path) {
			if strings.HasPrefix(name, "langdetect-2") || strings.HasPrefix(name, "langdetect-19991231") {
				ours = append(ours, name)
			}
		}
		require.Equal(t, []string{
			"langdetect-19991231T010000.000Z.jsonl.gz", "langdetect-20000101T000001.000Z.jsonl", "langdetect-20000101T000002.000Z.jsonl",
		}, ours)
		require.Subset(t, namesBeside(t, path), foreign, "what is not of this log stays")
	})
}

func TestOldFilesAreDeleted(t *testing.T) {
	onFaulty(t, FileConfig{Keep: 24 * time.Hour}, func(t *testing.T, f *File, _ *faulty) {
		plant(t, f.path, foreign...)
		put(f, 1)
		after(time.Hour + time.Second)
		require.Contains(t, namesBeside(t, f.path), "langdetect-20000101T010001.000Z.jsonl")
		after(23 * time.Hour)
		require.Contains(t, namesBeside(t, f.path), "langdetect-20000101T010001.000Z.jsonl")
		after(2 * time.Hour)
		require.NotContains(t, namesBeside(t, f.path), "langdetect-20000101T010001.000Z.jsonl", "also when nothing is written")
		require.Subset(t, namesBeside(t, f.path), foreign)
	})
}

func TestTheBudgetHoldsWhenNothingCanBeDeleted(t *testing.T) {
	cfg := small()
	cfg.Budget = 4 * MinMaxLine
	onFaulty(t, cfg, func(t *testing.T, f *File, fs *faulty) {
		fs.failing(errBroken, "remove")
		putFiles(f, 10)
		require.Positive(t, f.Counts().Dropped[DroppedBudget])
		require.ErrorIs(t, f.Err(), errBroken)
		sum := int64(0)
		for _, name := range namesBeside(t, f.path) {
			info, err := os.Stat(filepath.Join(filepath.Dir(f.path), name))
			require.NoError(t, err)
			sum += info.Size()
		}
		require.LessOrEqual(t, sum, cfg.Budget)
		require.EqualValues(t, 10*perFile, f.Counts().Written+f.Counts().Dropped[DroppedBudget])
		fs.set(nil)
		putFiles(f, 2)
		require.Equal(t, int64(2*perFile), f.Counts().Written+f.Counts().Dropped[DroppedBudget]-int64(10*perFile))
		require.NoError(t, f.Err())
	})
}

func TestAFileThatCannotBePutAsideDoesNotGrow(t *testing.T) {
	onFaulty(t, small(), func(t *testing.T, f *File, fs *faulty) {
		fs.failing(errBroken, "rename")
		putFiles(f, 3)
		after(time.Hour)
		info, err := os.Stat(f.path)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(MinMaxLine))
		require.ErrorIs(t, f.Err(), errBroken)
		fs.set(nil)
		after(time.Minute)
		mustClose(t, f)
		require.EqualValues(t, 3*perFile, f.Counts().Written, "the queue has kept them")
	})
}

func TestAFileThatOthersHaveFilledIsPutAside(t *testing.T) {
	onFaulty(t, small(), func(t *testing.T, f *File, _ *faulty) {
		put(f, 1)
		after(flushEvery)
		require.NoError(t, os.WriteFile(f.path, bytes.Repeat(numbered(1), perFile), 0o600))
		put(f, 2)
		after(flushEvery)
		require.Equal(t, []uint64{2}, epochsIn(t, f.path))
		mustClose(t, f)
	})
}
