package rollback

import (
	"context"
	"errors"
	"fmt"
)

// saveAttempts bounds how often Save meets another writer before it leaves the next try to its caller.
const saveAttempts = 16

// Save joins state into what store holds, and returns what is stored then: at least state, perhaps more, such as a rollback or a newer epoch
// that another writer has brought. It is safe to call again after any error and any number of times. A nil error means that it is durable.
//
// On an error the state returned is the join of all that was learned, to be taken in by [Latch.Join]. A store that has lost its state is filled again.
func Save(ctx context.Context, store Store, state State) (State, error) {
	for range saveAttempts {
		saved, err := store.CompareAndSwap(ctx, state)
		if err == nil {
			return saved, nil
		}
		if !errors.Is(err, ErrConflict) {
			return state.Join(saved), err
		}
		stored, err := store.Load(ctx)
		state = state.Join(stored)
		state.Revision = stored.Revision
		if !writable(stored, err) {
			return state, err
		}
	}
	return state, fmt.Errorf("rollback: gave up after %d attempts: %w", saveAttempts, ErrConflict)
}

// writable reports whether it makes sense to write after Load has returned stored and err. A disk that could not mend a stored state may still take a trip.
func writable(stored State, err error) bool {
	return err == nil || errors.Is(err, ErrNoState) || errors.Is(err, ErrUnwritable) && stored.Revision != 0
}
