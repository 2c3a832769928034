package rollback

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestOpenFileRefusesOnlyWhatIsNoPath(t *testing.T) {
	for _, path := range []string{"", "a\x00b", "\x00"} {
		_, err := OpenFile(path)
		require.ErrorIs(t, err, ErrPath, "%q", path)
	}
	for _, path := range []string{"/no/such/dir/x", ".", "/", "x y\n", string(make([]byte, 0, 1)) + "~"} {
		f, err := OpenFile(path)
		require.NoError(t, err, "%q", path)
		require.True(t, filepath.IsAbs(f.Path()), "%q", path)
		require.NoError(t, f.Close())
	}
}

func TestFileIsMadeForItsOwnerOnlyAndNothingElse(t *testing.T) {
	f := openTemp(t)
	_, err := f.Load(t.Context())
	require.ErrorIs(t, err, ErrNoState)
	require.Empty(t, names(t, f), "looking leaves nothing behind")

	_, err = f.CompareAndSwap(t.Context(), State{}.Next("v1"))
	require.NoError(t, err)
	require.Equal(t, []string{"model.state"}, names(t, f))
	info, err := os.Stat(f.Path())
	require.NoError(t, err)
	require.Equal(t, int64(fileSize), info.Size())
	require.Equal(t, fs.FileMode(0o600), info.Mode())
}

func names(t *testing.T, f *File) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.Path()))
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestFileSurvivesARestart(t *testing.T) {
	f := openTemp(t)
	saved, err := f.CompareAndSwap(t.Context(), State{}.Next("v1").Expose(0.25).RollBack(breach))
	require.NoError(t, err)
	require.NoError(t, f.Close())

	found, err := openAt(t, f.Path()).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, saved, found)
}

func TestUnusablePlaces(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.Mkdir(in("directory"), 0o700))
	future := encodeSlot(at(3, State{}.Next("v1")))
	future[11] = 2
	future = append(seal(future), future...)
	for name, content := range map[string][]byte{
		"file": nil, "zero": make([]byte, fileSize), "truncated": future[:100], "a page": make([]byte, slotSize), "future": future,
	} {
		require.NoError(t, os.WriteFile(in(name), content, 0o600))
		defer func() {
			left, err := os.ReadFile(in(name))
			require.NoError(t, err)
			require.Equal(t, string(content), string(left), "left alone")
		}()
	}
	require.NoError(t, os.Symlink(in("directory"), in("link to a directory")))
	require.NoError(t, os.Symlink(in("file"), in("link to a file")))
	require.NoError(t, os.Symlink(in("nothing"), in("link to nothing")))

	for _, c := range []struct {
		path string
		want error
	}{
		{in("missing/x"), ErrUnwritable},
		{in("file/x"), ErrUnwritable},
		{in("directory"), ErrNotRegular},
		{in("link to a directory"), ErrNotRegular},
		{in("link to a file"), ErrNotRegular},
		{in("link to nothing"), ErrNotRegular},
		{os.DevNull, ErrNotRegular},
		{in("file"), ErrCorrupt},
		{in("zero"), ErrCorrupt},
		{in("truncated"), ErrCorrupt},
		{in("a page"), ErrCorrupt},
		{in("future"), ErrFutureVersion},
		{in("link to a directory/x"), nil}, // only the file itself must not be a link
	} {
		f := openAt(t, c.path)
		found, err := f.Load(t.Context())
		require.Equal(t, State{}, found, c.path)
		if c.want == nil {
			require.ErrorIs(t, err, ErrNoState, c.path)
			continue
		}
		require.ErrorIs(t, err, c.want, c.path)
		require.NotErrorIs(t, err, ErrNoState, c.path)
		_, err = f.CompareAndSwap(t.Context(), State{}.Next("v1"))
		require.ErrorIs(t, err, c.want, c.path)
		_, err = Save(t.Context(), f, State{}.Next("v1"))
		require.ErrorIs(t, err, c.want, c.path)
	}
	require.NoFileExists(t, in("nothing"))
}

func TestFileWorksOnceItsDirectoryIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mounted later")
	f := openAt(t, filepath.Join(dir, "model.state"))
	_, err := f.Load(t.Context())
	require.ErrorIs(t, err, ErrUnwritable)

	require.NoError(t, os.Mkdir(dir, 0o700))
	_, err = f.Load(t.Context())
	require.ErrorIs(t, err, ErrNoState)
	_, err = Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
}

func TestRelativePathIsThatOfTheOpening(t *testing.T) {
	t.Chdir(t.TempDir())
	f := openAt(t, "model.state")
	_, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)

	t.Chdir(t.TempDir())
	_, err = f.Load(t.Context())
	require.NoError(t, err)
}

func TestSecondOpenerSeesTheRollbackButOwnsNothing(t *testing.T) {
	first := openTemp(t)
	start, err := Save(t.Context(), first, State{}.Next("v1"))
	require.NoError(t, err)

	second := openAt(t, first.Path())
	seen, err := second.Load(t.Context())
	require.ErrorIs(t, err, ErrLocked)
	require.False(t, seen.Tripped())

	tripped, err := Save(t.Context(), first, start.RollBack(breach))
	require.NoError(t, err)
	seen, err = second.Load(t.Context())
	require.ErrorIs(t, err, ErrLocked)
	require.Equal(t, tripped, seen)
	_, err = second.CompareAndSwap(t.Context(), seen.Next("v2"))
	require.ErrorIs(t, err, ErrLocked)
	_, err = second.Replace(t.Context(), seen.Next("v2"))
	require.ErrorIs(t, err, ErrLocked)

	require.NoError(t, first.Close())
	seen, err = second.Load(t.Context())
	require.NoError(t, err, "the lock is free")
	require.Equal(t, tripped, seen)
}

func TestTwoFirstStartsMakeOneFile(t *testing.T) {
	first := openTemp(t)
	second := openAt(t, first.Path())
	for _, f := range []*File{first, second} {
		_, err := f.Load(t.Context())
		require.ErrorIs(t, err, ErrNoState)
	}
	saved, err := first.CompareAndSwap(t.Context(), State{}.Next("v1").RollBack(breach))
	require.NoError(t, err)
	seen, err := Save(t.Context(), second, State{}.Next("v1"))
	require.ErrorIs(t, err, ErrLocked)
	require.True(t, seen.Equal(saved), "the loser learns of the rollback")

	found, err := first.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, saved, found)
}

// slowLink is a file system on which another process makes the file in the last moment.
type slowLink struct {
	fileSystem
	before func()
}

func (s slowLink) link(from, to string) error {
	s.before()
	return s.fileSystem.link(from, to)
}

func TestLosingTheRaceToMakeTheFileIsAConflict(t *testing.T) {
	winner := openTemp(t)
	loser, err := openFile(slowLink{osFS{}, func() {
		_, err := winner.CompareAndSwap(t.Context(), State{}.Next("v1").RollBack(breach))
		require.NoError(t, err)
	}}, winner.Path())
	require.NoError(t, err)

	_, err = loser.CompareAndSwap(t.Context(), State{}.Next("v1"))
	require.ErrorIs(t, err, ErrConflict)
	require.Equal(t, []string{"model.state"}, names(t, winner))
	found, err := winner.Load(t.Context())
	require.NoError(t, err)
	require.True(t, found.Tripped())
}

func TestDeletedFileIsMadeAgain(t *testing.T) {
	f := openTemp(t)
	start, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(f.Path()))

	_, err = f.CompareAndSwap(t.Context(), start.RollBack(breach))
	require.ErrorIs(t, err, ErrConflict, "not into the file that has no name any more")
	_, err = Save(t.Context(), f, start.RollBack(breach))
	require.NoError(t, err)
	require.NoError(t, f.Close())

	found, err := openAt(t, f.Path()).Load(t.Context())
	require.NoError(t, err)
	require.True(t, found.Equal(start.RollBack(breach)))
}

func TestReplacedFileIsNoticed(t *testing.T) {
	f, other := openTemp(t), openTemp(t)
	start, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	_, err = Save(t.Context(), other, State{}.Next("v1").Expose(0.5).Next("v2").RollBack(breach))
	require.NoError(t, err)
	require.NoError(t, other.Close())
	require.NoError(t, os.Rename(other.Path(), f.Path()))

	saved, err := Save(t.Context(), f, start.Expose(1))
	require.NoError(t, err)
	require.True(t, saved.RolledBack("v2"))

	require.NoError(t, os.Remove(f.Path()))
	require.NoError(t, os.Symlink(os.DevNull, f.Path()))
	_, err = f.Load(t.Context())
	require.ErrorIs(t, err, ErrNotRegular)
}

// restless is a file system on which the file is another one at each look.
type restless struct{ fileSystem }

func (restless) sameFile(fs.FileInfo, fs.FileInfo) bool { return false }

func TestFileThatIsReplacedWithoutEndIsGivenUp(t *testing.T) {
	s := newSession(newDisk(), State{})
	require.NoError(t, s.save("next"))
	s.d.kill()
	f, err := openFile(restless{s.d}, simPath)
	require.NoError(t, err)
	_, err = f.Load(t.Context())
	require.ErrorIs(t, err, ErrUnwritable)
	require.ErrorIs(t, err, errRestless)
}

// hanging is a file system that hangs until it is released.
type hanging struct {
	fileSystem
	entered, release chan struct{}
}

func (h hanging) lstat(string) (fs.FileInfo, error) {
	close(h.entered)
	<-h.release
	return nil, syscall.EIO
}

func TestCallersBehindAHangingDiskGiveUpWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hanging{newDisk(), make(chan struct{}), make(chan struct{})}
		f, err := openFile(h, simPath)
		require.NoError(t, err)
		go func() { _, _ = f.Load(context.Background()) }() // hangs
		<-h.entered

		waiting, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() {
			_, err := f.CompareAndSwap(waiting, State{}.Next("v1"))
			result <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-result, context.Canceled)

		close(h.release)
		require.NoError(t, f.Close())
	})
}

func TestStateErrorSaysWhatAndWhere(t *testing.T) {
	err := error(&StateError{Path: "/x y", Reason: ErrUnwritable, Err: syscall.ENOSPC})
	require.Equal(t, `rollback: state file cannot be written: "/x y": no space left on device`, err.Error())
	require.ErrorIs(t, err, ErrUnwritable)
	require.ErrorIs(t, err, syscall.ENOSPC)

	err = &StateError{Path: "/x", Reason: ErrLocked}
	require.Equal(t, `rollback: state file is in use elsewhere: "/x"`, err.Error())
	require.ErrorIs(t, err, ErrLocked)
	require.False(t, errors.Is(err, ErrCorrupt))
}
