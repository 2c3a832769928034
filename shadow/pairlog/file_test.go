package pairlog

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// livePath is where a log of a test lives.
func livePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "pairs", "langdetect.jsonl")
}

func mustOpen(t *testing.T, path string, cfg FileConfig) *File {
	t.Helper()
	f, err := Open(path, cfg)
	require.NoError(t, err)
	return f
}

func mustClose(t *testing.T, f *File) {
	t.Helper()
	require.NoError(t, f.Close(t.Context()))
}

func put(f *File, epochs ...uint64) {
	for _, n := range epochs {
		f.Put(&Record{Epoch: n})
	}
}

// epochsIn are those of the records in a file, which must be without a bad line.
func epochsIn(t *testing.T, path string) []uint64 {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	epochs, errs := scanAll(f)
	require.Empty(t, errs)
	return epochs
}

// namesBeside are those of the files in the directory of the log.
func namesBeside(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFileKeepsRecords(t *testing.T) {
	path := livePath(t)
	f := mustOpen(t, path, FileConfig{})
	put(f, 1, 2)
	mustClose(t, f)
	require.Equal(t, []uint64{1, 2}, epochsIn(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, Counts{Written: 2, Bytes: info.Size(), Dropped: map[string]int64{}}, f.Counts())
	require.NoError(t, f.Err())

	f = mustOpen(t, path, FileConfig{})
	put(f, 3)
	mustClose(t, f)
	require.Equal(t, []uint64{1, 2, 3}, epochsIn(t, path), "another run continues the file")
}

func TestRecordsReachTheFileWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := livePath(t)
		f := mustOpen(t, path, FileConfig{})
		put(f, 1)
		<-time.After(flushEvery / 2) // by the clock of the bubble
		synctest.Wait()
		require.Empty(t, epochsIn(t, path))
		put(f, 2)
		<-time.After(flushEvery / 2)
		synctest.Wait()
		require.Equal(t, []uint64{1, 2}, epochsIn(t, path))
		mustClose(t, f)
	})
}

func TestCloseIsTheEnd(t *testing.T) {
	path := livePath(t)
	f := mustOpen(t, path, FileConfig{})
	mustClose(t, f)
	put(f, 1, 2)
	mustClose(t, f)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, f.Close(over), "what is over needs no time")
	require.Empty(t, epochsIn(t, path))
	require.Equal(t, map[string]int64{DroppedClosed: 2}, f.Counts().Dropped)

	late, ok := newLine(&Record{}, defaultLimits)
	require.True(t, ok)
	why, sent := f.send(late)
	require.False(t, sent, "what was on its way when it closed")
	require.Equal(t, closed, why)
}

func TestARecordThatCannotBeReadIsCounted(t *testing.T) {
	f := mustOpen(t, livePath(t), FileConfig{})
	f.Put(nil)
	mustClose(t, f)
	require.Equal(t, map[string]int64{DroppedInvalid: 1}, f.Counts().Dropped)
}

func TestALogHasItsFileForItself(t *testing.T) {
	path := livePath(t)
	f := mustOpen(t, path, FileConfig{})
	_, err := Open(path, FileConfig{})
	require.ErrorIs(t, err, ErrLocked)
	mustClose(t, f)
	mustClose(t, mustOpen(t, path, FileConfig{}))
}

func TestATornLineIsEnded(t *testing.T) {
	path := livePath(t)
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	whole := numbered(1, 2)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-5], 0o600))
	f := mustOpen(t, path, FileConfig{})
	put(f, 3)
	mustClose(t, f)
	in, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	epochs, errs := scanAll(in)
	require.Equal(t, []uint64{1, 3}, epochs)
	require.Len(t, errs, 1)
}

func TestOpenSaysAllThatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		cfg  FileConfig
		want []string
	}{
		"no path":       {"", FileConfig{}, []string{`path "" names no file`}},
		"directory":     {"pairs/", FileConfig{}, []string{`path "pairs/" names no file`}},
		"parent":        {"..", FileConfig{}, []string{"names no file"}},
		"compressed":    {"a.jsonl.gz", FileConfig{}, []string{"ends as a compressed file does"}},
		"negative":      {"a", FileConfig{MaxSize: -1, MaxAge: -1, Budget: -1, Keep: -1, Queue: -1, QueueBytes: -1, MaxOutput: -1, MaxLine: -1}, []string{"MaxSize", "MaxAge", "Budget", "Keep", "Queue -1", "QueueBytes", "MaxOutput", "MaxLine -1"}},
		"small line":    {"a", FileConfig{MaxLine: 1}, []string{"FileConfig.MaxLine 1 below 65536"}},
		"large output":  {"a", FileConfig{MaxOutput: 2 << 20}, []string{"FileConfig.MaxOutput 2097152 outside [64, MaxLine 1048576]"}},
		"large queue":   {"a", FileConfig{Queue: 1<<20 + 1}, []string{"FileConfig.Queue 1048577 outside [1, 1048576]"}},
		"small budget":  {"a", FileConfig{Budget: 1 << 20}, []string{"FileConfig.MaxSize 262144 below MaxLine 1048576"}},
		"budget":        {"a", FileConfig{Budget: 4<<20 - 1, MaxSize: 1 << 20}, []string{"FileConfig.Budget 4194303 below 4 times MaxSize 1048576"}},
		"quick":         {"a", FileConfig{MaxAge: time.Second - 1}, []string{"below a second"}},
		"short-lived":   {"a", FileConfig{Keep: time.Minute}, []string{"FileConfig.Keep 1m0s below MaxAge 1h0m0s"}},
		"small backlog": {"a", FileConfig{QueueBytes: 1}, []string{"FileConfig.QueueBytes 1 below MaxLine 1048576"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(c.path, c.cfg)
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestDefaultsFitTogether(t *testing.T) {
	for _, c := range []FileConfig{
		{}, {Budget: 8 << 20}, {MaxSize: 1 << 30}, {MaxAge: 90 * 24 * time.Hour}, {MaxLine: MinMaxLine}, {MaxLine: 32 << 20}, {MaxSize: MinMaxLine, MaxLine: MinMaxLine},
	} {
		require.NoError(t, c.withDefaults().problems("a"), "%+v", c)
	}
}

func TestFileConcurrentSafe(t *testing.T) {
	const writers, each = 8, 200
	path := livePath(t)
	f := mustOpen(t, path, FileConfig{MaxSize: MinMaxLine, MaxLine: MinMaxLine, Budget: 1 << 30, Queue: 64, Compress: true})
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range each {
				f.Put(&Record{Epoch: uint64(i)})
				_, _ = f.Counts(), f.Err()
			}
		})
	}
	wg.Go(func() { _ = f.Close(t.Context()) })
	wg.Wait()
	mustClose(t, f)
	c := f.Counts()
	sum := c.Written
	for _, n := range c.Dropped {
		sum += n
	}
	require.EqualValues(t, writers*each, sum, "nothing is lost unseen: %v", c.Dropped)
	var there int
	for _, name := range namesBeside(t, path) {
		there += len(epochsIn(t, filepath.Join(filepath.Dir(path), name)))
	}
	require.EqualValues(t, c.Written, there)
}
