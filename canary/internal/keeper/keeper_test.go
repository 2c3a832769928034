package keeper

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/rollback"
)

func TestStartRefusesABadFlag(t *testing.T) {
	w := newWorld(t, 5)
	w.Flag = flags.Config{}
	k, err := Start(w.Config)
	require.Nil(t, k)
	require.ErrorContains(t, err, "Client is nil")
}

// Start returns when state and flag are in the plan, not before.
func TestStartWaitsForThePlan(t *testing.T) {
	for range 50 {
		inBubble(t, func(t *testing.T) {
			began := time.Now()
			k := newWorld(t, 25).start(t)
			require.Less(t, time.Since(began), 10*time.Millisecond)
			p := k.Plan()
			require.InDelta(t, 0.25, p.Share, 1e-12)
			require.Equal(t, route.Threshold(0.25), p.Threshold)
			require.Equal(t, route.Salt("test", 1, 0), p.Salt)
			require.Equal(t, Split, p.Reason)
			require.Equal(t, uint64(1), p.Epoch)
			require.NotNil(t, p.Spent)
			require.False(t, p.Closed)
		})
	}
}

// A plan is replaced when something in it changes, and its step only when the share or the epoch does.
func TestPlanSteps(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 25)
		k := w.start(t)
		first := k.Plan()
		pass(time.Minute)
		require.Same(t, first, k.Plan(), "nothing has changed")

		require.NoError(t, w.hand.Set(rollout, "nonsense"))
		pass(time.Second)
		held := k.Plan()
		require.Equal(t, first.Step, held.Step, "the same share is the same step")
		require.Same(t, first.Spent, held.Spent)
		require.Equal(t, FlagError, held.Reason)
		require.NotZero(t, held.Mark&ledger.Excluded, "what is held is no evidence")

		require.NoError(t, w.hand.Set(rollout, 50))
		pass(time.Second)
		next := k.Plan()
		require.Equal(t, first.Step+1, next.Step)
		require.Equal(t, first.Salt, next.Salt, "a growing share keeps its units")
		require.NotSame(t, first.Spent, next.Spent)
		require.Zero(t, next.Mark&ledger.Excluded)
	})
}

// An overdue call is settled in awake time, and its slot comes back when it ends.
func TestOverdueInAwakeTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		k := newWorld(t, 5).start(t)
		h := request(k, 1)
		pass(1990 * time.Millisecond)
		require.Zero(t, k.cfg.Recorder.Ended(0, uint8(ledger.Overdue)))
		pass(50 * time.Millisecond)
		require.EqualValues(t, 1, k.cfg.Recorder.Ended(0, uint8(ledger.Overdue)))
		require.Equal(t, 1, k.fold.underWay())
		require.False(t, h.Settle(ledger.OK, false, 1), "too late to count")
		pass(50 * time.Millisecond)
		require.Zero(t, k.fold.underWay())
	})
}

// Evidence waits for stragglers, but only so many cohorts: the rest of their requests are folded without them.
func TestCohortsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 0)
		w.Deadline = time.Hour
		w.Slots = 1024
		k := w.start(t)
		straggler := request(k, 0)
		for unit := range uint64(600) {
			h := request(k, unit+1)
			h.Settle(ledger.OK, false, 1)
			pass(2 * poll)
		}
		k.fold.mu.Lock()
		waiting := len(k.fold.waiting)
		k.fold.mu.Unlock()
		require.Equal(t, maxCohorts, waiting)
		require.EqualValues(t, 600, k.cfg.Recorder.Ended(0, uint8(ledger.OK)), "the totals do not wait")
		straggler.Settle(ledger.OK, false, 1)
		pass(time.Second)
		k.fold.mu.Lock()
		defer k.fold.mu.Unlock()
		require.Empty(t, k.fold.waiting)
		require.EqualValues(t, maxCohorts, k.fold.tally.evaluations)
	})
}

// A step that no request was seen of is forgotten but for its share.
func TestStepsAreBounded(t *testing.T) {
	var s steps
	for i := range 1000 {
		s.add(step{id: uint32(i), share: float64(i%100) / 100})
	}
	require.Len(t, s.waiting, maxWaitingSteps)
	oldest, ok := s.take()
	require.True(t, ok)
	require.EqualValues(t, 1000-maxWaitingSteps, oldest.id)
	require.InDelta(t, 0.99, oldest.earlier, 1e-12)
	for range maxWaitingSteps - 1 {
		_, ok = s.take()
		require.True(t, ok)
	}
	_, ok = s.take()
	require.False(t, ok)
}

// Many calls that hang past their timeout are a verdict of their own.
func TestHangTrips(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		k := w.start(t)
		w.abandoned.Store(3)
		pass(time.Minute)
		require.Equal(t, Split, k.Plan().Reason)
		w.abandoned.Store(4)
		pass(time.Second)
		require.Equal(t, RolledBack, k.Plan().Reason)
		w.abandoned.Store(0)
		pass(time.Minute)
		require.Equal(t, RolledBack, k.Plan().Reason, "a latch has no way back")
		var causes []string
		k.Rollbacks(func(cause, origin string, n int64) { causes = append(causes, cause, origin) })
		require.Equal(t, []string{"hang", "local"}, causes)
	})
}

// A broken split takes the candidate out without blaming it, and the flag cannot bring it back.
func TestRoutingBrokenHoldsTheRollout(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		k := w.start(t)
		k.breakRouting(errRouting)
		require.Equal(t, RoutingBroken, k.Plan().Reason)
		require.Zero(t, k.Plan().Threshold)
		require.NoError(t, w.hand.Set(rollout, 60))
		pass(time.Minute)
		require.Equal(t, RoutingBroken, k.Plan().Reason)
		require.Equal(t, "routing_broken", k.StateName())
		state, err := w.store.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, rollback.Ramping, state.Stage, "neither model is blamed")
		require.NoError(t, k.Rollback(t.Context(), "alice", "anyway").Err)
		require.Equal(t, RolledBack, k.Plan().Reason)
		require.Contains(t, w.told(), RoutingBrokenEvent)
	})
}

// A criterion with role Hold keeps the share from rising; it may still fall, and come back to where it was.
func TestHoldIsACeiling(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 25)
		k := w.start(t)
		k.hold("latency")
		k.hold("latency")
		for _, step := range []struct{ percent, share float64 }{{50, 0.25}, {10, 0.1}, {100, 0.25}, {0, 0}, {25, 0.25}} {
			require.NoError(t, w.hand.Set(rollout, step.percent))
			pass(time.Second)
			require.InDelta(t, step.share, k.Plan().Share, 1e-12)
		}
		require.Equal(t, "criterion latency: limit reached", k.Snapshot().State.Hold.Cause.Reason)
		held := 0
		for _, kind := range w.told() {
			if kind == HeldEvent {
				held++
			}
		}
		require.Equal(t, 1, held)
	})
}

// Idle keepers wake on a common grid; a change of the flag does not wait for it.
func TestIdleKeepersWakeTogether(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		pass(123 * time.Millisecond)
		for _, c := range []struct {
			percent int
			grid    time.Duration
		}{{0, idleStable}, {5, idleExposed}} {
			w := newWorld(t, c.percent)
			k := w.start(t)
			pass(5 * time.Second)
			wait := k.interval(linger)
			require.Zero(t, time.Now().Add(wait).UnixNano()%int64(c.grid))
			require.LessOrEqual(t, wait, c.grid)
			require.Equal(t, poll, k.interval(linger-1))
			require.NoError(t, w.hand.Set(rollout, 50))
			pass(50 * time.Millisecond)
			require.InDelta(t, 0.5, k.Plan().Share, 1e-12)
		}
	})
}

func TestReasonsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for r := range NumReasons {
		require.NotEmpty(t, r.String())
		require.NotEmpty(t, r.FlagReason())
		require.False(t, seen[r.String()])
		seen[r.String()] = true
	}
	require.Equal(t, "unknown", NumReasons.String())
	require.Equal(t, "unknown", NumReasons.FlagReason())
	require.Less(t, int(NumReasons), 17, "the recorder counts that many")
}

// Close ends everything once, whoever calls it how often, while requests go on. A rollback at the same time is either stored or told to be not.
func TestCloseConcurrentSafe(t *testing.T) {
	w := newWorld(t, 50)
	k, err := Start(w.Config)
	require.NoError(t, err)
	var wg sync.WaitGroup
	var promised atomic.Bool
	for g := range uint64(8) {
		wg.Go(func() {
			for i := range uint64(500) {
				if k.Plan().Closed {
					return
				}
				request(k, g<<32|i).Settle(ledger.OK, false, int64(i))
			}
		})
		wg.Go(func() {
			if err := k.Rollback(t.Context(), "alice", "enough").Err; err == nil {
				promised.Store(true)
			}
			_ = k.Snapshot()
		})
	}
	for range 4 {
		wg.Go(func() {
			if err := k.Close(context.Background(), false); err != nil && !errors.Is(err, errClosed) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	err = k.Close(context.Background(), false)
	state, _ := w.store.Load(t.Context())
	require.Equal(t, state.Tripped(), err == nil, "what is lost is told: %v", err)
	require.True(t, state.Tripped() || !promised.Load())
	require.Zero(t, k.fold.underWay())
	require.Equal(t, "closed", k.StateName())
}

// A clock that jumps cannot make awake time run backwards or leap.
func TestAwakeTimeIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 5)
		w.Manual = true
		k := w.start(t)
		before := k.awake.Load()
		k.Step(-time.Hour)
		require.Equal(t, before, k.awake.Load())
		k.Step(time.Second)
		require.Equal(t, before+int64(time.Second), k.awake.Load())
	})
}

func TestAlikeErrors(t *testing.T) {
	file := func(reason error, seen string) error {
		return &rollback.StateError{Path: "state", Reason: reason, Err: errors.New(seen)}
	}
	require.True(t, alike(file(rollback.ErrUnwritable, "state.1.new"), file(rollback.ErrUnwritable, "state.2.new")))
	require.False(t, alike(file(rollback.ErrUnwritable, "x"), file(rollback.ErrCorrupt, "x")))
	require.True(t, alike(fs.ErrPermission, fs.ErrPermission))
	require.False(t, alike(fs.ErrPermission, errFull))
	require.False(t, alike(fs.ErrPermission, file(rollback.ErrUnwritable, "x")))
}

// Judging by criteria of a share that is not a number must be impossible: the plan has none.
func TestPlanShareIsAlwaysANumber(t *testing.T) {
	for _, percent := range []any{math.MaxFloat64, math.Copysign(0, -1), 1e-300, 99.999} {
		inBubble(t, func(t *testing.T) {
			share := newWorld(t, percent).start(t).Plan().Share
			require.False(t, math.IsNaN(share))
			require.GreaterOrEqual(t, share, 0.0)
			require.LessOrEqual(t, share, 0.95)
		})
	}
}

// A limit of 0 would read as one that is reached.
func TestLimitIsKnownBeforeTheFirstFold(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 5)
		w.Manual = true
		s := w.start(t).Snapshot()
		require.InDelta(t, math.Log(100), s.Limit, 1e-12)
		require.LessOrEqual(t, s.LogE, 0.0)
	})
}
