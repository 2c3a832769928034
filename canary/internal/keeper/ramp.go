package keeper

import (
	"context"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// proofEvery is the awake time between two looks at the proof that a step waits for.
const proofEvery = time.Second

// soak is how long the candidate has had the share of the present step, as far as it needs to.
type soak struct {
	step   float64       // which one
	time   time.Duration // awake, and with that share
	look   time.Duration // awake time of the keeper at which the proof is looked at next
	asked  bool          // a step is being taken
	proven criteria.Promotion
}

// climb lets the clock of the present step run and takes the next step when everything speaks for it.
func (k *Keeper) climb(awake time.Duration) {
	k.mu.Lock()
	state, plan := k.latch.State(), k.plan.Load()
	s := &k.soak
	if s.step != state.Step {
		*s = soak{step: state.Step, asked: s.asked}
	}
	whole := k.known && plan.Reason == Split && k.whole(state)
	if whole {
		s.time = min(s.time+awake, k.machine.Ramp.MinTime(state.Step))
	}
	due := whole && k.mayStep(state) && !s.asked && time.Duration(k.awake.Load()) >= s.look
	k.mu.Unlock()
	if !due {
		return
	}
	proof := k.fold.promotion()
	k.mu.Lock()
	s.proven = proof
	s.look = time.Duration(k.awake.Load()) + proofEvery
	s.asked = proof.Ready && k.routing == nil
	asked := s.asked
	k.mu.Unlock()
	if asked {
		k.scribe.propose(rollback.Event{Kind: rollback.OnStep, Proven: true, Cause: rollback.Cause{Actor: "ramp", Reason: proof.Reason, At: time.Now()}})
	}
}

// whole reports whether all is applied that the state allows, so that what is proven is proven of that. It is called under the mutex.
func (k *Keeper) whole(state rollback.State) bool {
	full := k.machine.Share(state, 1)
	return full > 0 && k.plan.Load().Share >= full-shareUnit
}

// shareUnit is how much a share may lie below what was asked for, by the granularity of buckets.
const shareUnit = 1e-9

// mayStep reports whether all but the proof is there for the next step. It is called under the mutex.
func (k *Keeper) mayStep(state rollback.State) bool {
	ramp := k.machine.Ramp
	if _, more := ramp.After(state.Step); !more || !k.known || k.closing || state.Tripped() || state.Stage == rollback.Finished {
		return false
	}
	return !state.Hold.Held() && (ramp.Auto || state.Approved) && k.soak.time >= ramp.MinTime(state.Step)
}

// stepEnded says that a step was taken, or could not be.
func (k *Keeper) stepEnded() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.soak.asked = false
	k.soak.look = time.Duration(k.awake.Load()) + stepAgain
}

// soaked is how long the candidate has had the share of the step it is at.
func (k *Keeper) soaked() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.soak.time
}

// Promote makes the candidate the stable model, on a person's word and with proof.
func (k *Keeper) Promote(ctx context.Context, who string) error {
	proof := k.fold.promotion()
	k.mu.Lock()
	state := k.latch.State()
	left := k.machine.Ramp.MinTime(state.Step) - k.soak.time
	if k.soak.step != state.Step {
		left = k.machine.Ramp.MinTime(state.Step)
	}
	broken, whole := k.routing, k.whole(state)
	k.mu.Unlock()
	e := rollback.Event{Kind: rollback.OnPromote, Proven: proof.Ready && left <= 0 && broken == nil && whole, Cause: rollback.Cause{Actor: who, Reason: proof.Reason}}
	if _, _, err := k.foresee(e); err != nil && !e.Proven && state.Stage == rollback.Promoted {
		switch {
		case broken != nil:
			return fmt.Errorf("canary: promote: %w: %w", ErrRefused, broken)
		case !whole:
			return fmt.Errorf("canary: promote: %w: the candidate has a share of %.4g %% now", ErrRefused, 100*k.plan.Load().Share)
		case left > 0:
			return fmt.Errorf("canary: promote: %w: the candidate has to bake for another %v", ErrRefused, rounded(left))
		default:
			return fmt.Errorf("canary: promote: %w: %s", ErrRefused, proof.Reason)
		}
	}
	return k.Decide(ctx, e)
}

// rounded is a duration for people.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// Jump moves the ramp to another of its steps; Hold, Resume and Approve are what they say.
func (k *Keeper) Jump(ctx context.Context, who, why string, share float64) error {
	return k.Decide(ctx, rollback.Event{Kind: rollback.OnJump, Share: share, Cause: rollback.Cause{Actor: who, Reason: why}})
}

// Hold keeps the share from rising beyond what it is.
func (k *Keeper) Hold(ctx context.Context, who, why string) error {
	return k.Decide(ctx, rollback.Event{Kind: rollback.OnHold, Share: k.plan.Load().Share, Cause: rollback.Cause{Actor: who, Reason: why}})
}

// Resume lifts a hold.
func (k *Keeper) Resume(ctx context.Context, who string) error {
	return k.Decide(ctx, rollback.Event{Kind: rollback.OnResume, Cause: rollback.Cause{Actor: who}})
}

// Approve agrees to the next step, which is taken when its proof is there.
func (k *Keeper) Approve(ctx context.Context, who string) error {
	return k.Decide(ctx, rollback.Event{Kind: rollback.OnApprove, Cause: rollback.Cause{Actor: who}})
}

// promotion is how far the proof is that the candidate may get more.
func (f *fold) promotion() criteria.Promotion {
	f.mu.Lock()
	defer f.mu.Unlock()
	if step := f.k.plan.Load().Step; f.judged != step || f.current.id != step || f.current.share <= 0 {
		return criteria.Promotion{Reason: "no call of this step has been judged yet"}
	}
	p := f.judge.Promotion()
	if p.Ready && f.routing.Broken() {
		p.Ready, p.Reason = false, errRouting.Error()
	}
	return p
}

// summary is the evidence in a line, for the audit trail.
func (f *fold) summary() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("ln E %.3g of %.3g, routing ln E %.3g, %d and %d calls counted of stable and candidate",
		f.last.LogE, f.last.Limit, f.routing.LogE(), f.tally.counted[criteria.Stable], f.tally.counted[criteria.Candidate])
}
