//go:build unix

package local_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

func TestOpenFileWaitsForNoPipeOrDevice(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{pipe, os.DevNull} {
		p, err := local.OpenFile(path)
		require.ErrorContains(t, err, "not a regular file")
		require.Nil(t, p)
	}
}
