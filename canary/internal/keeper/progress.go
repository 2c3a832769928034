package keeper

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
)

// Memory is what a keeper needs to go on with the evidence of an earlier process.
type Memory struct {
	// Declared is all that the evidence depends on, beside what a judge checks itself and what the Config says: the version of stable, say.
	Declared string
	// Texts are what the ids of labels, classes and slices stand for, all of them; Put gives texts the ids that they had. It fails if an id is taken by now.
	Texts func() criteria.Dictionary
	Put   func(criteria.Dictionary) error
	// Restore is [criteria.RestoreJudge] with the configuration of the judge.
	Restore func(data []byte) (*criteria.Judge, error)
}

// progress is what an epoch has come to at one moment: all that was judged, nothing that waits to be. Units that wait count as seen. It is plain data.
type progress struct {
	epoch    uint64
	declared string

	// The plan.
	applied float64       // the highest share so far
	carved  []CarvedSlice // in order
	period  uint64        // of the assignments
	step    float64       // of the ramp
	soaked  time.Duration // awake time with the share of that step
	told    []string      // Hold criteria whose breach was answered with a hold

	// The evidence.
	judge, routing, windows, feedback []byte
	lag                               time.Duration // awake time since the judge last folded
	coins                             ledger.Coins
	counted, sentinel                 [2]uint64
	stale                             uint64
	texts                             criteria.Dictionary
}

// recalled is a progress that can be gone on with.
type recalled struct {
	progress
	judge    *criteria.Judge
	routing  criteria.Routing
	windows  *sessions.Windows // nil: there are none
	feedback *feedback         // nil: there is none
}

var errSplitBroken = errors.New("the split between the arms was broken in it")

// declared is all that the evidence of an epoch depends on, but for the criteria, which the judge compares itself.
func (c *Config) declared(epoch uint64) string {
	var text strings.Builder
	fmt.Fprintf(&text, "canary %q, candidate %q, epoch %d, %s, keyed %v, sentinel %v, reassign %v, sessions of %d calls within %v",
		c.Name, c.Version, epoch, c.Memory.Declared, c.Keyed, c.Sentinel, c.Reassign, c.Windows.Calls, c.Windows.Within)
	for _, w := range c.Feedback.Windows {
		fmt.Fprintf(&text, ", feedback within %v on %v, of %d units", w.Within, w.Signals, c.Feedback.MaxOpen)
	}
	if len(c.Feedback.Windows) > 0 {
		fmt.Fprintf(&text, ", %d reports within %v", c.Feedback.MaxReports, c.Feedback.Remember)
	}
	return text.String()
}

// draw writes down what the epoch has come to. It reports whether there is one, and the store has it: else it is somebody else's evidence. The texts are added where it does not delay anybody.
func (k *Keeper) draw(p *progress) bool {
	k.mu.Lock()
	known, state := k.known, k.latch.State()
	p.epoch, p.applied, p.step, p.soaked = state.Epoch, state.HighestShare, k.soak.step, k.soak.time
	p.carved = append(p.carved[:0], k.carved...)
	p.told = slices.AppendSeq(p.told[:0], maps.Keys(k.told))
	k.mu.Unlock()
	known = known && k.clerk.knows(p.epoch)
	if known {
		p.declared = k.cfg.declared(p.epoch)
		k.fold.draw(p)
	}
	return known
}

// onRecord says whether the epoch is the one that the store durably knows of.
func (k *Keeper) onRecord() bool {
	k.mu.Lock()
	known, epoch := k.known, k.latch.State().Epoch
	k.mu.Unlock()
	return known && k.clerk.knows(epoch)
}

// draw copies the evidence. Whatever takes longer than that is for the archive.
func (f *fold) draw(p *progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.judge, _ = f.judge.AppendBinary(p.judge[:0])       // never fails
	p.routing, _ = f.routing.AppendBinary(p.routing[:0]) // never fails
	p.windows = p.windows[:0]
	if f.windows != nil {
		p.windows = f.windows.AppendBinary(p.windows, time.Duration(f.k.awake.Load()))
	}
	p.feedback = f.feedback.AppendBinary(p.feedback[:0])
	p.lag, p.period = f.age()-f.folded, f.period
	f.coins.CopyTo(&p.coins)
	if f.halted > 0 {
		p.coins.GoOn(f.halted)
	}
	p.coins.Spend(f.current.spent)
	f.k.steps.spend(f.period, &p.coins)
	p.counted, p.sentinel, p.stale = f.tally.counted, f.tally.sentinel, f.tally.stale
}

// spend marks the units whose coins were spent in steps that no slot was seen of.
func (s *steps) spend(period uint64, coins *ledger.Coins) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.waiting {
		if s.waiting[i].period == period {
			coins.Spend(s.waiting[i].spent)
		}
	}
}

// recall makes of stored bytes what can be gone on with, all of it or nothing. The texts get their ids.
func (k *Keeper) recall(epoch uint64, data []byte) (*recalled, error) {
	r := &recalled{progress: progress{coins: ledger.Coins{Keyed: k.cfg.Keyed, Epsilon: k.fold.coins.Epsilon}}}
	if err := r.unmarshal(data); err != nil {
		return nil, err
	}
	if here := k.cfg.declared(epoch); r.declared != here {
		return nil, fmt.Errorf("it is of another configuration: %s; now it is %s", r.declared, here)
	}
	if err := r.routing.UnmarshalBinary(r.progress.routing); err != nil {
		return nil, err
	}
	if r.routing.Broken() {
		return nil, errSplitBroken
	}
	if k.cfg.Windows.Calls > 0 {
		r.windows = sessions.New(k.cfg.Windows)
		rest, err := r.windows.Restore(r.progress.windows, time.Duration(k.awake.Load()))
		if err != nil || len(rest) > 0 {
			return nil, fmt.Errorf("sessions: %d bytes too many: %w", len(rest), err)
		}
	}
	feedback, err := restoreFeedback(k, r.progress.feedback)
	if err != nil {
		return nil, err
	}
	r.feedback = feedback
	if err := k.cfg.Memory.Put(r.texts); err != nil {
		return nil, err
	}
	judge, err := k.cfg.Memory.Restore(r.progress.judge)
	r.judge = judge
	return r, err
}
