package keeper

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

const rollout = "rollout"

// inBubble runs a test on virtual time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// pass lets virtual time pass and everything due by then happen.
func pass(d time.Duration) {
	<-time.After(d) // virtual: every caller is inside a bubble
	synctest.Wait()
}

// world is a keeper's configuration, and a hand on everything in it.
type world struct {
	Config
	hand      *local.Provider
	store     *store
	abandoned atomic.Int64

	mu     sync.Mutex
	events []Event
}

func newWorld(t testing.TB, percent any) *world {
	t.Helper()
	w := &world{hand: local.New(), store: &store{Memory: rollback.NewMemory()}}
	require.NoError(t, w.hand.Set(rollout, percent))
	api := isolated.NewAPI()
	require.NoError(t, api.SetProviderAndWait(context.Background(), w.hand))
	t.Cleanup(func() { require.NoError(t, api.Shutdown(context.Background())) })
	declared := []criteria.Criterion{criteria.ErrorRate{}, criteria.Latency{Role: criteria.Hold}, criteria.Backstop{}}
	judge, err := criteria.NewJudge(criteria.Config{Criteria: declared})
	require.NoError(t, err)
	w.Config = Config{
		Name: "test", Version: "2", Keyed: true, Judge: judge, Slots: 64, Deadline: 2 * time.Second,
		Flag: flags.Config{Client: api.NewClient(), Flag: rollout}, Store: w.store,
		Abandoned: func() int { return int(w.abandoned.Load()) }, MaxAbandoned: 4, Recorder: new(telemetry.Recorder),
		OnEvent: w.note,
	}
	return w
}

// start starts the keeper, which ends before the test does.
func (w *world) start(t *testing.T) *Keeper {
	t.Helper()
	k, err := Start(w.Config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close(context.Background(), false)) })
	return k
}

func (w *world) note(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// told are the kinds of the events so far.
func (w *world) told() (kinds []EventKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// store is a memory that can be full.
type store struct {
	*rollback.Memory
	full  atomic.Bool
	tries atomic.Int64
}

var errFull = errors.New("full")

func (s *store) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	s.tries.Add(1)
	if s.full.Load() {
		return rollback.State{}, errFull
	}
	return s.Memory.CompareAndSwap(ctx, next)
}

// request is one request of a unit through the ledger of a keeper.
func request(k *Keeper, unit uint64) ledger.Hold {
	plan := k.Plan()
	h := k.Ledger.Reserve(unit, plan.Step, plan.Mark, plan.Spent)
	h.Begin(k.Now())
	return h
}
