package keeper

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// slow is a store and an audit trail that take their time, of the test's choosing.
type slow struct {
	*rollback.Memory
	wait func()
}

func (s slow) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	s.wait()
	saved, err := s.Memory.CompareAndSwap(ctx, next)
	s.wait()
	return saved, err
}

func (s slow) Record(context.Context, rollback.Entry) error {
	s.wait()
	return nil
}

// Whatever the order in which a promotion and a rollback are asked for, recorded, stored and applied: the rollback wins, in memory from the moment it returns, and in
// the store.
func TestRollbackWinsAgainstPromote(t *testing.T) {
	interleavings := 10_000
	if raceEnabled {
		interleavings = 500
	}
	before := rollback.State{}.Next("2").Expose(1)
	promoted := 0
	for seed := range interleavings {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			rng := rand.New(rand.NewPCG(uint64(seed), 5))
			wait := func() {
				mu.Lock()
				d := time.Duration(rng.IntN(12)) * time.Millisecond
				mu.Unlock()
				<-time.After(d) // virtual
			}
			w := newWorld(t, 100)
			w.Store = slow{Memory: rollback.NewMemory(), wait: wait}
			judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.Backstop{}}})
			require.NoError(t, err)
			w.Judge = judge
			_, err = rollback.Save(t.Context(), w.Store, before)
			require.NoError(t, err)
			k := w.start(t)

			var both sync.WaitGroup
			both.Go(func() {
				wait()
				_ = k.Decide(t.Context(), rollback.Event{Kind: rollback.OnPromote, Proven: true, Cause: rollback.Cause{Actor: "alice"}})
			})
			both.Go(func() {
				wait()
				wait()
				wait()
				if k.Plan().Promoted {
					promoted++
				}
				if trip := k.Rollback(t.Context(), "bob", "worse"); !trip.Applied || !trip.Durable || k.Plan().Promoted {
					t.Errorf("%+v, promoted %v", trip, k.Plan().Promoted)
				}
			})
			both.Wait()
			pass(time.Second)
			require.False(t, k.Plan().Promoted)
			require.Equal(t, RolledBack, k.Plan().Reason)
			state, err := w.Store.Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, rollback.RolledBack, state.Stage)
		})
	}
	require.Greater(t, promoted, interleavings/20, "some promotions were there first")
	require.Less(t, promoted, interleavings*19/20, "and some not")
}
