//go:build unix

package rollback

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A child process has a copy of every descriptor from its fork to its exec, and a lock lasts as long as a copy of its descriptor.
func TestCloseGivesUpTheLockThoughAChildIsBeingStarted(t *testing.T) {
	f := openTemp(t)
	saved, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	inChild := -1
	require.NoError(t, control(f.pair.h.(osFile).File, func(fd uintptr) error {
		inChild, err = syscall.Dup(int(fd))
		return err
	}))
	defer func() { require.NoError(t, syscall.Close(inChild)) }()

	require.NoError(t, f.Close())
	found, err := openAt(t, f.Path()).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, saved, found)
}
