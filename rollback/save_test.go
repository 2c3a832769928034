package rollback

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSaveJoinsWhatOthersHaveStored(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		start, err := Save(t.Context(), store, State{}.Next("v1"))
		require.NoError(t, err)
		_, err = Save(t.Context(), store, start.RollBack(breach))
		require.NoError(t, err)

		saved, err := Save(t.Context(), store, start.Expose(0.5))
		require.NoError(t, err)
		require.True(t, saved.Equal(start.Expose(0.5).RollBack(breach)), "%+v", saved)
	})
}

func TestSaveConcurrentSafe(t *testing.T) {
	eachStore(t, func(t *testing.T, store closer) {
		start, err := Save(t.Context(), store, State{}.Next("v1"))
		require.NoError(t, err)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				next := start.Expose(float64(i+1) / 4)
				if i == 2 {
					next = start.RollBack(breach)
				}
				if saved, err := Save(t.Context(), store, next); err != nil || !saved.Join(next).Equal(saved) {
					t.Errorf("%+v, %v", saved, err)
				}
			})
		}
		all.Wait()
		found, err := store.Load(t.Context())
		require.NoError(t, err)
		require.True(t, found.Equal(start.Expose(1).RollBack(breach)), "%+v", found)
	})
}

// script is a store that answers as it is told.
type script struct {
	load, swap func() (State, error)
	swapped    []State
}

func (s *script) Load(context.Context) (State, error) { return s.load() }

func (s *script) CompareAndSwap(_ context.Context, next State) (State, error) {
	s.swapped = append(s.swapped, next)
	return s.swap()
}

func TestSaveGivesUp(t *testing.T) {
	start := State{}.Next("v1")
	stored := at(3, start.RollBack(breach))
	broken := errors.New("broken")
	for _, c := range []struct {
		name              string
		swapErr, loadErr  error
		loaded, want      State
		wantErr           error
		swaps             int
		wantNextRevisions uint64
	}{
		{"no conflict, another error", broken, nil, stored, start, broken, 1, 0},
		{"conflict without end", ErrConflict, nil, stored, start.Join(stored), ErrConflict, saveAttempts, 3},
		{"conflict, then a lost state", ErrConflict, ErrNoState, State{}, start, ErrConflict, saveAttempts, 0},
		{"conflict, then a disk that cannot be mended", ErrConflict, ErrUnwritable, stored, start.Join(stored), ErrConflict, saveAttempts, 3},
		{"conflict, then an unreadable disk", ErrConflict, ErrUnwritable, State{}, start, ErrUnwritable, 1, 0},
		{"conflict, then a lock", ErrConflict, ErrLocked, stored, start.Join(stored), ErrLocked, 1, 0},
		{"conflict, then damage", ErrConflict, ErrCorrupt, stored, start.Join(stored), ErrCorrupt, 1, 0},
	} {
		store := &script{
			load: func() (State, error) { return c.loaded, c.loadErr },
			swap: func() (State, error) { return State{}, c.swapErr },
		}
		got, err := Save(t.Context(), store, start)
		require.ErrorIs(t, err, c.wantErr, c.name)
		require.True(t, got.Equal(c.want), "%s: %+v", c.name, got)
		require.Len(t, store.swapped, c.swaps, c.name)
		for _, next := range store.swapped[1:] {
			require.Equal(t, c.wantNextRevisions, next.Revision, c.name)
		}
	}
}
