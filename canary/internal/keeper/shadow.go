package keeper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Shadow is what a keeper does about the shadow of a canary.
type Shadow struct {
	// Flag reads the rate; without a client Rate is it.
	Flag flags.Config
	Rate float64 // in [0, 1]
	// Apply sets the rate in force. It is called under the keeper's mutex and must not block.
	Apply func(rate float64)
	// Running is how many calls of shadows are under way, hung ones too.
	Running func() int
	// Silent says why the shadow finds nothing out though it is asked to; empty while it does. It is asked in each pass.
	Silent func() string
}

// shade is the shadow's part of a keeper.
type shade struct {
	flag  flagReader // nil: the rate is fixed
	pairs pairs

	// under the keeper's mutex
	rate   float64 // in force
	silent bool    // that was told
}

// startShadow starts reading the flag of the rate.
func (k *Keeper) startShadow() error {
	s := k.cfg.Shadow
	if s == nil || s.Flag.Flag == "" {
		return nil
	}
	s.Flag.Changed, s.Flag.Warn = k.wake, k.flagWarning
	reader, err := flags.Start(s.Flag)
	if err != nil {
		return err
	}
	k.shade.flag = reader
	return nil
}

// closeShadow ends the reading.
func (k *Keeper) closeShadow(ctx context.Context) error {
	if k.shade.flag == nil {
		return nil
	}
	return k.shade.flag.Close(ctx)
}

// shadowAsked is the rate that configuration or flag ask for.
func (k *Keeper) shadowAsked() float64 {
	switch {
	case k.cfg.Shadow == nil:
		return 0
	case k.shade.flag != nil:
		return k.shade.flag.Reading().Share
	default:
		return k.cfg.Shadow.Rate
	}
}

// applyShadow puts a rate in force. It is called under the mutex.
func (k *Keeper) applyShadow(rate float64) {
	before := k.shade.rate
	if k.cfg.Shadow == nil || rate == before {
		return
	}
	k.shade.rate = rate
	k.Ledger.Watch(rate > 0)
	k.cfg.Shadow.Apply(rate)
	if k.closing {
		return
	}
	state := k.latch.State()
	from, to := fmt.Sprintf("%.4g %%", 100*before), fmt.Sprintf("%.4g %%", 100*rate)
	k.scribe.note(rollback.Entry{
		Canary: k.cfg.Name, At: time.Now(), Actor: "keeper", Action: "shadow", Epoch: state.Epoch, Version: state.Version,
		From: from, To: to, Revision: state.Revision,
	})
	k.Emit(Event{Kind: ShadowChanged, Message: "shadow " + from + " -> " + to + " of requests"})
}

// listen tells when the shadow falls silent, and when it is heard again.
func (k *Keeper) listen() {
	if k.cfg.Shadow == nil {
		return
	}
	why := k.cfg.Shadow.Silent()
	k.mu.Lock()
	told := k.shade.silent
	k.shade.silent = why != ""
	k.mu.Unlock()
	switch {
	case why != "" && !told:
		k.Emit(Event{Kind: ShadowSilent, Message: why})
	case why == "" && told:
		k.Emit(Event{Kind: ShadowHeard, Message: "pairs come again"})
	}
}

// shadowing reports whether the candidate is with anybody in the shadow, or may be soon. It is called under the mutex.
func (k *Keeper) shadowing() bool {
	return k.cfg.Shadow != nil && (k.shade.rate > 0 || k.cfg.Shadow.Running() > 0)
}

// ObservePair takes what became of one input that both models saw, until the next pass. Nothing of p is kept. Safe for concurrent use.
func (k *Keeper) ObservePair(p *criteria.Pair) { k.shade.pairs.add(p) }

// ShadowRate is the rate in force, and the reading of its flag, if there is one.
func (k *Keeper) ShadowRate() (rate float64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.shade.flag != nil {
		if r := k.shade.flag.Reading(); r.Kind != flags.NoneYet {
			err = r.Err
		}
	}
	return k.shade.rate, err
}

// maxPairs is how many pairs wait for a pass, at most: more than shadows make in the longest time between two.
const maxPairs = 4096

// pairs wait to be judged, oldest first.
type pairs struct {
	mu      sync.Mutex
	waiting []criteria.Pair
	taken   []criteria.Pair // by the pass, to be used again
	lost    int64
}

// add copies a pair.
func (w *pairs) add(p *criteria.Pair) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.waiting)
	if n == maxPairs {
		w.lost++
		return
	}
	if n < cap(w.waiting) {
		w.waiting = w.waiting[:n+1]
	} else {
		w.waiting = append(w.waiting, criteria.Pair{})
	}
	to := &w.waiting[n]
	differences, slices := to.Differences[:0], to.Slices[:0]
	*to = *p
	to.Differences, to.Slices = append(differences, p.Differences...), append(slices, p.Slices...)
}

// take returns what waits, until the next call.
func (w *pairs) take() []criteria.Pair {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken, w.waiting = w.waiting, w.taken[:0]
	return w.taken
}

// judgePairs judges the pairs that have come since the last pass. It reports whether there were any.
func (f *fold) judgePairs(r *rulings) bool {
	pairs := f.k.shade.pairs.take()
	if len(pairs) == 0 || f.over {
		return len(pairs) > 0
	}
	e := f.evidence()
	for i := range pairs {
		e.ObservePair(&pairs[i])
	}
	r.Ruling = f.ruled(f.judgeOn(e))
	r.carves = append(r.carves, f.newCarves()...)
	e.Reset()
	f.spare = append(f.spare, e)
	return true
}
