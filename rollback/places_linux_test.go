package rollback

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() {
	children["look"] = look
	children["look as nobody"] = func(path string) {
		if os.Getuid() == 0 {
			exitOn(syscall.Setgroups(nil))
			exitOn(syscall.Setgid(65534))
			exitOn(syscall.Setuid(65534))
		}
		look(path)
	}
	children["look on a disk that is read-only"] = func(path string) { inTmpfs(path, "", lookReadOnly) }
}

// look prints what a process finds at path, and what a rollback there comes to.
func look(path string) {
	f, err := OpenFile(path)
	exitOn(err)
	ctx := context.Background()
	found, loadErr := f.Load(ctx)
	saved, saveErr := Save(ctx, f, State{}.Next("v1").RollBack(breach))
	exitOn(f.Close())
	fmt.Println(verdict(found, loadErr) + ", then " + verdict(saved, saveErr))
}

// verdict is what the caller of a store makes of an answer.
func verdict(s State, err error) string {
	known := map[bool]string{true: "v1 out", false: "v1 in"}[s.RolledBack("v1")]
	if s.Epoch == 0 {
		known = "nothing known"
	}
	for _, e := range []error{ErrNoState, ErrUnwritable, ErrLocked, ErrCorrupt, ErrNotRegular, ErrFutureVersion} {
		if errors.Is(err, e) {
			known += ", " + strings.TrimPrefix(e.Error(), "rollback: ")
		}
	}
	for _, e := range []syscall.Errno{syscall.EACCES, syscall.EROFS, syscall.ENOENT, syscall.EPERM} {
		if errors.Is(err, e) && !errors.Is(err, ErrNoState) {
			known += ", " + e.Error()
		}
	}
	return known
}

// lookReadOnly looks at a file that was rolled back on a disk that has become read-only, as disks do after an error.
func lookReadOnly(path string) {
	f, err := OpenFile(path)
	exitOn(err)
	_, err = Save(context.Background(), f, State{}.Next("v1").RollBack(breach))
	exitOn(errors.Join(err, f.Close()))
	exitOn(syscall.Mount("", filepath.Dir(path), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	look(path)
	look(filepath.Join(filepath.Dir(path), "another"))
}

func TestReadOnlyDisk(t *testing.T) {
	line, ok := answerOf(t, "look on a disk that is read-only", filepath.Join(t.TempDir(), "model.state"), ownMounts())
	if !ok {
		t.Logf("NOT SHOWN ON A REAL DISK: the kernel gives this test no file system of its own: %s", line)
		require.ErrorIs(t, faultyLoad(t, syscall.EROFS), syscall.EROFS)
		return
	}
	require.Equal(t, "v1 out, state file cannot be written, read-only file system, then v1 out, state file cannot be written, read-only file system\n"+
		"nothing known, state file cannot be written, read-only file system, then v1 out, state file cannot be written, read-only file system", line)
}

// faultyLoad loads a file that was rolled back from a disk on which nothing can be opened to be written.
func faultyLoad(t *testing.T, errno syscall.Errno) error {
	t.Helper()
	s := newSession(newDisk(), bulky())
	require.NoError(t, s.save("next"))
	require.NoError(t, s.save("trip"))
	s.d.kill()
	s.d.inject = func(_ int, name string) fault {
		if name == "open" || name == "create" {
			return fault{err: errno}
		}
		return fault{}
	}
	found, err := newSession(s.d, State{}).f.Load(t.Context())
	require.ErrorIs(t, err, ErrUnwritable)
	require.True(t, found.RolledBack(s.acked.Version))
	return err
}

// What permissions a state file has, and who asks. The test may be run by root, so it is somebody else who looks.
func TestPermissions(t *testing.T) {
	const out = "v1 out, state file cannot be written, permission denied"
	const unknown = "nothing known, state file cannot be written, permission denied"
	for _, c := range []struct {
		name      string
		dir, file os.FileMode // 0: no file
		want      string
	}{
		{"first start in a directory that cannot be written", 0o555, 0, unknown + ", then " + out},
		{"first start in a directory that cannot be entered", 0o666, 0, unknown + ", then " + out},
		{"file in a directory that cannot be written", 0o555, 0o666, "v1 out, then v1 out"},
		{"file in a directory that cannot be entered", 0o666, 0o666, unknown + ", then " + out},
		{"file that can only be read", 0o777, 0o444, out + ", then " + out},
		{"file that can only be written", 0o777, 0o222, unknown + ", then " + out},
		{"file of somebody else", 0o777, 0o000, unknown + ", then " + out},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := openToAll(t)
			path := filepath.Join(dir, "model.state")
			if c.file != 0 || strings.HasPrefix(c.name, "file") {
				f := openAt(t, path)
				_, err := Save(t.Context(), f, State{}.Next("v1").RollBack(breach))
				require.NoError(t, err)
				require.NoError(t, f.Close())
				require.NoError(t, os.Chmod(path, c.file))
			}
			require.NoError(t, os.Chmod(dir, c.dir))
			t.Cleanup(func() { require.NoError(t, os.Chmod(dir, 0o700)) })
			line, _ := answerOf(t, "look as nobody", path, nil)
			require.Equal(t, c.want, line)
		})
	}
}

// openToAll returns a directory to which everybody finds the way.
func openToAll(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for up := dir; up != filepath.Dir(up); up = filepath.Dir(up) {
		if strings.HasPrefix(up, os.Getenv("TMPDIR")) { // made by this test
			require.NoError(t, os.Chmod(up, 0o711))
		}
		info, err := os.Stat(up)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&0o001, "%s must be open to all, or TMPDIR be elsewhere", up)
	}
	return dir
}
