package rollback

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A process that finds a trail, one file put aside and one to go on with, meets a fault in each of its calls: it says so, and the next attempt helps.
func TestTrailIsReopenedInSpiteOfFaults(t *testing.T) {
	found := func() *scribbler {
		s := newScribbler(newDisk())
		for len(s.d.names) < 2 {
			require.NoError(t, s.record())
		}
		s.d.kill()
		s.a = newSimTrail(s.d)
		return s
	}
	calls := found()
	require.NoError(t, calls.record())
	for n := 1; n <= len(calls.d.calls); n++ {
		s := found()
		s.d.inject = func(call int, _ string) fault {
			if call == n {
				return fault{err: syscall.EIO}
			}
			return fault{}
		}
		if err := s.record(); err != nil {
			require.ErrorIs(t, err, ErrUnwritable, "call %d, %s", n, calls.d.calls[n-1])
			require.NoError(t, s.record(), "call %d, %s", n, calls.d.calls[n-1])
		}
		require.NoError(t, s.close(), "call %d, %s", n, calls.d.calls[n-1])
	}
}

func TestTrailThatCannotBeListedSaysSo(t *testing.T) {
	d := newDisk()
	d.inject = func(_ int, name string) fault {
		if name == "list" {
			return fault{err: syscall.EIO}
		}
		return fault{}
	}
	_, err := auditFiles(d, simTrail)
	require.ErrorIs(t, err, syscall.EIO)
	require.ErrorContains(t, err, "cannot be listed")
}

func TestFilesThatCannotBeLookedAtAreNotTheSame(t *testing.T) {
	require.False(t, sameFile(newDisk(), simTrail, simTrail))
}

// What lies where a trail should be is measured before it is read.
func TestTrailReadsOnlyFilesOfItsOwnKind(t *testing.T) {
	for problem, info := range map[string]fs.FileInfo{
		"no regular file": measured{mode: fs.ModeDir},
		"more than any":   measured{size: maxAuditRead + 1},
	} {
		_, err := readAudit(opened{info: info})
		require.ErrorContains(t, err, problem)
	}
	_, err := readAudit(opened{err: syscall.EIO})
	require.ErrorIs(t, err, syscall.EIO)
}

// opened is a file that says what it is asked to say.
type opened struct {
	handle
	info fs.FileInfo
	err  error
}

func (o opened) Stat() (fs.FileInfo, error) { return o.info, o.err }

type measured struct {
	mode fs.FileMode
	size int64
}

func (m measured) Name() string       { return "" }
func (m measured) Size() int64        { return m.size }
func (m measured) Mode() fs.FileMode  { return m.mode }
func (m measured) ModTime() time.Time { return time.Time{} }
func (m measured) IsDir() bool        { return m.mode.IsDir() }
func (m measured) Sys() any           { return nil }

func TestAuditErrorSaysWhatIsWrong(t *testing.T) {
	for reason, text := range map[error]string{
		ErrUnwritable: "cannot be written", ErrNotRegular: "is not a regular file", ErrLocked: "is in use elsewhere", ErrClosed: "is closed", ErrPath: "has no usable path",
	} {
		err := &AuditError{Path: "a", Reason: reason, Err: syscall.EIO}
		require.ErrorContains(t, err, text)
		require.ErrorIs(t, err, reason)
		require.ErrorIs(t, err, syscall.EIO)
	}
}

func TestEvidenceOfAnotherLengthIsRefused(t *testing.T) {
	b := encodeEvidence(1, []byte("what was seen"))
	binary.BigEndian.PutUint32(b[20:], 3)
	_, _, err := decodeEvidence(sum(b))
	require.ErrorContains(t, err, "13 bytes of data where 3 are declared")
}

func TestEvidenceWaitsForItsTurnNoLongerThanItsContext(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, err := OpenFile(filepath.Join(dir, "state"))
		require.NoError(t, err)
		f.evidence.turn <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error, 1)
		go func() {
			_, _, err := f.LoadEvidence(ctx)
			waiting <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-waiting, context.Canceled)
		<-f.evidence.turn
		require.NoError(t, f.Close())
	})
}

// A file that was begun and is empty goes on from the one put aside before it, which has to be read.
func TestTrailReadsTheNewestFilePutAside(t *testing.T) {
	s := newScribbler(newDisk())
	for len(s.d.names) < 2 {
		require.NoError(t, s.record())
	}
	s.d.kill()
	s.a = newSimTrail(s.d)
	s.d.names[simTrail] = diskWith(nil).names[simPath]
	s.d.inject = func(_ int, name string) fault {
		if name == "open to read" {
			return fault{err: syscall.EIO}
		}
		return fault{}
	}
	require.ErrorIs(t, s.record(), syscall.EIO)
}

func TestFileIsNotMadeTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "once")
	h, err := osFS{}.create(path)
	require.NoError(t, err)
	require.NoError(t, h.Close())
	_, err = osFS{}.create(path)
	require.True(t, errors.Is(err, fs.ErrExist))
}
