package keeper

import "github.com/modelcanary/go-sdk/rollback"

// Suspend keeps a keeper that does not know its state from taking what the store holds for that: another epoch is being begun, or has been.
func (k *Keeper) Suspend(yes bool) {
	k.mu.Lock()
	k.suspended = yes
	k.mu.Unlock()
	if !yes {
		k.clerk.hurry()
	}
}

// Past is all that the next epoch has to know of this one: its state, with what the store holds and a rollback that could only be noted so far.
func (k *Keeper) Past(stored rollback.State) rollback.State {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.early != nil && !k.known {
		stored, _ = k.machine.On(stored, rollback.Event{Kind: rollback.OnDeploy, Version: k.cfg.Version, Cause: *k.early})
		return stored.RollBack(*k.early)
	}
	return k.latch.State().Join(stored)
}

// Forget lets a rollback that could only be noted be another epoch's to remember.
func (k *Keeper) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.early = nil
}

// Inherit takes in what an epoch before has found out after this one had begun, and has it stored.
func (k *Keeper) Inherit(past rollback.State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, changed := k.latch.Join(past); changed && k.known {
		k.clerk.save(k.latch.State())
	}
}
