package rollback

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() {
	children["within its size"] = func(path string) { tripUnderLimit(path, fileSize) }
	children["without any room"] = func(path string) { tripUnderLimit(path, 0) }
}

// tripUnderLimit rolls back in a process that may write no file beyond limit bytes.
func tripUnderLimit(path string, limit uint64) {
	exitOn(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}))
	f, err := OpenFile(path)
	exitOn(err)
	state, err := f.Load(context.Background())
	exitOn(err)
	_, err = Save(context.Background(), f, state.RollBack(breach))
	fmt.Println(err == nil, errors.Is(err, ErrUnwritable) && errors.Is(err, syscall.EFBIG))
}

func TestTripUnderAFileSizeLimit(t *testing.T) {
	for child, want := range map[string]string{"within its size": "true false", "without any room": "false true"} {
		path := filepath.Join(t.TempDir(), "model.state")
		f := openAt(t, path)
		_, err := Save(t.Context(), f, State{}.Next("v1"))
		require.NoError(t, err)
		require.NoError(t, f.Close())

		process, out := startChild(t, child, path)
		line, err := out.ReadString('\n')
		require.NoError(t, err)
		require.NoError(t, process.Wait())
		require.Equal(t, want+"\n", line, child)

		found, err := openAt(t, path).Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, want == "true false", found.Tripped(), child)
	}
}

func TestPipeIsRefusedWithoutWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	_, err := openAt(t, path).Load(t.Context())
	require.ErrorIs(t, err, ErrNotRegular)
}

// Should the pipe come after the look at the path, the opening must not wait for its other end.
func TestOpenDoesNotWaitForAPipeNorFollowALink(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.NoError(t, syscall.Symlink(pipe, link))
	for _, open := range []func(string) (handle, error){osFS{}.open, osFS{}.openRead} {
		h, err := open(pipe)
		require.NoError(t, err)
		require.NoError(t, h.Close())
		_, err = open(link)
		require.ErrorIs(t, err, syscall.ELOOP)
	}
}

// A file system that knows no sync of a directory has nothing to be asked for.
func TestDirectoryThatKnowsNoSync(t *testing.T) {
	d, err := os.Open("/proc")
	require.NoError(t, err)
	require.ErrorIs(t, d.Sync(), syscall.EINVAL)
	require.NoError(t, d.Close())
	require.NoError(t, syncDir("/proc"))
}
