package canary_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

// A trip takes effect in memory, then on the disk, then people are told.
func TestTripOrder(t *testing.T) {
	for _, tc := range []struct {
		name string
		trip func(t *testing.T, c *canary.Canary[string, string])
	}{
		{"by a person", func(t *testing.T, c *canary.Canary[string, string]) {
			require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		}},
		{"by the evidence", func(t *testing.T, c *canary.Canary[string, string]) {
			for i := range 100 {
				_, _ = c.Predict(t.Context(), string(rune('a'+i)))
			}
			pass(time.Second)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var mu sync.Mutex
				var order []string
				note := func(what string) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, what)
				}
				store := newShelf()
				cfg := config(t, 50)
				cfg.Candidate.Predictor = failing(errModel)
				cfg.Store = store
				var c *canary.Canary[string, string]
				served := func() float64 {
					_, d, err := c.Decide(t.Context(), "somebody")
					require.NoError(t, err)
					return d.Share
				}
				store.breakSwap(func(_ context.Context, next rollback.State) error {
					if next.Tripped() {
						require.Zero(t, served(), "memory is first")
						note("stored")
					}
					return nil
				})
				cfg.OnEvent = func(e canary.Event) {
					if e.Kind == canary.RolledBack {
						require.True(t, store.stored().Tripped(), "the hook is last")
						require.NoError(t, e.NotDurable)
						note("told")
					}
				}
				c = open(t, cfg)
				require.InDelta(t, 0.5, served(), 1e-12)
				tc.trip(t, c)
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				require.Equal(t, "stored", order[0])
				told := slices.DeleteFunc(order, func(what string) bool { return what == "stored" }) // again when the beacon is put out
				require.Equal(t, []string{"told"}, told)
				require.Zero(t, served())
				require.True(t, c.Snapshot().Durable)
			})
		})
	}
}

func TestRollbackWithAHangingStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		c, j, _ := deploy(t, store, "2", 50)
		key := keyOf(t, c, canary.Candidate)
		store.breakSwap(hangSwap(release))

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		errs := make(chan error, 1)
		go func() { errs <- c.Rollback(ctx, "alice", "worse").Err }()
		synctest.Wait()
		require.Equal(t, canary.Stable, armOf(t, c, key), "it takes effect at once")

		began := time.Now()
		require.ErrorIs(t, <-errs, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(began))
		require.False(t, c.Snapshot().Durable)
		told := j.only(t, canary.RolledBack)
		require.ErrorContains(t, told.NotDurable, "still trying", "the news does not wait for ever")

		close(release)
		synctest.Wait()
		require.True(t, c.Snapshot().Durable, "storing goes on")
		require.True(t, store.stored().Tripped())
		require.NoError(t, c.Rollback(t.Context(), "bob", "again").Err)
		require.Equal(t, "alice", c.Snapshot().State.Cause.Actor, "the first cause is kept")
		pass(time.Minute)
		require.Len(t, j.all(canary.RolledBack), 1)
	})
}

func TestRollbackWithAFailingStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, j, _ := deploy(t, store, "2", 50)
		store.breakSwap(failSwap)
		require.ErrorIs(t, c.Rollback(t.Context(), "alice", "worse").Err, errDisk)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		pass(time.Second)
		require.ErrorIs(t, j.only(t, canary.RolledBack).NotDurable, errDisk)
		require.False(t, c.Snapshot().Durable)
		require.ErrorIs(t, c.Rollback(t.Context(), "alice", "and now?").Err, errDisk, "asking again tries again")

		store.breakSwap(nil)
		pass(6 * time.Second)
		require.True(t, c.Snapshot().Durable)
		require.Equal(t, "worse", store.stored().Cause.Reason)
		require.Len(t, j.all(canary.StoreFailed), 1)
		require.Len(t, j.all(canary.StoreRecovered), 1)
	})
}

// A person who rolls back while the state cannot be read is heard.
func TestRollbackBeforeTheStateIsKnown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(failLoad)
		c, j, end := deploy(t, store, "2", 50)
		err := c.Rollback(t.Context(), "alice", "I know it").Err
		require.ErrorIs(t, err, errDisk)
		require.ErrorContains(t, err, "rollback noted")

		store.breakLoad(nil)
		pass(10 * time.Second)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		s := c.Snapshot()
		require.Equal(t, "I know it", s.State.Cause.Reason)
		require.True(t, s.Durable)
		require.True(t, store.stored().Tripped())
		told := j.only(t, canary.RolledBack)
		require.Equal(t, "alice", told.Actor)
		require.Equal(t, uint64(1), told.Epoch)
		require.NoError(t, told.NotDurable)
		require.Empty(t, j.all(canary.ShareChanged), "the candidate had no request in between")
		end()

		c, _, _ = deploy(t, store, "2", 50)
		requireShare(t, c, 0, canary.ReasonRolledBack)
	})
}

// A rollback that could never be stored is not forgotten in silence.
func TestShutdownReportsARollbackThatWasNeverStored(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(failLoad)
		cfg := config(t, 50)
		cfg.Store = store
		c, err := canary.New(cfg)
		require.NoError(t, err)
		require.Error(t, c.Rollback(t.Context(), "alice", "I know it").Err)
		err = c.Shutdown(t.Context())
		require.ErrorContains(t, err, "a rollback could not be stored")
		require.ErrorIs(t, err, errDisk)
	})
}

// Whatever order they come in, all that a rollback needs is to have happened.
func TestRollbackConcurrentSafe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, j, _ := deploy(t, store, "2", 50)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := c.Rollback(t.Context(), "alice", "worse").Err; err != nil {
					t.Error(err)
				}
				if share := c.Snapshot().Share; share != 0 {
					t.Errorf("share %v after a rollback", share)
				}
			})
		}
		wg.Wait()
		pass(time.Second)
		require.Len(t, j.all(canary.RolledBack), 1)
		require.True(t, store.stored().Tripped())
	})
}

func TestRollbackAfterShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c, err := canary.New(config(t, 50))
		require.NoError(t, err)
		require.NoError(t, c.Shutdown(t.Context()))
		began := time.Now()
		require.ErrorContains(t, c.Rollback(context.Background(), "alice", "too late").Err, "the canary is shut down")
		require.Zero(t, time.Since(began), "nobody is left to wait for")
	})
}

// Another process that shares the store has rolled the epoch back.
func TestRollbackByAnotherWriter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		client, hand := flagAt(t, 5)
		cfg := configOf(client)
		var j journal
		cfg.Store, cfg.OnEvent = store, j.note
		c := open(t, cfg)
		_, err := rollback.Save(t.Context(), store, store.stored().RollBack(rollback.Cause{Reason: "seen elsewhere"}))
		require.NoError(t, err)
		require.NoError(t, hand.Set(rollout, 50)) // makes it write, and so read
		pass(5 * time.Second)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		require.Contains(t, j.only(t, canary.RolledBack).Message, "seen elsewhere")
	})
}
