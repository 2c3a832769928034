package rollback

import (
	"io/fs"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// failing lets all calls of one kind fail.
func failing(kind string, err error) func(int, string) fault {
	return func(_ int, name string) fault {
		if name == kind {
			return fault{err: err}
		}
		return fault{}
	}
}

// A first start looks whether a file could be made, which includes that what it made to find out goes away again.
func TestFirstStartLeavesNothingOrSaysSo(t *testing.T) {
	for name, c := range map[string]struct{ removing, want error }{
		"cannot be removed":   {syscall.EIO, ErrUnwritable},
		"somebody was faster": {fs.ErrNotExist, ErrNoState},
	} {
		s := newSession(newDisk(), State{})
		s.d.inject = failing("remove", c.removing)
		_, err := s.f.Load(t.Context())
		require.ErrorIs(t, err, c.want, name)
		require.Zero(t, s.d.handles, name)
	}
}

// What is in the page cache from an earlier process is synced once; from then on a state that is whole costs no sync to load.
func TestLoadSyncsOnlyOnceForEachOpening(t *testing.T) {
	s := newSession(newDisk(), bulky())
	require.NoError(t, s.save("next"))
	s = newSession(s.d.clone(), s.acked)
	for i, want := range []bool{true, false, false} {
		s.d.calls = nil
		require.NoError(t, s.do("load"))
		require.Equal(t, want, slices.Contains(s.d.calls, "sync"), "load %d", i)
		require.Equal(t, want, slices.Contains(s.d.calls, "sync dir"), "load %d", i)
	}
}

// A slot holds normal states only: another one would not be read again.
func TestStateThatIsStoredFirstIsPutInNormalForm(t *testing.T) {
	odd := State{Epoch: 1, Version: strings.Repeat("v", 2*MaxVersion), HighestShare: math.NaN(), Barred: []Bar{{1, 2}, {3, 4}, {3, 4}}}
	for name, d := range map[string]*disk{"made": newDisk(), "replaced": diskWith(make([]byte, fileSize))} {
		f := newSession(d, State{}).f
		put := f.CompareAndSwap
		if name == "replaced" {
			put = f.Replace
		}
		saved, err := put(t.Context(), odd)
		require.NoError(t, err, name)
		require.True(t, saved.Equal(odd.normal()), "%s: %+v", name, saved)
		require.NoError(t, f.Close())
		found, err := loadOnce(d)
		require.NoError(t, err, name)
		require.True(t, found.Equal(saved), "%s: %+v", name, found)
	}
}

// Whether a new file gets its name or not, nothing of the way there stays open, which would also keep its lock.
func TestNewFilesLeaveNoHandleOpen(t *testing.T) {
	for _, kind := range []string{"", "create", "lock", "write", "sync", "link", "rename", "remove", "sync dir"} {
		for name, content := range map[string][]byte{"made": nil, "replaced": make([]byte, fileSize)} {
			d := newDisk()
			if content != nil {
				d = diskWith(content)
			}
			f := newSession(d, State{}).f
			_, _ = f.Load(t.Context()) // opens it, if it is there
			d.inject = failing(kind, syscall.EIO)
			if content == nil {
				_, _ = f.CompareAndSwap(t.Context(), State{}.Next("v1"))
			} else {
				_, _ = f.Replace(t.Context(), State{}.Next("v1"))
			}
			require.LessOrEqual(t, d.handles, 1, "%s, no %s", name, kind)
			require.NoError(t, f.Close())
			require.Zero(t, d.handles, "%s, no %s", name, kind)
		}
	}
}

// A damaged file of last year that cannot be cleared away keeps the one of today from being replaced, and from being lost.
func TestReplaceKeepsTheFileIfTheEarlierOneStays(t *testing.T) {
	d := diskWith(make([]byte, fileSize))
	d.names[simPath+".bad"] = diskWith([]byte("from last year")).names[simPath]
	d.inject = failing("remove", syscall.EIO)
	_, err := newSession(d, State{}).f.Replace(t.Context(), State{}.Next("v2"))
	require.ErrorIs(t, err, ErrUnwritable)
	require.ErrorIs(t, err, syscall.EIO)
	require.NotErrorIs(t, err, ErrConflict)
	require.Equal(t, make([]byte, fileSize), d.names[simPath].seen)
	require.Equal(t, "from last year", string(d.names[simPath+".bad"].seen))
}

func TestRefusedOpenerLeavesNoHandleOpen(t *testing.T) {
	s := newSession(newDisk(), bulky())
	require.NoError(t, s.save("next"))
	for kind, want := range map[string]error{"": ErrLocked, "lock": ErrUnwritable, "open": ErrUnwritable} {
		s.d.inject = failing(kind, syscall.EIO)
		_, err := newSession(s.d, State{}).f.Load(t.Context())
		require.ErrorIs(t, err, want, kind)
		require.Equal(t, 1, s.d.handles, "no %s: that of the owner", kind)
	}
}
