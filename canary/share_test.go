package canary_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

// The store must remember a share before a request sees it: a restart would otherwise take its units for unseen.
func TestShareNeverRisesBeforeTheStoreRemembers(t *testing.T) {
	for _, tc := range []struct {
		name string
		take func(t *testing.T, store *shelf) (mend func())
	}{
		{"a store that fails", func(_ *testing.T, store *shelf) func() {
			store.breakSwap(failSwap)
			return func() { store.breakSwap(nil) }
		}},
		{"a store that hangs", func(_ *testing.T, store *shelf) func() {
			release := make(chan struct{})
			store.breakSwap(hangSwap(release))
			return func() { close(release) }
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				store := newShelf()
				client, hand := flagAt(t, 5)
				cfg := configOf(client)
				var j journal
				cfg.Store, cfg.OnEvent = store, j.note
				c := open(t, cfg)
				requireShare(t, c, 0.05, canary.ReasonSplit)

				mend := tc.take(t, store)
				require.NoError(t, hand.Set(rollout, 50))
				for range 100 {
					pass(100 * time.Millisecond)
					requireShare(t, c, 0.05, canary.ReasonSplit) // and the service works
				}
				require.InDelta(t, 0.05, store.stored().HighestShare, 1e-12)
				require.InDelta(t, 0.5, c.Snapshot().FlagShare, 1e-12)

				// Down is always possible, and back to what is remembered is not.
				require.NoError(t, hand.Set(rollout, 1))
				pass(time.Second)
				requireShare(t, c, 0.01, canary.ReasonSplit)
				require.NoError(t, hand.Set(rollout, 50))
				pass(time.Second)
				requireShare(t, c, 0.01, canary.ReasonSplit)

				mend()
				pass(6 * time.Second)
				requireShare(t, c, 0.5, canary.ReasonSplit)
				require.InDelta(t, 0.5, store.stored().HighestShare, 1e-12)
			})
		})
	}
}

func TestFirstStartOnAFullDisk(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakSwap(failSwap)
		c, j, _ := deploy(t, store, "2", 50)
		pass(time.Minute)
		requireShare(t, c, 0, canary.ReasonSplit)
		s := c.Snapshot()
		require.False(t, s.Durable)
		require.Less(t, s.StoreFailures, int64(30), "it is tried ever more seldom")
		require.Greater(t, s.StoreFailures, int64(10))
		require.Contains(t, j.only(t, canary.StoreFailed).Message, errDisk.Error())
		require.Empty(t, j.all(canary.ShareChanged))

		store.breakSwap(nil)
		pass(6 * time.Second)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.Len(t, j.all(canary.StoreRecovered), 1)
		require.Len(t, j.all(canary.ShareChanged), 1)
	})
}

// Under traffic every pass of the keeper asks for the same save: that must not become a write each.
func TestAFailingStoreIsNotHammered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakSwap(failSwap)
		c, _, _ := deploy(t, store, "2", 50)
		before := store.asked()
		for range 10_000 {
			_, err := c.Predict(t.Context(), "x")
			require.NoError(t, err)
			<-time.After(3 * time.Millisecond)
		}
		require.Less(t, store.asked()-before, 30, "in 30 s")
		store.breakSwap(nil)
	})
}

func TestEachShareIsWrittenOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		client, hand := flagAt(t, 1)
		cfg := configOf(client)
		cfg.Store = store
		store.breakSwap(func(context.Context, rollback.State) error { <-time.After(50 * time.Millisecond); return nil }) // many passes long
		c := open(t, cfg)
		for _, percent := range []int{5, 25, 50} {
			require.NoError(t, hand.Set(rollout, percent))
			for range 300 {
				_, err := c.Predict(t.Context(), "x")
				require.NoError(t, err)
				<-time.After(time.Millisecond)
			}
		}
		synctest.Wait()
		store.mu.Lock()
		defer store.mu.Unlock()
		var shares []float64
		for _, s := range store.swaps {
			shares = append(shares, s.HighestShare)
		}
		require.IsIncreasing(t, shares, "nothing is written twice")
		require.InDeltaSlice(t, []float64{0.01, 0.05, 0.25, 0.5}, shares[len(shares)-4:], 1e-12)
	})
}
