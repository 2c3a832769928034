package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

// ErrRefused means that the state of the rollout does not allow what was asked for, and that nothing has changed.
var ErrRefused = errors.New("refused")

// Decide lets a person decide about the ramp. What exposes more is written to the audit trail and the store before it takes effect; what exposes less takes effect
// at once. The error wraps ErrRefused when nothing has changed and nothing will.
func (k *Keeper) Decide(ctx context.Context, e rollback.Event) error {
	e.Cause.At = time.Now()
	after, effects, err := k.foresee(e)
	if err != nil {
		return err
	}
	if !effects.Raises {
		return k.lower(ctx, e)
	}
	if err := k.scribe.record(ctx, k.entry(e, k.latchState(), after)); err != nil {
		return fmt.Errorf("canary: %s: not done, because it cannot be recorded: %w", e.Kind, err)
	}
	saving, err := k.raise(e)
	if err != nil {
		return err
	}
	if err := k.await(ctx, saving); err != nil {
		return fmt.Errorf("canary: %s: not stored yet, and without effect until then: %w", e.Kind, err)
	}
	k.learn(after)
	k.expose(ctx)
	return nil
}

// expose waits until the store remembers the share that a decision allows, and applies it. Should that fail it is applied when the store does.
func (k *Keeper) expose(ctx context.Context) {
	k.mu.Lock()
	saving := k.exposing
	k.mu.Unlock()
	if saving != nil && k.await(ctx, saving) == nil {
		k.refresh()
	}
}

// foresee is what an event would bring about now.
func (k *Keeper) foresee(e rollback.Event) (rollback.State, rollback.Effects, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.closing:
		return rollback.State{}, rollback.Effects{}, fmt.Errorf("canary: %s: %w", e.Kind, errClosed)
	case !k.known:
		return rollback.State{}, rollback.Effects{}, fmt.Errorf("canary: %s: %w", e.Kind, errors.Join(k.stateErr, errStarting))
	}
	after, effects := k.machine.On(k.latch.State(), e)
	if effects.Refused != "" {
		return after, effects, fmt.Errorf("canary: %s: %w: %s", e.Kind, ErrRefused, effects.Refused)
	}
	return after, effects, nil
}

// raise asks for the state after an event to be stored, without applying it: it is learned when the store has it. Should something else be decided before, the
// machine and the join of states say which of the two counts.
func (k *Keeper) raise(e rollback.Event) (*attempt, error) {
	after, _, err := k.foresee(e)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.raising = decision{event: e, turn: after.Turn}
	k.mu.Unlock()
	return k.clerk.save(after), nil
}

// decision is one that is to be told of when it has taken effect.
type decision struct {
	event rollback.Event
	turn  uint64
}

// lower applies an event, has it stored and waits for that.
func (k *Keeper) lower(ctx context.Context, e rollback.Event) error {
	saving, refused := k.apply(e)
	if refused != "" {
		return fmt.Errorf("canary: %s: %w: %s", e.Kind, ErrRefused, refused)
	}
	if err := k.await(ctx, saving); err != nil {
		return fmt.Errorf("canary: %s: done, but not durable yet: %w", e.Kind, err)
	}
	return nil
}

// apply lets an event that exposes no more take effect at once.
func (k *Keeper) apply(e rollback.Event) (saving *attempt, refused string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.latch.State()
	after, effects := k.latch.Apply(k.machine, e)
	if effects.Refused != "" {
		return nil, effects.Refused
	}
	saving = k.clerk.save(after)
	if effects.Changed {
		k.scribe.note(k.entry(e, before, after))
		k.tellDecision(e, before, after)
		k.tellShare(k.publish())
	}
	return saving, ""
}

// await waits until an attempt to save has ended, or ctx.
func (k *Keeper) await(ctx context.Context, saving *attempt) error {
	k.clerk.hurry()
	if k.cfg.Manual {
		k.clerk.work(ctx)
	}
	select {
	case <-saving.done:
		return saving.err
	case <-k.clerk.stopped:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-saving.done: // by the last attempt
		return saving.err
	default:
		return errClosed
	}
}

func (k *Keeper) latchState() rollback.State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.latch.State()
}

// decisionKinds are the events that tell of decisions.
var decisionKinds = map[rollback.EventKind]EventKind{
	rollback.OnStep: Stepped, rollback.OnApprove: Approved, rollback.OnHold: HeldEvent, rollback.OnResume: Resumed,
	rollback.OnJump: Jumped, rollback.OnPromote: PromotedEvent,
}

// tellDecision tells of a decision that has taken effect. It is called under the mutex.
func (k *Keeper) tellDecision(e rollback.Event, before, after rollback.State) {
	kind, known := decisionKinds[e.Kind]
	if !known {
		return
	}
	message := k.describe(before) + " -> " + k.describe(after)
	if e.Cause.Reason != "" {
		message += ": " + e.Cause.Reason
	}
	k.Emit(Event{Kind: kind, Message: message, Actor: e.Cause.Actor})
}

// describe says where a rollout stands, for people.
func (k *Keeper) describe(s rollback.State) string {
	text := s.Stage.String()
	if !s.Tripped() && s.Stage != rollback.Finished {
		text += fmt.Sprintf(", step %.4g %%", 100*k.machine.Ramp.Ceiling(s.Step))
	}
	if s.Approved {
		text += ", next step approved"
	}
	if s.Hold.Held() {
		text += fmt.Sprintf(", held at %.4g %%", 100*s.Hold.Share)
	}
	return text
}
