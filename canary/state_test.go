package canary_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

// deploy runs a canary of a candidate version until the test shuts it down.
func deploy(t *testing.T, store rollback.Store, version string, percent any) (c *canary.Canary[string, string], j *journal, end func()) {
	t.Helper()
	j = new(journal)
	cfg := config(t, percent)
	cfg.Candidate.Version, cfg.Store, cfg.OnEvent = version, store, j.note
	c = open(t, cfg)
	return c, j, func() {
		t.Helper()
		require.NoError(t, c.Shutdown(context.Background()))
	}
}

func TestFirstStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		began := time.Now()
		c, j, _ := deploy(t, store, "2", 5)
		require.Less(t, time.Since(began), time.Second, "New does not wait longer than it has to")
		requireShare(t, c, 0.05, canary.ReasonSplit)
		pass(time.Second)

		s := c.Snapshot()
		require.Equal(t, "test", s.Canary)
		require.Equal(t, stableIs, s.Stable)
		require.Equal(t, "2", s.Candidate)
		require.Equal(t, uint64(1), s.State.Epoch)
		require.Equal(t, rollback.Ramping, s.State.Stage)
		require.True(t, s.Durable)
		require.NoError(t, s.StateError)
		require.True(t, store.stored().Equal(s.State))
		require.InDelta(t, 0.05, store.stored().HighestShare, 1e-12)

		require.Equal(t, uint64(1), j.only(t, canary.StateMissing).Epoch)
		raised := j.only(t, canary.ShareChanged)
		require.InDelta(t, 0.05, raised.Share, 1e-12)
		require.Equal(t, "share 0 % -> 5 %", raised.Message)
		require.Equal(t, "test", raised.Canary)
	})
}

func TestRestartResumesTheEpoch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		_, _, end := deploy(t, store, "2", 25)
		end()
		c, j, _ := deploy(t, store, "2", 25)
		require.Equal(t, uint64(1), c.Snapshot().State.Epoch)
		requireShare(t, c, 0.25, canary.ReasonSplit)
		pass(time.Second)
		require.Contains(t, j.only(t, canary.StateResumed).Message, "epoch 1 goes on, ramping")
		require.Empty(t, j.all(canary.StateMissing))
	})
}

func TestAnotherVersionBeginsTheNextEpoch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, end := deploy(t, store, "2", 50)
		key := keyOf(t, c, canary.Candidate)
		end()
		epochs := map[canary.Arm]int{}
		for i := range 20 {
			c, _, end := deploy(t, store, fmt.Sprintf("3.%d", i), 50)
			_, d, err := c.Decide(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, uint64(2+i), d.Epoch)
			epochs[d.Arm]++
			end()
		}
		require.Greater(t, epochs[canary.Stable], 2, "each epoch draws its units anew")
		require.Greater(t, epochs[canary.Candidate], 2)
	})
}

func TestRolledBackVersionStaysOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, j, end := deploy(t, store, "bad", 50)
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse answers").Err)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		end()
		told := j.only(t, canary.RolledBack)
		require.Equal(t, "worse answers", told.Message)
		require.Equal(t, "alice", told.Actor)
		require.NoError(t, told.NotDurable)
		require.Zero(t, told.Share)

		// A restart goes on with the epoch: out.
		c, j, end = deploy(t, store, "bad", 100)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		require.Equal(t, uint64(1), c.Snapshot().State.Epoch)
		require.Equal(t, "worse answers", c.Snapshot().State.Cause.Reason)
		end()
		require.Contains(t, j.only(t, canary.StateResumed).Message, "rolled_back")
		require.Empty(t, j.all(canary.RolledBack), "it was told when it happened")

		// Another version is another attempt.
		c, _, end = deploy(t, store, "good", 50)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		end()

		// The old one comes back: out, and somebody is told why.
		for range 2 {
			c, j, end = deploy(t, store, "bad", 100)
			requireShare(t, c, 0, canary.ReasonRolledBack)
			s := c.Snapshot()
			require.Equal(t, uint64(3), s.State.Epoch)
			require.Contains(t, s.State.Cause.Reason, "rolled back in an earlier epoch")
			end()
			if events := j.all(canary.Barred); len(events) > 0 {
				require.Contains(t, events[0].Message, "rolled back in an earlier epoch")
				require.Equal(t, uint64(3), events[0].Epoch)
				continue
			}
			require.Len(t, j.all(canary.StateResumed), 1)
		}
	})
}

func TestMemoryOnlySaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, j, end := deploy(t, nil, "2", 50)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.NoError(t, c.Rollback(t.Context(), "alice", "why not").Err)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		end()
		require.Contains(t, j.only(t, canary.MemoryOnly).Message, "a restart forgets a rollback")
	})
}

// fileState is a state file after some story, and the path to it.
func fileState(t *testing.T, story func(t *testing.T, store *rollback.File)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	store, err := rollback.OpenFile(path)
	require.NoError(t, err)
	story(t, store)
	require.NoError(t, store.Close())
	return path
}

// ramping is the story of an epoch that goes well.
func ramping(t *testing.T, store *rollback.File) {
	_, err := rollback.Save(t.Context(), store, rollback.State{}.Next("2").Expose(0.5))
	require.NoError(t, err)
}

// tripped is the story of one that does not.
func tripped(t *testing.T, store *rollback.File) {
	_, err := rollback.Save(t.Context(), store, rollback.State{}.Next("2").RollBack(rollback.Cause{Reason: "bad"}))
	require.NoError(t, err)
}

// spoil changes the bytes of a file.
func spoil(t *testing.T, path string, how func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, how(b), 0o600))
}

// Whatever is wrong with the file, the service starts, stable serves, and the reason can be read.
func TestUnreadableStateServesStable(t *testing.T) {
	for _, tc := range []struct {
		name  string
		path  func(t *testing.T) string
		cause error
	}{
		{"all zero", func(t *testing.T) string {
			path := fileState(t, ramping)
			spoil(t, path, func(b []byte) []byte { return make([]byte, len(b)) })
			return path
		}, rollback.ErrCorrupt},
		{"empty", func(t *testing.T) string {
			path := fileState(t, ramping)
			spoil(t, path, func([]byte) []byte { return nil })
			return path
		}, rollback.ErrCorrupt},
		{"another kind of file", func(t *testing.T) string {
			path := fileState(t, ramping)
			spoil(t, path, func([]byte) []byte { return []byte("{\"epoch\": 7}") })
			return path
		}, rollback.ErrCorrupt},
		{"both copies damaged", func(t *testing.T) string {
			path := fileState(t, ramping)
			spoil(t, path, func(b []byte) []byte {
				for i := range b {
					b[i] ^= 0x10
				}
				return b
			})
			return path
		}, rollback.ErrCorrupt},
		{"locked", func(t *testing.T) string {
			path := fileState(t, ramping)
			other, err := rollback.OpenFile(path)
			require.NoError(t, err)
			_, err = other.Load(t.Context())
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, other.Close()) })
			return path
		}, rollback.ErrLocked},
		{"missing directory", func(t *testing.T) string {
			return filepath.Join(t.TempDir(), "no", "such", "directory", "state")
		}, rollback.ErrUnwritable},
		{"a directory", func(t *testing.T) string { return t.TempDir() }, rollback.ErrNotRegular},
		{"a symbolic link", func(t *testing.T) string {
			link := filepath.Join(t.TempDir(), "link")
			require.NoError(t, os.Symlink(fileState(t, ramping), link))
			return link
		}, rollback.ErrNotRegular},
		{"closed by its owner", func(t *testing.T) string { return "" }, rollback.ErrClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				path := tc.path(t)
				closed := path == ""
				if closed {
					path = filepath.Join(t.TempDir(), "state")
				}
				store, err := rollback.OpenFile(path)
				require.NoError(t, err)
				if closed {
					require.NoError(t, store.Close())
				}
				t.Cleanup(func() { require.NoError(t, store.Close()) })
				began := time.Now()
				c, j, end := deploy(t, store, "2", 100)
				require.Less(t, time.Since(began), time.Second)
				requireShare(t, c, 0, canary.ReasonStateUnknown)
				pass(time.Minute)
				requireShare(t, c, 0, canary.ReasonStateUnknown)
				s := c.Snapshot()
				require.ErrorIs(t, s.StateError, tc.cause)
				require.False(t, s.Durable)
				require.Zero(t, s.State.Epoch)
				require.Greater(t, s.StoreFailures, int64(10), "it is tried again")
				require.Less(t, s.StoreFailures, int64(30), "but ever more seldom")
				require.Contains(t, j.only(t, canary.StateUnreadable).Message, "stable serves every request")
				end()
			})
		})
	}
}

// A file from a newer release is not this release's to judge.
func TestFutureStateServesStable(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(func(context.Context) error { return &rollback.StateError{Path: "x", Reason: rollback.ErrFutureVersion} })
		c, _, _ := deploy(t, store, "2", 100)
		requireShare(t, c, 0, canary.ReasonStateUnknown)
		require.ErrorIs(t, c.Snapshot().StateError, rollback.ErrFutureVersion)
	})
}

// What can be read of a file that cannot be used is enough to keep a rolled-back candidate out.
func TestRollbackIsReadFromAFileInUse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := fileState(t, tripped)
		owner, err := rollback.OpenFile(path)
		require.NoError(t, err)
		_, err = owner.Load(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, owner.Close()) })

		store, err := rollback.OpenFile(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		c, j, _ := deploy(t, store, "2", 100)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		require.Equal(t, "bad", c.Snapshot().State.Cause.Reason)
		pass(time.Second)
		require.Contains(t, j.only(t, canary.StateResumed).Message, "in use elsewhere")
	})
}

func TestStateComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := fileState(t, ramping)
		owner, err := rollback.OpenFile(path) // the process before, in a rolling restart
		require.NoError(t, err)
		_, err = owner.Load(t.Context())
		require.NoError(t, err)

		store, err := rollback.OpenFile(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		c, j, _ := deploy(t, store, "2", 50)
		requireShare(t, c, 0, canary.ReasonStateUnknown)
		require.NoError(t, owner.Close())
		pass(6 * time.Second)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		s := c.Snapshot()
		require.NoError(t, s.StateError)
		require.True(t, s.Durable)
		require.Len(t, j.all(canary.StateUnreadable), 1)
		require.Contains(t, j.only(t, canary.StateResumed).Message, "epoch 1 goes on")
	})
}

// A store that cannot be loaded for ever does not keep New waiting.
func TestStoreHangsAtTheStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		store.breakLoad(hangLoad(release))
		began := time.Now()
		c, _, end := deploy(t, store, "2", 50)
		require.Equal(t, time.Second, time.Since(began))
		requireShare(t, c, 0, canary.ReasonStarting)
		close(release)
		pass(time.Second)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		end()
	})
}

// A store may be the application's code, and that may panic.
func TestStorePanics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(func(context.Context) error { panic(nasty{}) })
		c, j, end := deploy(t, store, "2", 50)
		requireShare(t, c, 0, canary.ReasonStateUnknown)
		store.breakLoad(nil)
		store.breakSwap(func(context.Context, rollback.State) error { panic(nasty{}) })
		pass(time.Minute)
		requireShare(t, c, 0, canary.ReasonSplit)
		store.breakSwap(nil)
		pass(time.Minute)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		end()
		require.Contains(t, j.only(t, canary.StateUnreadable).Message, "panicked with a canary_test.nasty")
		require.Contains(t, j.only(t, canary.StoreFailed).Message, "panicked")
		require.Len(t, j.all(canary.StoreRecovered), 1)
	})
}
