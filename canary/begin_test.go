package canary_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

func versionOf(version string) canary.Model[string, string] {
	return canary.Model[string, string]{Version: version, Predictor: answering(version)}
}

// After a rollback the mended model is begun in the running process, with what a person has said and the store has taken.
func TestBeginAfterARollback(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		var j journal
		cfg.OnEvent = j.note
		c := open(t, cfg)
		require.True(t, c.Rollback(t.Context(), "alice", "worse").Durable)
		requireShare(t, c, 0, canary.ReasonRolledBack)

		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("candidate-3")))
		requireShare(t, c, 0.95, canary.ReasonSplit)
		key := keyOf(t, c, canary.Candidate)
		out, err := w.call(c, t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "candidate-3: "+key, out)
		s := c.Snapshot()
		require.EqualValues(t, 2, s.State.Epoch)
		require.Equal(t, "candidate-3", s.Candidate)
		require.Equal(t, stableIs, s.Stable)
		require.True(t, s.State.RolledBack(candidate))

		require.NoError(t, c.Begin(t.Context(), "bob", versionOf(candidate)), "a person may bring it back")
		requireShare(t, c, 0.95, canary.ReasonSplit)
		pass(time.Second)
		begun := j.all(canary.Begun)
		require.Len(t, begun, 2)
		require.Equal(t, "bob", begun[1].Actor)
		require.EqualValues(t, 3, begun[1].Epoch)
	})
}

// After a promotion the next candidate is compared with the promoted model, and a rollback returns to that.
func TestBeginAfterAPromotion(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg, h := loading(t, 100)
		close(h.hold)
		c := promotable(t, cfg)
		require.NoError(t, c.Promote(t.Context(), "alice"))
		require.ErrorContains(t, c.Begin(t.Context(), "alice", versionOf(candidate)), `"candidate-2" is stable's version too`)
		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("candidate-3")))
		requireShare(t, c, 0.95, canary.ReasonSplit)
		require.Equal(t, candidate, c.Snapshot().Stable)
		pass(time.Hour)
		require.Zero(t, h.closes.Load(), "it is stable now")
		require.True(t, c.Rollback(t.Context(), "alice", "worse").Durable)
		out, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "candidate: x", out)
		require.Equal(t, candidate, d.Version)
		require.NoError(t, c.Shutdown(t.Context()))
		require.EqualValues(t, 1, h.closes.Load())
	})
}

// A restart with the new version in the configuration goes on; one with the old configuration is a deployment of what that says.
func TestRestartAfterBegin(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 100)
		c := promotable(t, cfg)
		require.NoError(t, c.Promote(t.Context(), "alice"))
		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("candidate-3")))
		require.NoError(t, c.Shutdown(t.Context()))

		next := cfg
		next.Stable, next.Candidate = cfg.Candidate, versionOf("candidate-3")
		c = open(t, next)
		require.EqualValues(t, 2, c.Snapshot().State.Epoch)
		requireShare(t, c, 0.95, canary.ReasonSplit)
		require.NoError(t, c.Shutdown(t.Context()))

		c = open(t, cfg)
		s := c.Snapshot()
		require.EqualValues(t, 3, s.State.Epoch)
		require.Equal(t, canary.ReasonPromoted, s.Reason, "it was promoted, and serves")
		require.Equal(t, candidate, s.Stable)
	})
}

// What cannot be stored is not begun: the old epoch goes on.
func TestBeginNeedsTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 50)
		kept := &moodyStore{Memory: rollback.NewMemory()}
		cfg.Store = kept
		c := open(t, cfg)
		kept.full.Store(true)
		require.ErrorIs(t, c.Begin(t.Context(), "alice", versionOf("3")), errDisk)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.Equal(t, candidate, c.Snapshot().Candidate)
		kept.full.Store(false)
		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("3")))
	})
}

// moodyStore is a memory that can be full.
type moodyStore struct {
	*rollback.Memory
	full atomic.Bool
}

func (s *moodyStore) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	if s.full.Load() {
		return rollback.State{}, errDisk
	}
	return s.Memory.CompareAndSwap(ctx, next)
}

// A state file beyond reading is kept beside the one that a person begins with.
func TestBeginReplacesWhatCannotBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.state")
	require.NoError(t, os.WriteFile(path, []byte("not a state"), 0o600))
	store, err := rollback.OpenFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) }) // after the canary
	cfg := config(t, 50)
	cfg.Store = store
	c := open(t, cfg)
	require.Equal(t, canary.ReasonStateUnknown, c.Snapshot().Reason)
	require.NoError(t, c.Begin(t.Context(), "alice", versionOf("3")))
	require.Equal(t, canary.ReasonSplit, c.Snapshot().Reason)
	kept, err := os.ReadFile(path + ".bad")
	require.NoError(t, err)
	require.Equal(t, "not a state", string(kept))
}

// Under traffic each request is entirely one epoch's, and none is lost, however often a new one is begun.
func TestHotSwap(t *testing.T) {
	swaps := 1000
	if testing.Short() {
		swaps = 100
	}
	cfg := config(t, 50)
	cfg.Candidate = canary.Model[string, string]{}
	c, err := canary.NewOfSlots(cfg, 256)
	require.NoError(t, err)
	stop := make(chan struct{})
	var traffic sync.WaitGroup
	var served [2]atomic.Int64
	for g := range 2 {
		traffic.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				in := fmt.Sprint(g, " ", i)
				out, d, err := c.Decide(context.Background(), in)
				want := d.Version + ": " + in
				if d.Version == stableIs {
					want = "stable: " + in
				}
				if err != nil || out != want || d.Arm == canary.Candidate && d.Version != fmt.Sprint("v", d.Epoch) {
					t.Errorf("%q, %v, %v", out, d, err)
					return
				}
				served[d.Arm].Add(1)
			}
		})
	}
	for i := range swaps {
		require.NoError(t, c.Begin(context.Background(), "alice", versionOf(fmt.Sprint("v", i+1))))
	}
	close(stop)
	traffic.Wait()
	require.EqualValues(t, swaps, c.Snapshot().State.Epoch)
	require.Positive(t, served[canary.Candidate].Load())
	require.NoError(t, c.Shutdown(context.Background()))
}

// Epochs that are over are let go.
func TestBeginLeaksNothing(t *testing.T) {
	cfg := config(t, 50)
	c, err := canary.NewOfSlots(cfg, 256)
	require.NoError(t, err)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	begin := func(n int) {
		for i := range n {
			require.NoError(t, c.Begin(t.Context(), "alice", versionOf(fmt.Sprint("v", i%2))))
			_, err := c.Predict(t.Context(), "x")
			require.NoError(t, err)
		}
		canary.WaitForLeavers(c)
	}
	begin(10)
	before := heap()
	begin(50)
	require.Less(t, heap()-before, int64(2<<20))
	require.NoError(t, c.Shutdown(t.Context()))
}

// Begin, rollbacks and the end of the canary at once.
func TestBeginConcurrentSafe(t *testing.T) {
	for round := range 20 {
		c, err := canary.NewOfSlots(config(t, 50), 256)
		require.NoError(t, err)
		var all sync.WaitGroup
		for g := range 3 {
			all.Go(func() {
				for i := range 5 {
					if err := c.Begin(context.Background(), "alice", versionOf(fmt.Sprint("v", g, i))); err != nil && !errors.Is(err, canary.ErrClosed) {
						t.Error(err)
					}
					if round%2 == 0 { // a rollback that meets the end says that it is not stored, and so does the end
						c.Rollback(context.Background(), "alice", "worse")
					}
					_ = c.Snapshot()
				}
			})
		}
		if round%2 == 0 {
			all.Wait()
		}
		all.Go(func() {
			if err := c.Shutdown(context.Background()); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		out, err := c.Predict(context.Background(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
		require.NoError(t, c.Shutdown(context.Background()))
	}
}
