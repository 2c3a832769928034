package pairlog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var errBroken = errors.New("broken")

// after lets time pass by the clock of the bubble, until all is quiet.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// onFaulty runs a test in a bubble, with an open log on a file system that can be made to fail.
func onFaulty(t *testing.T, cfg FileConfig, test func(t *testing.T, f *File, fs *faulty)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fs := &faulty{fileSystem: osFS{}}
		f, err := openFile(livePath(t), cfg, fs)
		require.NoError(t, err)
		defer func() { _ = f.Close(context.WithoutCancel(t.Context())) }()
		test(t, f, fs)
	})
}

func TestWhatFailsIsTriedAgain(t *testing.T) {
	for call, lost := range map[string]int64{"write": 2, "stat": 0, "lstat": 0} {
		t.Run(call, func(t *testing.T) {
			onFaulty(t, FileConfig{}, func(t *testing.T, f *File, fs *faulty) {
				fs.failing(errBroken, call, "openLive")
				put(f, 1, 2)
				after(flushEvery)
				require.ErrorIs(t, f.Err(), errBroken)
				put(f, 3)
				after(10 * time.Minute)
				require.Equal(t, lost, f.Counts().Dropped[DroppedIO], "only of a write it is unknown what is there")
				require.Len(t, f.queue, 1, "what can wait does")
				fs.set(nil)
				after(lastRetry + flushEvery)
				require.NoError(t, f.Err())
				put(f, 4)
				mustClose(t, f)
				require.Equal(t, []uint64{1, 2, 3, 4}[lost:], epochsIn(t, f.path))
				require.Equal(t, lost, f.Counts().Dropped[DroppedIO])
			})
		})
	}
}

func TestADiskThatFailsIsNotAskedAllTheTime(t *testing.T) {
	onFaulty(t, FileConfig{}, func(t *testing.T, f *File, fs *faulty) {
		asked := 0
		fs.set(func(call string) fault {
			if call == "makeDir" {
				asked++
			}
			return fault{err: errBroken}
		})
		put(f, 1)
		after(time.Hour)
		require.InDelta(t, 120, asked, 10)
		fs.set(nil)
	})
}

func TestAShortWriteCostsTheLinesThatItCut(t *testing.T) {
	for name, bad := range map[string]fault{
		"silent":    {cut: true, short: 300},
		"with EIO":  {cut: true, short: 300, err: errBroken},
		"at a line": {cut: true, short: 2 * len(numbered(1))},
	} {
		t.Run(name, func(t *testing.T) {
			onFaulty(t, FileConfig{}, func(t *testing.T, f *File, fs *faulty) {
				fs.set(func(call string) fault {
					if call != "write" {
						return fault{}
					}
					fs.inject = nil // once; the lock is not held here
					return bad
				})
				put(f, 1, 2, 3, 4)
				after(flushEvery)
				whole := int64(bad.short / len(numbered(1)))
				require.Equal(t, whole, f.Counts().Written)
				require.Equal(t, map[string]int64{DroppedIO: 4 - whole}, f.Counts().Dropped)
				put(f, 5)
				after(firstRetry + flushEvery)
				mustClose(t, f)
				in, err := os.Open(f.path)
				require.NoError(t, err)
				defer func() { _ = in.Close() }()
				epochs, _ := scanAll(in)
				require.Len(t, epochs, int(whole)+1)
				require.EqualValues(t, 5, epochs[whole])
			})
		})
	}
}

func TestAFullQueueSaysWhatHoldsItUp(t *testing.T) {
	onFaulty(t, FileConfig{Queue: 2}, func(t *testing.T, f *File, fs *faulty) {
		fs.failing(errBroken, "write", "openLive")
		put(f, 1)
		after(flushEvery)
		put(f, 2, 3, 4, 5)
		require.Equal(t, map[string]int64{DroppedIO: 3}, f.Counts().Dropped)
		fs.set(nil)
	})
}

func TestTheQueueIsBoundedByBytes(t *testing.T) {
	onFaulty(t, FileConfig{MaxLine: MinMaxLine, QueueBytes: MinMaxLine, Queue: 1000}, func(t *testing.T, f *File, fs *faulty) {
		hang := make(chan struct{}) // of the bubble: its clock must go on while somebody waits
		fs.set(func(call string) fault {
			if call == "write" {
				<-hang
			}
			return fault{}
		})
		put(f, 1)
		after(flushEvery)
		for range 1000 {
			put(f, 2)
		}
		require.LessOrEqual(t, f.queued.Load(), int64(MinMaxLine))
		require.InDelta(t, MinMaxLine/len(numbered(2)), len(f.queue), 1)
		require.EqualValues(t, 1000-len(f.queue), f.Counts().Dropped[DroppedQueueFull])
		close(hang)
	})
}

func TestADiskThatHangsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		fs := &faulty{fileSystem: osFS{}}
		f, err := openFile(livePath(t), FileConfig{Queue: 2}, fs)
		require.NoError(t, err)
		fs.set(func(call string) fault {
			if call == "write" {
				<-hang
			}
			return fault{}
		})
		put(f, 1)
		after(flushEvery)
		before := time.Now()
		put(f, 2, 3, 4)
		require.Zero(t, time.Since(before))
		require.Equal(t, map[string]int64{DroppedQueueFull: 1}, f.Counts().Dropped)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = f.Close(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 records wait, the disk has not answered to write")
		put(f, 5)
		close(hang)
		mustClose(t, f)
		require.Equal(t, []uint64{1, 2, 3}, epochsIn(t, f.path))
		require.EqualValues(t, 1, f.Counts().Dropped[DroppedClosed])
	})
}

func TestOpenDoesNotWaitForEver(t *testing.T) {
	for name, fails := range map[string]error{"answers late": nil, "fails late": errBroken} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang := make(chan struct{})
				fs := &faulty{fileSystem: osFS{}}
				fs.set(func(string) fault { <-hang; return fault{err: fails} })
				f, err := openFile(livePath(t), FileConfig{}, fs)
				require.NoError(t, err)
				put(f, 1)
				fs.set(nil)
				close(hang)
				after(time.Minute)
				require.Equal(t, []uint64{1}, epochsIn(t, f.path))
				mustClose(t, f)
			})
		})
	}
}

func TestOpenFailsAtOnce(t *testing.T) {
	for _, call := range []string{"makeDir", "openLive", "stat"} {
		fs := &faulty{fileSystem: osFS{}}
		fs.failing(errBroken, call)
		_, err := openFile(livePath(t), FileConfig{}, fs)
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, "pairlog: open: ")
	}
}

func TestAFileThatOthersTakeAwayIsMadeAnew(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"moved":             func(path string) error { return os.Rename(path, path+".1") },
		"deleted":           os.Remove,
		"directory deleted": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
		"replaced": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
		},
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			onFaulty(t, FileConfig{}, func(t *testing.T, f *File, _ *faulty) {
				put(f, 1)
				after(flushEvery)
				require.Equal(t, []uint64{1}, epochsIn(t, f.path))
				require.NoError(t, take(f.path))
				put(f, 2)
				after(flushEvery)
				require.Equal(t, []uint64{2}, epochsIn(t, f.path))
				mustClose(t, f)
				require.EqualValues(t, 2, f.Counts().Written)
				require.Empty(t, f.Counts().Dropped)
			})
		})
	}
}

func TestCloseSaysWhatIsLost(t *testing.T) {
	for _, calls := range [][]string{{"write"}, {"write", "openLive"}} {
		onFaulty(t, FileConfig{}, func(t *testing.T, f *File, fs *faulty) {
			fs.failing(errBroken, calls...)
			put(f, 1)
			after(flushEvery)
			put(f, 2, 3)
			err := f.Close(t.Context())
			require.ErrorIs(t, err, errNotWritten)
			require.ErrorIs(t, err, errBroken)
			require.ErrorContains(t, err, "2 records")
			require.Equal(t, err, f.Close(t.Context()))
			require.Equal(t, map[string]int64{DroppedIO: 3}, f.Counts().Dropped)
		})
	}
}
