package keeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/rollback"
)

// publish makes a new plan if the present one is not what state, flag and holds ask for. It is called under the mutex. The share never rises beyond what the
// store already remembers: it is saved first, and raised by the pass after.
func (k *Keeper) publish() (changed bool, before, after float64) {
	was := k.plan.Load()
	share, reason, excluded := k.wanted()
	state := k.latch.State()
	rising := false // as soon as the store remembers it
	if share > state.HighestShare && k.known {
		if k.clerk.remembers(state.Epoch, share) {
			k.latch.Expose(share)
		} else {
			k.clerk.save(state.Expose(share))
			rising = !k.clerk.fails()
			share = state.HighestShare
			if was != nil {
				share = min(share, was.Share)
			}
		}
	}
	if !rising && reason != Starting && !k.clerk.busy() {
		defer k.signalReady() // when the plan is there
	}
	threshold := route.Threshold(share)
	mark := ledger.Mark(0).WithReason(uint8(reason))
	if excluded {
		mark |= ledger.Excluded
	}
	carved := k.cellsCarved()
	k.period.turn(&k.cfg)
	sameStep := was != nil && was.Threshold == threshold && was.Epoch == state.Epoch && was.Period == k.period.number
	if sameStep && was.Mark == mark && was.Closed == k.closing && was.Carved == carved {
		return false, was.Share, was.Share
	}
	next := &Plan{
		Threshold: threshold, Reason: reason, Mark: mark, Closed: k.closing,
		Rehearsal: reason == Preflight, Aside: k.closing || reason == Preflight,
		Share: route.Share(threshold), Epoch: state.Epoch, Period: k.period.number,
		Divert: route.Threshold(k.cfg.Sentinel),
		Carves: len(k.carved) > 0 && threshold > 0, Carved: carved,
	}
	if was != nil {
		before = was.Share
	}
	if sameStep {
		next.Salt, next.Step, next.Spent = was.Salt, was.Step, was.Spent
	} else {
		k.beginStep(next, was)
	}
	k.plan.Store(next)
	if was != nil && next.Period != was.Period && min(was.Threshold, threshold) > 0 {
		k.Emit(Event{Kind: Reassigned, Message: "units are assigned anew, until " + k.cfg.periodStart(next.Period+1).Format(time.RFC3339)})
	}
	return before != next.Share, before, next.Share
}

// beginStep gives a plan a step of its own.
func (k *Keeper) beginStep(next, was *Plan) {
	next.Salt = route.Salt(k.cfg.Name, next.Epoch, next.Period)
	if k.cfg.Keyed {
		next.Spent = new(ledger.Spent)
	}
	if was == nil {
		return // step 0: nothing is exposed
	}
	next.Step = was.Step + 1
	k.steps.add(step{id: next.Step, share: next.Share, salt: next.Salt, spent: next.Spent, period: next.Period})
}

// wanted is the share that state, flag and holds ask for, why, and whether requests are no evidence.
func (k *Keeper) wanted() (share float64, reason Reason, excluded bool) {
	switch {
	case k.closing:
		return 0, Closed, true
	case k.known && k.latch.Tripped():
		return 0, RolledBack, false
	case k.stateErr != nil:
		return 0, StateUnknown, false
	case !k.known || k.flag == nil:
		return 0, Starting, false
	case k.routing != nil:
		return 0, RoutingBroken, false
	}
	r := k.flag.Reading()
	reason = Split
	if r.Err != nil {
		reason, excluded = FlagError, r.Share > 0
		if r.Kind == flags.NoneYet {
			reason = Starting
		}
	}
	share = max(0, min(r.Share, 1-Holdback, k.ceiling))
	if why, waits := k.waits(); waits && share > 0 {
		return 0, why, false
	}
	return share, reason, excluded
}

// signalReady ends the wait in Start: nothing that is to come soon would change the plan.
func (k *Keeper) signalReady() {
	if !k.isReady {
		k.isReady = true
		close(k.ready)
	}
}

// trip rolls the epoch back: memory first, then the store, then the application's hook.
func (k *Keeper) trip(actor, why, cause, origin string) (rollback.State, bool) {
	k.mu.Lock()
	state, first := k.latch.Trip(rollback.Cause{Reason: why, Actor: actor, At: time.Now()})
	if first || k.origin == "" {
		k.cause, k.origin = cause, origin
	}
	k.publish()
	k.mu.Unlock()
	if first {
		k.emitAfter(Event{Kind: TrippedEvent, Message: why, Actor: actor}, k.clerk.save(state))
	}
	return state, first
}

// Rollback trips the epoch on a person's word. The next request is stable's whatever it returns; it waits until ctx is done for the store, and returns an
// error when the rollback is not durable yet. The store is tried again in the background.
func (k *Keeper) Rollback(ctx context.Context, who, why string) error {
	k.mu.Lock()
	if !k.known {
		k.early = &rollback.Cause{Reason: why, Actor: who, At: time.Now()}
		k.mu.Unlock()
		return fmt.Errorf("canary: rollback noted, and stable serves; it cannot be stored before the state can be read: %w", k.unknown())
	}
	k.mu.Unlock()
	state, _ := k.trip(who, why, "person", "manual")
	a := k.clerk.save(state)
	k.clerk.hurry()
	if k.cfg.Manual {
		k.clerk.work(ctx)
	}
	select {
	case <-a.done:
		return notDurable(a.err)
	case <-k.clerk.stopped:
	case <-ctx.Done():
		return notDurable(context.Cause(ctx))
	}
	select {
	case <-a.done: // by the last attempt
		return notDurable(a.err)
	default:
		return notDurable(errClosed)
	}
}

func notDurable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("canary: rolled back, but not durable yet: %w", err)
}

var (
	errStarting = errors.New("the state is being loaded")
	errClosed   = errors.New("the canary is shut down")
)

// unknown says why the state is not known.
func (k *Keeper) unknown() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stateErr != nil {
		return k.stateErr
	}
	return errStarting
}

// unsavedRollback is the error of a person's rollback that the end of the keeper forgets, because the state was never known.
func (k *Keeper) unsavedRollback() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known || k.early == nil {
		return nil
	}
	return fmt.Errorf("canary: a rollback could not be stored, the state cannot be read: %w", cmp.Or(k.stateErr, errStarting))
}

// breakRouting holds the rollout at share 0 until a person looks. Nobody is blamed.
func (k *Keeper) breakRouting(err error) {
	k.mu.Lock()
	k.routing = err
	k.publish()
	k.mu.Unlock()
	k.Emit(Event{Kind: RoutingBrokenEvent, Message: err.Error() + ": the candidate gets no requests until the process is restarted; neither model is blamed"})
}

// hold keeps the share from rising.
func (k *Keeper) hold(criterion string) {
	k.mu.Lock()
	first := k.held == ""
	if first {
		k.held = criterion
		k.ceiling = k.plan.Load().Share
	}
	k.mu.Unlock()
	if first {
		k.Emit(Event{Kind: HeldEvent, Message: "criterion " + criterion + ": " + k.fold.finding(criterion) + "; the share does not rise any more"})
	}
}

// adopt takes what the store holds as the state of this process. A version that differs from the stored one begins the next epoch; one that was rolled back
// earlier stays out.
// It reports whether the state is known now.
func (k *Keeper) adopt(stored rollback.State, err error) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known {
		return true
	}
	var news Event
	var saving *attempt
	switch {
	case err == nil && stored.Version == k.cfg.Version && stored.Epoch > 0:
		k.resumed = true
		news = Event{Kind: StateResumed, Message: fmt.Sprintf("epoch %d goes on, %s", stored.Epoch, stored.Stage)}
	case err == nil && stored.RolledBack(k.cfg.Version):
		stored = stored.Next(k.cfg.Version).RollBack(rollback.Cause{
			Reason: fmt.Sprintf("version %q was rolled back in an earlier epoch", k.cfg.Version), Actor: "keeper", At: time.Now(),
		})
		news = Event{Kind: BarredEvent, Message: stored.Cause.Reason + ": it stays out"}
		saving = k.clerk.save(stored)
	case err == nil || errors.Is(err, rollback.ErrNoState):
		if err != nil {
			news = Event{Kind: StateMissing, Message: "no stored state: a first start"}
		}
		stored = stored.Next(k.cfg.Version)
		k.clerk.save(stored)
	case stored.Epoch > 0 && stored.Tripped() && stored.Version == k.cfg.Version: // damaged, but the rollback in it is not
		news = Event{Kind: StateResumed, Message: fmt.Sprintf("epoch %d goes on, %s; that much can be read: %v", stored.Epoch, stored.Stage, err)}
	default:
		news := k.stateErr == nil || !alike(k.stateErr, err)
		k.stateErr = err
		k.publish()
		if news {
			k.Emit(Event{Kind: StateUnreadable, Message: err.Error() + ": stable serves every request until the state can be read"})
		}
		return false
	}
	wasOut := stored.Tripped()
	if k.early != nil {
		stored = stored.RollBack(*k.early)
	}
	k.known, k.stateErr = true, nil
	k.latch = rollback.NewLatch(stored)
	k.period.turn(&k.cfg)
	tell := k.goOn(stored)
	changed, before, after := k.publish()
	if news.Kind != "" {
		k.emitAfter(news, saving)
	}
	tell()
	switch {
	case wasOut:
		k.cause, k.origin = "stored", "stored"
	case k.early != nil:
		k.cause, k.origin = "person", "manual"
		k.emitAfter(Event{Kind: TrippedEvent, Message: k.early.Reason, Actor: k.early.Actor}, k.clerk.save(stored))
	}
	k.tellShare(changed, before, after)
	return true
}

// alike says whether two errors of a store are the same trouble. Those of a file may name another temporary file each time.
func alike(a, b error) bool {
	var x, y *rollback.StateError
	if errors.As(a, &x) && errors.As(b, &y) {
		return errors.Is(x.Reason, y.Reason)
	}
	return a.Error() == b.Error()
}

// learn takes in what another writer of the store has brought.
func (k *Keeper) learn(stored rollback.State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.known {
		return
	}
	was := k.latch.Tripped()
	k.latch.Join(stored)
	if k.latch.Tripped() && !was {
		k.cause, k.origin = "stored", "stored"
		k.publish()
		k.Emit(Event{Kind: TrippedEvent, Message: "the stored state says that the epoch was rolled back: " + k.latch.State().Cause.Reason})
		return
	}
	k.tellShare(k.publish())
}

// flagWarning reports trouble with the flag, on the reader's goroutine.
func (k *Keeper) flagWarning(kind flags.Kind, err error) {
	e := Event{Kind: FlagTrouble, Message: err.Error()}
	if kind == flags.OK {
		e.Kind = FlagWarning
	}
	k.Emit(e)
}
