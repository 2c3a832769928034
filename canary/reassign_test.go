package canary_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

const everyDay = 24 * time.Hour

// reassigning is a canary whose assignments last a day, and its events.
func reassigning(t *testing.T, store rollback.Store) (*canary.Canary[string, string], *journal) {
	t.Helper()
	j := new(journal)
	cfg := config(t, 50)
	cfg.Store, cfg.OnEvent, cfg.Reassign = store, j.note, everyDay
	return open(t, cfg), j
}

// untilTomorrow lets the period end.
func untilTomorrow() {
	now := time.Now()
	pass(now.Truncate(everyDay).Add(everyDay).Sub(now) + time.Second)
}

// Assignments stay for a period and are drawn anew in the next, the same on every replica and after a restart.
func TestReassign(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const keys = 1000
		store := newShelf()
		c, events := reassigning(t, store)
		replica, _ := reassigning(t, newShelf())
		first := assigned(t, c, keys)
		require.Equal(t, first, assigned(t, replica, keys))
		require.Equal(t, time.Now().UTC().Truncate(everyDay), c.Snapshot().Drawn)

		now := time.Now()
		pass(now.Truncate(everyDay).Add(everyDay).Sub(now) - 2*time.Second)
		require.Equal(t, first, assigned(t, c, keys), "the period has not ended")
		require.Empty(t, events.all(canary.Reassigned))
		pass(3 * time.Second)
		second := assigned(t, c, keys)
		require.Equal(t, second, assigned(t, replica, keys))
		require.Equal(t, time.Now().UTC().Truncate(everyDay), c.Snapshot().Drawn)
		require.Contains(t, events.only(t, canary.Reassigned).Message, time.Now().UTC().Truncate(everyDay).Add(everyDay).Format(time.RFC3339))
		moved := 0.0
		for i := range first {
			if first[i] != second[i] {
				moved++
			}
		}
		require.InDelta(t, keys/2, moved, 80, "2 * share * (1 - share) of the units")
		require.InDelta(t, keys/2, candidates(second), 80)

		require.NoError(t, c.Shutdown(t.Context()))
		c, _ = reassigning(t, store)
		require.Equal(t, second, assigned(t, c, keys), "after a restart")
	})
}

func TestWithoutReassignNothingChangesOvernight(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, config(t, 50))
		first := assigned(t, c, 1000)
		untilTomorrow()
		require.Equal(t, first, assigned(t, c, 1000))
		require.Zero(t, c.Snapshot().Drawn)
	})
}

// Units testify once a period. After a restart nobody does before the next one: who had testified before is not remembered.
func TestReassignRefreshesCoins(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const users = 200
		testified := func(c *canary.Canary[string, string]) uint64 {
			before := c.Snapshot().Testified
			for range 10 {
				for i := range users {
					_, err := c.Predict(t.Context(), fmt.Sprint("user ", i))
					require.NoError(t, err)
				}
			}
			pass(2 * time.Second)
			return c.Snapshot().Testified - before
		}
		store := newShelf()
		c, _ := reassigning(t, store)
		require.EqualValues(t, users, testified(c))
		require.Zero(t, testified(c))
		require.Contains(t, c.Snapshot().Blind, "or wait for the reassignment at 2000-01-02T00:00:00Z")
		untilTomorrow()
		require.EqualValues(t, users, testified(c))
		require.NoError(t, c.Shutdown(t.Context()))

		c, _ = reassigning(t, store)
		require.Zero(t, testified(c))
		require.Equal(t, "every unit of before the restart counts as having testified: widen the share beyond its highest value so far, or wait for the reassignment at 2000-01-03T00:00:00Z", c.Snapshot().Blind)
		untilTomorrow()
		require.EqualValues(t, users, testified(c))
		require.Equal(t, "0.5", fmt.Sprint(store.stored().HighestShare))
	})
}

// Nobody is told of a reassignment that moves nobody.
func TestReassignUnexposed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		j := new(journal)
		cfg := config(t, 0)
		cfg.OnEvent, cfg.Reassign = j.note, everyDay
		open(t, cfg)
		for range 5 {
			untilTomorrow()
		}
		require.Empty(t, j.all(canary.Reassigned))
	})
}
