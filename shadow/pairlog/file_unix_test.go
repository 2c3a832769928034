//go:build unix

package pairlog

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNobodyElseMayReadALog(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(mask)
		path := filepath.Join(dir, "a", "log.jsonl")
		if mask == 0o777 {
			path = filepath.Join(dir, "log.jsonl") // a new directory would be closed to its owner too
		}
		f, err := Open(path, FileConfig{})
		syscall.Umask(old)
		require.NoError(t, err)
		mustClose(t, f)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), "umask %o", mask)
		if mask != 0o777 {
			info, err = os.Stat(filepath.Dir(path))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "umask %o", mask)
		}
	}
}

func TestAFileThatOthersCouldReadIsClosedToThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, 0o664))
	mustClose(t, mustOpen(t, path, FileConfig{}))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestOnlyAFileProperIsALog(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.Mkdir(at("dir"), 0o700))
	require.NoError(t, syscall.Mkfifo(at("pipe"), 0o600))
	require.NoError(t, os.WriteFile(at("file"), nil, 0o600))
	require.NoError(t, os.Symlink(at("file"), at("link")))
	for _, path := range []string{at("dir"), at("pipe"), at("link"), "/dev/null", at("file/log.jsonl")} {
		_, err := Open(path, FileConfig{})
		require.Error(t, err, path)
	}
}

// elsewhere opens the live file without looking at what it is.
type elsewhere struct{ osFS }

func (elsewhere) openLive(path string) (handle, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func TestAFullDeviceIsCounted(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Log("this system has no full device")
		return
	}
	synctest.Test(t, func(t *testing.T) {
		f, err := openFile("/dev/full", FileConfig{Queue: 2}, elsewhere{})
		require.NoError(t, err)
		put(f, 1, 2)
		after(flushEvery)
		require.ErrorIs(t, f.Err(), syscall.ENOSPC)
		require.Equal(t, map[string]int64{DroppedDiskFull: 2}, f.Counts().Dropped)
		after(time.Minute)
		put(f, 3)
		after(time.Minute)
		require.Equal(t, map[string]int64{DroppedDiskFull: 3}, f.Counts().Dropped)
		put(f, 4)
		require.ErrorIs(t, f.Close(t.Context()), syscall.ENOSPC)
		require.Equal(t, map[string]int64{DroppedDiskFull: 4}, f.Counts().Dropped)
	})
}

func TestAPipeThatNobodyReadsHoldsUpNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	f, err := openFile(path, FileConfig{Queue: 2000}, elsewhere{})
	require.NoError(t, err)
	const all = 4000 // more than pipe and queue hold
	for range all {
		put(f, 1)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Close(over), context.Canceled)
	require.Positive(t, f.Counts().Dropped[DroppedQueueFull])

	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	lines := make(chan int)
	go func() {
		got, _ := bufio.NewReader(pipe).ReadBytes(0)
		lines <- bytes.Count(got, []byte("\n"))
	}()
	mustClose(t, f)
	_, err = pipe.Write([]byte{0}) // behind the last line
	require.NoError(t, err)
	require.EqualValues(t, f.Counts().Written, <-lines)
	require.EqualValues(t, all, f.Counts().Written+f.Counts().Dropped[DroppedQueueFull])
	require.NoError(t, pipe.Close())
}
