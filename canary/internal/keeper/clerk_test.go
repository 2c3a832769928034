package keeper

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/rollback"
)

// quiet is a clerk whose goroutine does not run.
func quiet() *clerk {
	k := &Keeper{herald: newHerald(nil, nil), latch: new(rollback.Latch)}
	return newClerk(k, rollback.NewMemory())
}

var (
	one  = rollback.State{}.Next("2")
	half = one.Expose(0.5)
	gone = half.RollBack(rollback.Cause{Reason: "bad"})
)

// kicked says whether the clerk was told to hurry.
func kicked(c *clerk) bool {
	select {
	case <-c.kick:
		return true
	default:
		return false
	}
}

func TestSaveAsksOnce(t *testing.T) {
	c := quiet()
	defer c.cancel()
	a := c.save(one)
	require.True(t, kicked(c))
	require.Same(t, a, c.save(one), "wanted already")
	require.False(t, kicked(c))
	require.Same(t, a, c.save(half), "one attempt saves both")
	require.True(t, kicked(c))

	want, now := c.take()
	require.Same(t, a, now)
	require.True(t, want.Equal(half))
	require.True(t, c.busy(), "until it has ended")
	require.Same(t, a, c.save(one), "being saved already")
	require.False(t, kicked(c))
	require.NotSame(t, a, c.save(gone), "news are the next attempt's")
	require.True(t, kicked(c))
}

// What failed is wanted again, together with what came since; the back-off is waited for.
func TestSaveAfterAFailure(t *testing.T) {
	c := quiet()
	defer c.cancel()
	c.save(half)
	want, _ := c.take()
	c.save(gone)
	require.True(t, kicked(c))
	require.False(t, c.settle(want, want, errFull))
	require.True(t, c.want.Equal(gone.Join(half)))
	require.False(t, c.busy(), "nobody waits for a store that fails")
	require.True(t, c.fails())
	c.save(half)
	require.False(t, kicked(c))
	require.False(t, c.holds(half))

	want, _ = c.take()
	require.True(t, c.settle(want, want, nil), "a success after a failure")
	require.True(t, c.holds(half))
	require.False(t, c.holds(half.Expose(0.6)))
	require.False(t, c.holds(half.Next("3").Expose(0.1)), "another epoch")
	require.True(t, c.holds(gone))
	require.False(t, c.fails())
}

// The time between attempts doubles up to five seconds, and begins anew after a success.
func TestBackOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		w.store.full.Store(true)
		w.start(t)
		var tries []int64
		for range 8 {
			before := w.store.tries.Load()
			pass(10 * time.Second)
			tries = append(tries, w.store.tries.Load()-before)
		}
		require.LessOrEqual(t, tries[0], int64(12))
		for _, n := range tries[1:] {
			require.Equal(t, int64(2), n)
		}
		w.store.full.Store(false)
		pass(6 * time.Second)
		w.store.full.Store(true)
		require.NoError(t, w.hand.Set(rollout, 60))
		before := w.store.tries.Load()
		pass(time.Second)
		require.Greater(t, w.store.tries.Load()-before, int64(3))
		w.store.full.Store(false)
	})
}

// An attempt that failed because the clerk was told to give up is no news, and not a recovery either.
func TestGivingUpIsNotARecovery(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		k, err := Start(w.Config)
		require.NoError(t, err)
		w.store.full.Store(true)
		require.ErrorIs(t, k.Rollback(t.Context(), "alice", "worse").Err, errFull)
		k.clerk.cancel()
		require.ErrorIs(t, k.Close(t.Context(), false), errFull)
		require.Contains(t, w.told(), StoreFailed)
		require.NotContains(t, w.told(), StoreRecovered)
	})
}

func TestEnded(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		require.True(t, ended(done, closed), "what has ended has ended")
		require.False(t, ended(done, make(chan struct{})))
	}
}
