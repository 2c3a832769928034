package keeper

import (
	"fmt"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// goOn takes over what an earlier process of the same epoch has left, if that is still there. It is called under the mutex, before anything is exposed, and returns
// what is to be told when the plan is there.
func (k *Keeper) goOn(stored rollback.State) (tell func()) {
	r, lost := k.archive.take()
	if r == nil {
		k.fold.resume(stored.HighestShare, k.resumed, k.period.number)
		return func() {
			if lost != nil && !stored.Tripped() && stored.HighestShare > 0 {
				k.Emit(Event{Kind: EvidenceLost, Message: k.anew(lost)})
			}
		}
	}
	k.carved = slices.Clone(r.carved)
	for _, criterion := range r.told {
		k.told[criterion] = true
	}
	if r.step == stored.Step {
		k.soak = soak{step: r.step, time: r.soaked}
	}
	k.period.number = max(k.period.number, r.period)
	ruling := k.fold.goOn(r, stored.HighestShare)
	news := Event{Kind: EvidenceResumed, Message: fmt.Sprintf("the evidence goes on at ln E %.3g of %.3g; %d units have testified", max(ruling.LogE, 0), ruling.Limit, r.coins.Testified())}
	switch {
	case stored.Tripped(): // it is there for people to look at, and goes nowhere
		return func() {}
	case !ruling.RollBack:
		return func() { k.Emit(news) }
	}
	// The process has ended between the verdict and its way to the store.
	why := "criterion " + ruling.Culprit + ": " + k.fold.finding(ruling.Culprit)
	state, first := k.latch.Trip(rollback.Cause{Reason: why, Actor: "keeper", At: time.Now()}) // nothing is exposed yet
	if first {
		k.cause, k.origin = ruling.Culprit, "local"
	}
	return func() {
		k.Emit(news)
		if first {
			k.emitAfter(Event{Kind: TrippedEvent, Message: why, Actor: "keeper"}, k.clerk.save(state))
		}
	}
}

// anew says that there is no evidence to go on with, and why.
func (k *Keeper) anew(why error) string {
	seen := ""
	if k.cfg.Keyed {
		seen = ", and every unit of before counts as having testified"
	}
	return fmt.Sprintf("the evidence begins anew%s: %v", seen, why)
}

// goOn takes over the evidence. The step of the earlier process is halted: nothing counts until the first step that exposes anything, which may be the same.
func (f *fold) goOn(r *recalled, highest float64) criteria.Ruling {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge, f.routing, f.coins, f.period = r.judge, r.routing, r.coins, r.period
	f.spare, f.lag, f.folded = nil, r.lag, 0
	f.tally.counted, f.tally.sentinel, f.tally.stale = r.counted, r.sentinel, r.stale
	f.carves = len(r.carved)
	if f.windows != nil {
		f.windows.Windows, f.windows.evidence = r.windows, f.judge.NewEvidence()
	}
	f.feedback.goOn(r.feedback)
	if highest > r.applied { // after this was written: the step that was written is over
		f.coins.Raise(effective(highest))
		f.coins.BeginStep(0, nil)
	}
	f.halted = f.coins.Halt()
	f.last = f.judge.Fold(nil, 0) // nothing new: the ruling, and the limit
	f.over = f.last.RollBack
	return f.last
}

// resume takes over what the store knows of an epoch whose evidence is lost: the highest share that was applied. So are its seen units, so every unit counts as seen.
// In which period it applied that share the store does not say; it may have been this one. The next one has other coins.
func (f *fold) resume(highest float64, resumed bool, period uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.period = max(f.period, period)
	if resumed {
		f.coins.Resume(effective(highest))
	}
}

// effective is a share as it is applied: the store remembers what was asked for, and the tiny difference would be a band in which nobody is.
func effective(share float64) float64 { return route.Share(route.Threshold(share)) }

// rests says whether the halted step of an earlier process waits on, because a step exposes nothing.
func (f *fold) rests(next step) bool {
	return f.halted > 0 && next.share <= 0 && next.earlier <= 0
}

// resumes says whether a step is the halted one: its coins are the same, and nothing lies between.
func (f *fold) resumes(next step) bool {
	return f.halted > 0 && next.share == f.halted && next.earlier <= 0 && next.period == f.period
}

// unhalt ends the wait of a halted step.
func (f *fold) unhalt() {
	if f.halted > 0 {
		f.coins.GoOn(f.halted)
		f.halted = 0
	}
}
