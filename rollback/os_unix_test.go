//go:build unix

package rollback

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSyncDirSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syncDir(dir))
	require.ErrorIs(t, syncDir(filepath.Join(dir, "missing")), os.ErrNotExist)
}

func TestWhatIsNoOpenFileCannotBeSyncedOrLocked(t *testing.T) {
	closed, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	require.Error(t, datasync(closed))
	require.Error(t, lockFile(closed))
	require.ErrorIs(t, control(nil, nil), os.ErrInvalid)
}
