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
	share, shadow, reason, excluded := k.wanted()
	rising := false // as soon as the store remembers it
	if (share > 0 || shadow > 0) && !k.remembered(share) {
		rising = !k.clerk.fails()
		share = min(share, k.allowed(was))
		if !k.lit { // a shadow can end the process, too
			shadow = 0
		}
	}
	k.applyShadow(shadow)
	state := k.latch.State()
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
		Threshold: threshold, Reason: reason, Mark: mark, Closed: k.closing, Promoted: reason == Promoted || k.closing && k.promoted(),
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

// remembered reports whether the store remembers that a share was applied, and that this process has exposed the candidate; if not it is asked to. It is called
// under the mutex.
func (k *Keeper) remembered(share float64) bool {
	state := k.latch.State()
	if k.lit && share <= state.HighestShare {
		return true
	}
	if k.beacon == 0 {
		k.beacon = state.Beacon.Lit + 1
	}
	after := state
	if share > 0 {
		after, _ = k.machine.On(state, rollback.Event{Kind: rollback.OnExpose, Share: share})
	}
	if after.Beacon.Lit < k.beacon {
		after, _ = k.machine.On(after, rollback.Event{Kind: rollback.OnLight})
	}
	switch {
	case after.Equal(state) && k.lit:
		return true
	case k.clerk.holds(after):
		k.latch.Join(after)
		k.lit, k.exposing = true, nil
		return true
	}
	k.exposing = k.clerk.save(after)
	return false
}

// allowed is the share that may be applied until the store remembers a greater one.
func (k *Keeper) allowed(was *Plan) float64 {
	if was == nil || !k.lit {
		return 0
	}
	return min(was.Share, k.latch.State().HighestShare)
}

// putOut says that nobody is with the candidate any more, if this process has ever said that somebody is: whatever ends it now is not the candidate's doing.
func (k *Keeper) putOut() {
	k.mu.Lock()
	lit := k.lit && (k.closing || k.plan.Load().Threshold == 0) && !k.shadowing()
	k.mu.Unlock()
	if !lit || k.fold.underWay() > 0 || k.cfg.Abandoned() > 0 {
		return
	}
	k.extinguish()
}

// extinguish puts the beacon out.
func (k *Keeper) extinguish() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.lit {
		return
	}
	k.lit, k.beacon = false, 0
	state, _ := k.latch.Apply(k.machine, rollback.Event{Kind: rollback.OnPutOut})
	k.clerk.save(state)
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

// wanted are the share and the rate of the shadow that state, flags and holds ask for, why, and whether requests are no evidence.
func (k *Keeper) wanted() (share, shadow float64, reason Reason, excluded bool) {
	if reason, unwanted := k.unwanted(); unwanted {
		k.loaded(false)
		return 0, 0, reason, reason == Closed
	}
	r := k.flag.Reading()
	reason = Split
	if r.Err != nil {
		reason, excluded = FlagError, r.Share > 0
		if r.Kind == flags.NoneYet {
			reason = Starting
		}
	}
	state := k.latch.State()
	share = k.machine.Share(state, r.Share)
	promoted := state.Stage == rollback.Finished
	if !promoted {
		shadow = k.shadowAsked()
	}
	if why, waits := k.waits(); waits && share > 0 {
		return 0, 0, why, false
	}
	switch ready := k.loaded(share > 0 || shadow > 0 || promoted); {
	case promoted && ready:
		return 0, 0, Promoted, true
	case !ready:
		return 0, 0, Loading, excluded
	}
	return share, shadow, reason, excluded
}

// unwanted says why the candidate must have nothing.
func (k *Keeper) unwanted() (Reason, bool) {
	switch {
	case k.closing:
		return Closed, true
	case k.cfg.Version == "":
		return NoCandidate, true
	case k.known && k.latch.Tripped():
		return RolledBack, true
	case k.stateErr != nil:
		return StateUnknown, true
	case !k.known || k.flag == nil:
		return Starting, true
	case k.routing != nil && k.latch.State().Stage != rollback.Finished:
		return RoutingBroken, true
	}
	return 0, false
}

// promoted says that the candidate has become the stable model, and can serve even when the canary is closed: what the canary has loaded ends with it.
func (k *Keeper) promoted() bool {
	return k.known && k.latch.State().Stage == rollback.Finished && k.cfg.Ready == nil
}

// loaded says whether the candidate can be called, if it is needed.
func (k *Keeper) loaded(needed bool) bool {
	return k.cfg.Ready == nil || k.cfg.Ready(needed, k.Emit) || !needed
}

// signalReady ends the wait in Start: nothing that is to come soon would change the plan.
func (k *Keeper) signalReady() {
	if !k.isReady {
		k.isReady = true
		close(k.ready)
	}
}

// withdraw takes the candidate from all requests to come, before anything else is thought about: nothing but a plan is made. It is called under the mutex.
func (k *Keeper) withdraw() {
	was := k.plan.Load()
	if was.Threshold == 0 && !was.Promoted && !was.Rehearsal {
		return
	}
	next := &Plan{
		Reason: RolledBack, Mark: ledger.Mark(0).WithReason(uint8(RolledBack)), Carved: was.Carved,
		Epoch: was.Epoch, Period: was.Period, Divert: was.Divert,
	}
	k.beginStep(next, was)
	k.plan.Store(next)
}

// trip rolls the epoch back: memory first, then the store, then the application's hook.
func (k *Keeper) trip(actor, why, cause, origin string) (rollback.State, bool) {
	e := rollback.Event{Kind: rollback.OnTrip, Cause: rollback.Cause{Reason: why, Actor: actor, At: time.Now()}}
	k.mu.Lock()
	k.withdraw()
	before := k.latch.State()
	state, first := k.latch.Trip(e.Cause)
	if first || k.origin == "" {
		k.cause, k.origin = cause, origin
	}
	k.publish()
	k.mu.Unlock()
	if first {
		k.emitAfter(Event{Kind: TrippedEvent, Message: why, Actor: actor}, k.clerk.save(state))
		k.scribe.note(k.entry(e, before, state))
	}
	return state, first
}

// Rollback trips the epoch on a person's word. The next request is stable's whatever it returns; it waits until ctx is done for the store. The store is tried
// again in the background.
func (k *Keeper) Rollback(ctx context.Context, who, why string) rollback.Trip {
	k.mu.Lock()
	if !k.known {
		k.early = &rollback.Cause{Reason: why, Actor: who, At: time.Now()}
		k.mu.Unlock()
		return rollback.Trip{Applied: true, Err: fmt.Errorf("canary: rollback noted, and stable serves; it cannot be stored before the state can be read: %w", k.unknown())}
	}
	k.mu.Unlock()
	state, _ := k.trip(who, why, "person", "manual")
	if err := k.await(ctx, k.clerk.save(state)); err != nil {
		return rollback.Trip{Applied: true, Err: fmt.Errorf("canary: rolled back, but not durable yet: %w", err)}
	}
	return rollback.Trip{Applied: true, Durable: true}
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

// breakRouting holds the rollout at share 0 until a person begins a new epoch. Nobody is blamed.
func (k *Keeper) breakRouting(err error) {
	k.mu.Lock()
	k.routing = err
	k.publish()
	k.mu.Unlock()
	k.Emit(Event{Kind: RoutingBrokenEvent, Message: err.Error() + ": the candidate gets no requests until the process is restarted or a new epoch begun; neither model is blamed"})
}

// hold stops the ramp for a criterion, once: when a person has resumed, that was said with the breach in sight.
func (k *Keeper) hold(criterion string) {
	finding := k.fold.finding(criterion)
	k.mu.Lock()
	told := k.told[criterion]
	k.told[criterion] = true
	k.mu.Unlock()
	if !told {
		k.apply(rollback.Event{Kind: rollback.OnHold, Share: k.plan.Load().Share, Cause: rollback.Cause{
			Reason: "criterion " + criterion + ": " + finding, Actor: "keeper", At: time.Now(),
		}})
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
	if k.suspended {
		return false
	}
	var news Event
	var saving *attempt
	found := stored
	switch {
	case k.cfg.Version == "" && (err == nil || errors.Is(err, rollback.ErrNoState)): // nothing is tried, and nothing stored
	case err == nil || errors.Is(err, rollback.ErrNoState):
		stored, news = k.deployed(found, err)
		if !stored.Equal(found) {
			saving = k.clerk.save(stored)
		}
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
	wasOut := found.Tripped() && stored.Equal(found)
	if k.early != nil {
		stored = stored.RollBack(*k.early)
	}
	k.known, k.stateErr = true, nil
	k.latch = rollback.NewLatch(stored)
	k.period.turn(&k.cfg)
	tell := k.goOn(stored)
	changed, before, after := k.publish()
	if news.Kind == "" || news.Kind == StateMissing {
		saving = nil // such news waits for nothing
	}
	if news.Kind != "" {
		k.emitAfter(news, saving)
	}
	tell()
	switch {
	case news.Kind == TrippedEvent:
		k.cause, k.origin = "crash_loop", "local"
	case wasOut || news.Kind == BarredEvent:
		k.cause, k.origin = "stored", "stored"
	case k.early != nil:
		k.cause, k.origin = "person", "manual"
		k.emitAfter(Event{Kind: TrippedEvent, Message: k.early.Reason, Actor: k.early.Actor}, k.clerk.save(stored))
	}
	k.tellShare(changed, before, after)
	return true
}

// deployed is the state that this process starts with, and what is to be told of it.
func (k *Keeper) deployed(found rollback.State, missing error) (rollback.State, Event) {
	e := rollback.Event{Kind: rollback.OnDeploy, Version: k.cfg.Version, Cause: rollback.Cause{Actor: "keeper", At: time.Now()}}
	state, effects := k.machine.On(found, e)
	if effects.Changed {
		e.Cause.Reason = state.Cause.Reason
		k.scribe.note(k.entry(e, found, state))
	}
	k.resumed = found.Epoch == state.Epoch
	switch {
	case k.resumed && effects.Changed:
		return state, Event{Kind: TrippedEvent, Message: state.Cause.Reason, Actor: "keeper"}
	case k.resumed && k.cfg.Begun != "":
		k.resumed = false
		return state, Event{Kind: Begun, Message: fmt.Sprintf("epoch %d of version %q", state.Epoch, state.Version), Actor: k.cfg.Begun}
	case k.resumed:
		return state, Event{Kind: StateResumed, Message: fmt.Sprintf("epoch %d goes on, %s", state.Epoch, k.describe(state))}
	case state.Tripped():
		return state, Event{Kind: BarredEvent, Message: fmt.Sprintf("version %q: %s: it stays out", state.Version, state.Cause.Reason)}
	case state.Stage == rollback.Finished:
		return state, Event{Kind: StateResumed, Message: fmt.Sprintf("version %q was promoted in an earlier epoch, and serves", state.Version)}
	case missing != nil:
		return state, Event{Kind: StateMissing, Message: "no stored state: a first start"}
	}
	return state, Event{}
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
	before := k.latch.State()
	k.latch.Join(stored)
	after := k.latch.State()
	switch {
	case after.Tripped() && !before.Tripped():
		k.cause, k.origin = "stored", "stored"
		k.publish()
		k.Emit(Event{Kind: TrippedEvent, Message: "the stored state says that the epoch was rolled back: " + after.Cause.Reason})
		return
	case k.raising.turn > 0 && after.Turn >= k.raising.turn:
		if after.Turn > before.Turn {
			k.tellDecision(k.raising.event, before, after)
		}
		k.raising = decision{}
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
