package keeper

import (
	"maps"
	"slices"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// States are the names of the states of a canary, as telemetry spells them.
var States = [...]string{"shadow", "ramping", "promoted", "finished", "rolled_back", "routing_broken", "state_unknown", "no_candidate", "closed"}

// StateName is one of States.
func (k *Keeper) StateName() string {
	switch r := k.Plan().Reason; r {
	case RolledBack, RoutingBroken, StateUnknown, NoCandidate, Closed:
		return r.String()
	case Starting:
		return StateUnknown.String()
	default:
		return k.latchState().Stage.String()
	}
}

// StoreFailures is how often the store has failed.
func (k *Keeper) StoreFailures() int64 { return k.clerk.failures.Load() }

// AuditFailures is how many lines of the audit trail could not be written.
func (k *Keeper) AuditFailures() int64 { return k.scribe.failed.Load() }

// Durable reports whether the store holds what was decided, as far as anything was.
func (k *Keeper) Durable() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.known && k.early == nil || k.clerk.holds(k.latch.State())
}

// State is the state of the epoch.
func (k *Keeper) State() rollback.State { return k.latchState() }

// Abandoned is how many candidate calls past their timeout are still under way.
func (k *Keeper) Abandoned() int { return k.cfg.Abandoned() }

// FlagCounts yields the evaluations of each flag by their ending.
func (k *Keeper) FlagCounts(yield func(flag string, counts flags.Counts)) {
	yield(k.cfg.Flag.Flag, k.flag.Counts())
	if k.shade.flag != nil {
		yield(k.cfg.Shadow.Flag.Flag, k.shade.flag.Counts())
	}
}

// Rollbacks yields the rollback of this epoch, if there is one.
func (k *Keeper) Rollbacks(yield func(cause, origin string, n int64)) {
	k.mu.Lock()
	cause, origin, tripped := k.cause, k.origin, k.known && k.latch.Tripped()
	k.mu.Unlock()
	if tripped {
		yield(cause, origin, 1)
	}
}

// Evaluations yields how often each criterion was evaluated, by verdict: one that has passed when its round was closed last passes, and one that has failed
// stays failed. Of several with a name the first is told.
func (k *Keeper) Evaluations(declared []criteria.Criterion, yield func(criterion, verdict string, n int64)) {
	k.fold.mu.Lock()
	total := k.fold.tally.evaluations
	failedAt := maps.Clone(k.fold.tally.failed)
	passed := slices.Clone(k.fold.tally.passes)
	k.fold.mu.Unlock()
	seen := map[string]bool{}
	for _, c := range declared {
		name := c.Name()
		if seen[name] {
			continue
		}
		seen[name] = true
		fails := uint64(0)
		if at, failed := failedAt[name]; failed {
			fails = total - at + 1
		}
		passes := timesPassed(passed, name)
		yield(name, criteria.NoEvidence.String(), int64(total-fails-passes))
		if passes > 0 {
			yield(name, criteria.Pass.String(), int64(passes))
		}
		if fails > 0 {
			yield(name, criteria.Fail.String(), int64(fails))
		}
	}
}

func timesPassed(all []passes, criterion string) uint64 {
	for _, p := range all {
		if p.criterion == criterion {
			return p.n
		}
	}
	return 0
}
