package keeper

import (
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
)

// windowSink takes the windows of units, see [sessions.Sink].
type windowSink interface {
	BeginWindows(shares [criteria.NumStrata]float64)
	FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool)
}

var _ windowSink = (*windows)(nil)

// windows watch units for a while, and bring the judge what they saw. nil windows watch nobody.
type windows struct {
	*sessions.Windows
	fold     *fold
	to       windowSink // itself, but in tests
	evidence *criteria.Evidence
	harm     criteria.Observation
	ruling   criteria.Ruling
	judged   bool // something was folded in this pass
}

func newWindows(f *fold, cfg sessions.Config) *windows {
	if cfg.Calls <= 0 {
		return nil
	}
	w := &windows{Windows: sessions.New(cfg), fold: f, evidence: f.judge.NewEvidence()}
	w.to = w
	return w
}

// beginStep ends the windows of the step before. splits are the probabilities of the units' own coins.
func (w *windows) beginStep(splits [criteria.NumStrata]float64) {
	if w == nil {
		return
	}
	splits[criteria.Sentinel] = 0
	w.BeginStep(splits)
}

// assigned puts a slot of the current step into its unit's window: the one it opens, or the one it finds. What is no evidence is in none.
func (w *windows) assigned(e ledger.Entry, stratum criteria.Stratum, awake time.Duration) sessions.Ticket {
	switch {
	case w == nil || w.fold.current.share <= 0 || e.Mark&(ledger.Excluded|ledger.Anonymous) != 0:
		return 0
	case stratum != criteria.Uncounted:
		return w.Open(e.Unit, stratum, coinOf(e.Mark), awake)
	default:
		return w.Join(e.Unit, awake)
	}
}

// settled says what became of a slot.
func (w *windows) settled(t sessions.Ticket, harm bool) {
	if t != 0 {
		w.Settle(t, harm)
	}
}

// judge hands the finished windows to the judge. It reports whether there were any. Once the keeper is closed no call
// can follow in any of them, and all end, unless another process may go on with them.
func (w *windows) judge(awake time.Duration) (criteria.Ruling, bool) {
	if w == nil {
		return criteria.Ruling{}, false
	}
	if k := w.fold.k; k.archive == nil && k.Plan() != nil && k.Plan().Closed {
		w.BeginStep([criteria.NumStrata]float64{})
	}
	w.judged = false
	w.Fold(awake, w.to)
	w.flush()
	return w.ruling, w.judged
}

// BeginWindows implements [sessions.Sink].
func (w *windows) BeginWindows(shares [criteria.NumStrata]float64) {
	w.flush()
	w.fold.judge.BeginWindows(shares)
}

// FoldWindow implements [sessions.Sink].
func (w *windows) FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool) {
	w.harm = criteria.Observation{Arm: arm}
	if harm {
		w.harm.Outcome = criteria.Failed
	}
	w.evidence.ObserveWindow(stratum, &w.harm)
}

// flush folds what was handed over since the last time, all of one step. The judge hears nothing once it is over.
func (w *windows) flush() {
	if !w.evidence.Empty() && !w.fold.over {
		w.ruling = w.fold.judgeOn(w.evidence)
		w.judged = true
	}
	w.evidence.Reset()
}
