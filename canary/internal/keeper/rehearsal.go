package keeper

import "github.com/modelcanary/go-sdk/canary/internal/ledger"

// rehearsal is how far the keeper is with the preflight: until it has passed, nobody meets the candidate. Another canary plays it, with stable in both arms.
type rehearsal uint8

const (
	unrehearsed rehearsal = iota // it has not ended, or there is none
	passed
	failed
	skipped // the candidate has been exposed before
)

// rehearse looks how the preflight is going.
func (k *Keeper) rehearse() {
	if k.cfg.Preflight == nil {
		return
	}
	k.mu.Lock()
	undecided := k.known && k.rehearsal == unrehearsed
	needed := k.latch.State().HighestShare == 0
	k.mu.Unlock()
	if !undecided {
		return
	}
	done, problem := k.cfg.Preflight(needed)
	if !done {
		return
	}
	k.mu.Lock()
	switch {
	case !needed:
		k.rehearsal = skipped
	case problem == "":
		k.rehearsal = passed
	default:
		k.rehearsal = failed
	}
	k.mu.Unlock()
	switch {
	case !needed:
	case problem == "":
		k.Emit(Event{Kind: PreflightPassed, Message: "stable was no worse than itself"})
	default:
		k.Emit(Event{Kind: PreflightFailed, Message: "stable against itself: " + problem})
	}
}

// waits says why the candidate must wait for the preflight. It is called under the mutex.
func (k *Keeper) waits() (Reason, bool) {
	switch {
	case k.cfg.Preflight == nil || k.latch.State().HighestShare > 0:
		return 0, false
	case k.rehearsal == unrehearsed:
		return Preflight, true
	case k.rehearsal == failed:
		return PreflightBroken, true
	}
	return 0, false
}

// Ended is how many recorded requests have ended.
func (k *Keeper) Ended() (n int64) {
	for arm := range uint8(2) {
		for o := range uint8(ledger.NumOutcomes) {
			n += k.cfg.Recorder.Ended(arm, o)
		}
	}
	return n
}

// Trouble says what has been decided against the candidate or the split; empty when nothing was.
func (k *Keeper) Trouble() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.latch.Tripped():
		return k.latch.State().Cause.Reason
	case k.routing != nil:
		return k.routing.Error()
	case k.latch.State().Hold.Held():
		return k.latch.State().Hold.Cause.Reason
	}
	return ""
}

// Manual says that the keeper is stepped by hand.
func (k *Keeper) Manual() bool { return k.cfg.Manual }
