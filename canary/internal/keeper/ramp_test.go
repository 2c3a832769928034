package keeper

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// auditor is a memory that is audited, and can refuse that.
type auditor struct {
	store
	full, hung atomic.Bool

	mu     sync.Mutex
	lines  []rollback.Entry
	shares []string
}

func (a *auditor) Record(ctx context.Context, e rollback.Entry) error {
	if a.hung.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if a.full.Load() {
		return errFull
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Action == "share" {
		a.shares = append(a.shares, e.From+" -> "+e.To)
		return nil
	}
	a.lines = append(a.lines, e)
	return nil
}

// actions are what was recorded so far.
func (a *auditor) actions() (all []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.lines {
		all = append(all, l.Action+" by "+l.Actor)
	}
	return all
}

// climber is a world with a ramp, an audit trail, and traffic of two models that fail alike.
type climber struct {
	*world
	audit *auditor
	k     *Keeper
	rng   *rand.Rand
	fails float64 // of the candidate
}

const baseFails = 0.2

func newClimber(t *testing.T, percent any, ramp rollback.Ramp) *climber {
	t.Helper()
	w := newWorld(t, percent)
	c := &climber{world: w, audit: &auditor{store: store{Memory: rollback.NewMemory()}}, rng: rand.New(rand.NewPCG(3, 4)), fails: baseFails}
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{criteria.ErrorRate{Margin: 0.3}, criteria.Latency{Role: criteria.Observe}}, MinCalls: 20,
	})
	require.NoError(t, err)
	w.Judge, w.Ramp, w.Store, w.Keyed, w.Slots = judge, ramp, c.audit, false, 4096
	c.k = w.start(t)
	return c
}

// serve is a second of traffic after the other.
func (c *climber) serve(seconds int) {
	for range seconds {
		for range 500 {
			plan := c.k.Plan()
			unit := c.rng.Uint64()
			mark, fails := plan.Mark, baseFails
			if route.Bucket(unit, plan.Salt) < plan.Threshold {
				mark, fails = mark|ledger.Candidate, c.fails
			}
			h := c.k.Ledger.Reserve(unit, plan.Step, mark, plan.Spent)
			h.Begin(c.k.Now())
			outcome := ledger.OK
			if c.rng.Float64() < fails {
				outcome = ledger.Error
			}
			h.Settle(outcome, outcome != ledger.OK, int64(time.Millisecond))
		}
		pass(time.Second)
	}
}

// until serves until the share is what it is to be, and returns how many seconds that took.
func (c *climber) until(t *testing.T, share float64) (seconds int) {
	t.Helper()
	for c.k.Plan().Share < share-shareUnit {
		c.serve(1)
		seconds++
		require.Less(t, seconds, 600, "share %v, %v", c.k.Plan().Share, c.k.Snapshot().Proof.Reason)
	}
	require.InDelta(t, share, c.k.Plan().Share, shareUnit)
	return seconds
}

func (c *climber) state(t *testing.T) rollback.State {
	t.Helper()
	s, err := c.audit.Load(t.Context())
	require.NoError(t, err)
	return s
}

var fiveSteps = rollback.Ramp{Steps: []float64{0.05, 0.25, 0.5, 1}, Soak: 10 * time.Second, MinCalls: 20, Auto: true}

// With the flag at 100 the ramp climbs by itself, each step after its soak and its proof, and everything is recorded before it takes effect.
func TestRampClimbsWithProof(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		for _, share := range []float64{0.25, 0.5, 0.95} {
			require.GreaterOrEqual(t, c.until(t, share), 10, "the soak")
		}
		require.Equal(t, rollback.Promoted, c.state(t).Stage)
		c.serve(60)
		require.InDelta(t, 0.95, c.k.Plan().Share, shareUnit, "a person promotes")
		require.Equal(t, []string{"deploy by keeper", "step by ramp", "step by ramp", "step by ramp"}, c.audit.actions())
		require.Equal(t, "shadow, step 5 %", c.audit.lines[0].To)
		require.Equal(t, "ramping, step 5 %", c.audit.lines[1].From)
		require.Equal(t, "ramping, step 25 %", c.audit.lines[1].To)
		require.Contains(t, c.audit.lines[1].Evidence, "ln E")
		require.Equal(t, []string{"0 % -> 5 %", "5 % -> 25 %", "25 % -> 50 %", "50 % -> 95 %"}, c.audit.shares)

		require.NoError(t, c.k.Promote(t.Context(), "alice"))
		require.True(t, c.k.Plan().Promoted)
		require.Zero(t, c.k.Plan().Threshold)
		require.Equal(t, Promoted, c.k.Plan().Reason)
		require.Equal(t, rollback.Finished, c.state(t).Stage)
		require.Zero(t, c.state(t).Beacon.Unclean())

		require.Equal(t, rollback.Trip{Applied: true, Durable: true}, c.k.Rollback(t.Context(), "alice", "users complain"))
		require.False(t, c.k.Plan().Promoted)
		require.Equal(t, RolledBack, c.k.Plan().Reason)
		pass(time.Second)
		require.Equal(t, []string{"promote by alice", "trip by alice"}, c.audit.actions()[4:])
		require.Contains(t, c.told(), PromotedEvent)
	})
}

// Without traffic, without time, or with a candidate that is worse, nothing is a proof.
func TestRampWaitsForProof(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		pass(time.Hour)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit, "no traffic")
		c.fails = 0.55 // base, tolerance and margin
		c.serve(100)
		require.LessOrEqual(t, c.k.Plan().Share, 0.05+shareUnit, "worse by the margin")
		require.NotContains(t, c.told(), Stepped)
	})
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, rollback.Ramp{Steps: []float64{0.05, 1}, Soak: time.Hour, MinCalls: 20, Auto: true})
		c.serve(100)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit, "the soak is not over")
		require.True(t, c.k.Snapshot().Proof.Ready)
	})
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 2, fiveSteps)
		c.serve(100)
		require.InDelta(t, 0.02, c.k.Plan().Share, shareUnit, "the flag is lower than the step")
		require.Zero(t, c.k.Snapshot().Soaked, "so the step has not been tried")
	})
}

// What was proven at one step says nothing of the next: without traffic at the new share nothing goes on, however short the soak.
func TestEachStepNeedsItsOwnProof(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ramp := fiveSteps
		ramp.Soak = 0
		c := newClimber(t, 100, ramp)
		for _, share := range []float64{0.25, 0.5, 0.95} {
			c.until(t, share)
			pass(time.Hour)
			require.InDelta(t, share, c.k.Plan().Share, shareUnit)
			require.False(t, c.k.Snapshot().Proof.Ready)
		}
		require.ErrorContains(t, c.k.Promote(t.Context(), "alice"), "no call of this step has been judged yet")
		c.serve(30)
		require.NoError(t, c.hand.Set(rollout, 10))
		c.serve(30)
		require.True(t, c.k.Snapshot().Proof.Ready)
		require.ErrorContains(t, c.k.Promote(t.Context(), "alice"), "the candidate has a share of 10 % now")
		require.NoError(t, c.hand.Set(rollout, 100))
		c.serve(30)
		require.NoError(t, c.k.Promote(t.Context(), "alice"))
	})
}

// Where steps are approved the approval waits for the proof.
func TestRampWaitsForApproval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ramp := fiveSteps
		ramp.Auto = false
		c := newClimber(t, 100, ramp)
		c.serve(60)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		require.NoError(t, c.k.Approve(t.Context(), "alice"))
		require.ErrorIs(t, c.k.Approve(t.Context(), "bob"), ErrRefused)
		c.until(t, 0.25)
		c.serve(60)
		require.InDelta(t, 0.25, c.k.Plan().Share, shareUnit, "each step")
		require.Equal(t, []string{"deploy by keeper", "approve by alice", "step by ramp"}, c.audit.actions())
	})
}

// What a person has decided the ramp does not undo; what it may do again it does when a person says so.
func TestRampNeverUndoesAPerson(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		require.NoError(t, c.k.Jump(t.Context(), "alice", "the press asks", 0.5))
		require.InDelta(t, 0.5, c.k.Plan().Share, shareUnit)
		require.NoError(t, c.k.Jump(t.Context(), "bob", "too warm", 0.05))
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		c.serve(60)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		require.NoError(t, c.k.Resume(t.Context(), "bob"))
		c.until(t, 0.25)
		require.NoError(t, c.k.Hold(t.Context(), "carol", "lunch"))
		c.serve(60)
		require.InDelta(t, 0.25, c.k.Plan().Share, shareUnit)
		require.ErrorContains(t, c.k.Promote(t.Context(), "dan"), "refused: the candidate has not had its full share yet")
		require.ErrorContains(t, c.k.Jump(t.Context(), "dan", "", 0.3), "refused: there is no such step")
		require.NoError(t, c.hand.Set(rollout, 1))
		pass(3 * time.Second)
		require.InDelta(t, 0.01, c.k.Plan().Share, shareUnit, "the flag can always lower")
		require.Equal(t, []EventKind{Jumped, ShareChanged, Jumped, ShareChanged, Resumed, Stepped, ShareChanged, HeldEvent, ShareChanged}, dropKinds(c.told(), StateMissing))
	})
}

func dropKinds(all []EventKind, not EventKind) (kept []EventKind) {
	for i, kind := range all {
		if kind != not && i > 1 {
			kept = append(kept, kind)
		}
	}
	return kept
}

// A trail that cannot be written stops what would expose more, and nothing else.
func TestAuditThatFailsBlocksOnlyWhatRaises(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		c.audit.full.Store(true)
		c.serve(60)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		require.Contains(t, c.told(), AuditFailed)
		require.ErrorIs(t, c.k.Jump(t.Context(), "alice", "now", 0.5), errFull)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		require.NoError(t, c.k.Hold(t.Context(), "alice", "then not"))
		require.ErrorIs(t, c.k.Resume(t.Context(), "alice"), errFull)
		c.audit.full.Store(false)
		require.NoError(t, c.k.Resume(t.Context(), "alice"))
		c.until(t, 0.25)
		c.audit.full.Store(true)
		require.True(t, c.k.Rollback(t.Context(), "alice", "worse").Durable)
		require.Equal(t, rollback.RolledBack, c.state(t).Stage)
	})
}

func TestAuditThatHangsDelaysOnlyWhatRaises(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		c.audit.hung.Store(true)
		c.serve(60)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, c.k.Jump(ctx, "alice", "now", 0.5), context.DeadlineExceeded)
		before := time.Now()
		require.True(t, c.k.Rollback(t.Context(), "alice", "worse").Durable)
		require.Zero(t, time.Since(before))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.k.Close(ctx, false), "the audit trail is still being written")
	})
}

// A store that cannot take a step keeps it from happening until it can.
func TestStepWaitsForTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		c.audit.store.full.Store(true)
		c.serve(60)
		require.InDelta(t, 0.05, c.k.Plan().Share, shareUnit)
		c.audit.store.full.Store(false)
		c.until(t, 0.25)
	})
}

// A restart goes on at the step where it was, with what people have decided.
func TestRampSurvivesARestart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, fiveSteps)
		c.until(t, 0.25)
		require.NoError(t, c.k.Hold(t.Context(), "alice", "night"))
		require.NoError(t, c.k.Close(t.Context(), false))
		require.Zero(t, c.state(t).Beacon.Unclean())

		judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Margin: 0.3}}, MinCalls: 20})
		require.NoError(t, err)
		c.Judge = judge
		c.k = c.start(t)
		require.InDelta(t, 0.25, c.k.Plan().Share, shareUnit)
		c.serve(60)
		require.InDelta(t, 0.25, c.k.Plan().Share, shareUnit)
		require.NoError(t, c.k.Resume(t.Context(), "alice"))
		c.until(t, 0.5)
	})
}

// A promotion serves on after a restart, and is rolled back at once by a person.
func TestPromotionSurvivesARestart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newClimber(t, 100, rollback.Ramp{})
		require.ErrorContains(t, c.k.Promote(t.Context(), "alice"), "refused")
		c.serve(30)
		require.NoError(t, c.k.Promote(t.Context(), "alice"))
		require.NoError(t, c.k.Close(t.Context(), false))
		require.True(t, c.k.Plan().Promoted, "a closed canary serves with the model in service")

		judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}})
		require.NoError(t, err)
		c.Judge = judge
		c.k = c.start(t)
		require.True(t, c.k.Plan().Promoted)
		require.ErrorIs(t, c.k.Approve(t.Context(), "alice"), ErrRefused)
		require.True(t, c.k.Rollback(t.Context(), "alice", "worse").Durable)
		require.False(t, c.k.Plan().Promoted)
	})
}

// Three unclean ends with the candidate exposed, and the fourth start finds it out; clean ends and such without exposure do not count.
func TestCrashLoop(t *testing.T) {
	for _, c := range []struct {
		name    string
		percent float64
		clean   bool
		out     bool
	}{{"killed", 50, false, true}, {"clean", 50, true, false}, {"not exposed", 0, false, false}} {
		inBubble(t, func(t *testing.T) {
			w := newWorld(t, c.percent)
			for start := range 4 {
				judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}})
				require.NoError(t, err)
				w.Judge = judge
				kept := &survivor{store: w.store}
				w.Store = kept
				k, err := Start(w.Config)
				require.NoError(t, err)
				out := c.out && start == 3
				require.Equal(t, out, k.Plan().Reason == RolledBack, "%s, start %d", c.name, start)
				require.Equal(t, c.percent > 0 && !out, k.Plan().Threshold > 0)
				if !c.clean {
					kept.dead.Store(true) // what the end of the process would have saved
				}
				_ = k.Close(t.Context(), false)
			}
			state, err := w.store.Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.out, state.Tripped())
			if c.out {
				require.Equal(t, rollback.ReasonCrashLoop, state.Cause.Reason)
				require.Contains(t, w.told(), TrippedEvent)
			}
		})
	}
}

// survivor is a store whose process can die.
type survivor struct {
	*store
	dead atomic.Bool
}

var errDead = errors.New("dead")

func (s *survivor) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	if s.dead.Load() {
		return rollback.State{}, errDead
	}
	return s.store.CompareAndSwap(ctx, next)
}

// A candidate that is not loaded has no share; one that is promoted serves when it is.
func TestShareWaitsForTheCandidate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		var needed, loaded atomic.Bool
		w.Ready = func(need bool, _ func(Event)) bool {
			needed.Store(need)
			return loaded.Load()
		}
		k := w.start(t)
		require.Equal(t, Loading, k.Plan().Reason)
		require.Zero(t, k.Plan().Threshold)
		require.True(t, needed.Load())
		loaded.Store(true)
		pass(2 * time.Second)
		require.InDelta(t, 0.5, k.Plan().Share, shareUnit)
		require.NoError(t, w.hand.Set(rollout, 0))
		pass(3 * time.Second)
		require.False(t, needed.Load())
		require.NoError(t, w.hand.Set(rollout, 50))
		pass(3 * time.Second)
		require.True(t, needed.Load())
		k.Rollback(t.Context(), "alice", "worse")
		pass(3 * time.Second)
		require.False(t, needed.Load())
	})
}

// A decision that lets the candidate have more is in force when it returns, however long the store takes to remember that.
func TestJumpIsInForceWhenItReturns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 100)
		w.Store, w.Ramp = unhurried{rollback.NewMemory()}, rollback.Ramp{Steps: []float64{0.01, 0.25, 1}}
		k := w.start(t)
		pass(time.Second)
		require.InDelta(t, 0.01, k.Plan().Share, 1e-9)
		require.NoError(t, k.Jump(t.Context(), "alice", "the press is asking", 0.25))
		require.InDelta(t, 0.25, k.Plan().Share, 1e-9)
	})
}

// unhurried is a store that takes its time to write.
type unhurried struct{ *rollback.Memory }

func (s unhurried) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	<-time.After(50 * time.Millisecond)
	return s.Memory.CompareAndSwap(ctx, next)
}
