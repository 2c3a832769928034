package rollback

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

type closer interface {
	Store
	Close() error
}

// eachStore runs test on every store of this package, empty.
func eachStore(t *testing.T, test func(t *testing.T, store closer)) {
	t.Run("Memory", func(t *testing.T) { test(t, NewMemory()) })
	t.Run("File", func(t *testing.T) { test(t, openTemp(t)) })
	t.Run("File on a simulated disk", func(t *testing.T) { test(t, newSession(newDisk(), State{}).f) })
}

func openTemp(t *testing.T) *File {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "model.state"))
}

func openAt(t *testing.T, path string) *File {
	t.Helper()
	f, err := OpenFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestStoreStartsEmpty(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		for range 2 {
			found, err := store.Load(t.Context())
			require.ErrorIs(t, err, ErrNoState)
			require.Equal(t, State{}, found)
		}
	})
}

func TestStoreKeepsWhatItIsGiven(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		r := rand.New(rand.NewPCG(13, 14))
		state := State{}
		for i := range 100 {
			switch r.IntN(3) {
			case 0:
				state = state.Next(string(rune('a' + r.IntN(26))))
			case 1:
				state = state.Expose(r.Float64())
			case 2:
				state = state.RollBack(anyCause(r))
			}
			saved, err := store.CompareAndSwap(t.Context(), state)
			require.NoError(t, err, i)
			require.True(t, saved.Equal(state.normal()), i)
			require.Greater(t, saved.Revision, state.Revision, i)

			found, err := store.Load(t.Context())
			require.NoError(t, err, i)
			require.Equal(t, saved, found, i)
			state = saved
		}
	})
}

func TestStoreRefusesAnotherRevision(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		early := State{}.Next("v1")
		early.Revision = 1
		_, err := store.CompareAndSwap(t.Context(), early)
		require.ErrorIs(t, err, ErrConflict, "nothing is stored")

		first, err := store.CompareAndSwap(t.Context(), State{}.Next("v1"))
		require.NoError(t, err)
		_, err = store.CompareAndSwap(t.Context(), State{}.Next("v2"))
		require.ErrorIs(t, err, ErrConflict, "something is stored")
		second, err := store.CompareAndSwap(t.Context(), first.Expose(0.5))
		require.NoError(t, err)

		for _, revision := range []uint64{first.Revision, second.Revision + 1, 1 << 63} {
			stale := first.Expose(1)
			stale.Revision = revision
			_, err = store.CompareAndSwap(t.Context(), stale)
			require.ErrorIs(t, err, ErrConflict, revision)
		}
		found, err := store.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, second, found)
	})
}

func TestStoreTakesNoRollbackBack(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		tripped, err := store.CompareAndSwap(t.Context(), State{}.Next("v1").RollBack(breach))
		require.NoError(t, err)
		for name, next := range map[string]State{
			"the same epoch, clean": State{}.Next("v1").Expose(1),
			"no epoch":              {},
			"without the bars":      {Epoch: 2, Version: "v2", Stage: Ramping},
		} {
			next.Revision = tripped.Revision
			tripped, err = store.CompareAndSwap(t.Context(), next)
			require.NoError(t, err, name)
			require.True(t, tripped.RolledBack("v1"), name)
		}
	})
}

func TestStoreSharesNoMemory(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		given := State{}.Next("v1").RollBack(breach)
		saved, err := store.CompareAndSwap(t.Context(), given)
		require.NoError(t, err)
		given.Barred[0], saved.Barred[0] = Bar{}, Bar{}
		found, err := store.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, []Bar{barOf(1, "v1")}, found.Barred)
	})
}

func TestStoreHonoursContextAndClose(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := store.Load(gone)
		require.ErrorIs(t, err, context.Canceled)
		_, err = store.CompareAndSwap(gone, State{}.Next("v1"))
		require.ErrorIs(t, err, context.Canceled)
		_, err = store.Load(t.Context())
		require.ErrorIs(t, err, ErrNoState, "nothing was stored")

		require.NoError(t, store.Close())
		require.NoError(t, store.Close())
		_, err = store.Load(t.Context())
		require.ErrorIs(t, err, ErrClosed)
		_, err = store.CompareAndSwap(t.Context(), State{}.Next("v1"))
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestStoreConcurrentSafe(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		first, err := store.CompareAndSwap(t.Context(), State{}.Next("v1"))
		require.NoError(t, err)
		for range 10 {
			var won atomic.Int32
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					if _, err := store.CompareAndSwap(t.Context(), first.Expose(0.5)); err == nil {
						won.Add(1)
					}
					_, _ = store.Load(t.Context()) // for the race detector
				})
			}
			all.Wait()
			require.Equal(t, int32(1), won.Load(), "one revision, one winner")
			first, err = store.Load(t.Context())
			require.NoError(t, err)
		}
	})
}
