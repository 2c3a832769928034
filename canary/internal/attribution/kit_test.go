package attribution

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/modelcanary/go-sdk/criteria"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	stable    = criteria.Stable
	candidate = criteria.Candidate
	fresh     = criteria.Fresh
)

var half = [criteria.NumStrata]float64{0.5}

// told is what a sink was told, in one order.
type told struct {
	begins bool
	shares [criteria.NumStrata]float64
	window Window
}

// record is a sink that remembers.
type record []told

func (r *record) BeginFeedback(shares [criteria.NumStrata]float64) {
	*r = append(*r, told{begins: true, shares: shares})
}

func (r *record) FoldFeedback(w *Window) {
	kept := *w
	kept.Servers, kept.All = slices.Clone(w.Servers), slices.Clone(w.All)
	*r = append(*r, told{window: kept})
}

// windows are what was handed over.
func (r record) windows() (all []Window) {
	for _, x := range r {
		if !x.begins {
			all = append(all, x.window)
		}
	}
	return all
}

// nowhere is a sink that counts.
type nowhere struct{ windows int }

func (n *nowhere) BeginFeedback([criteria.NumStrata]float64) {}
func (n *nowhere) FoldFeedback(*Window)                      { n.windows++ }

// plain are windows by the letter: everything is kept, and looked up by reading all of it. Nothing is thinned.
type plain struct {
	Config
	shares [][criteria.NumStrata]float64
	open   []*plainWindow
	begun  int // step of the last window that was handed over
}

type plainWindow struct {
	unit, cohort uint64
	step         int
	at           time.Duration
	Window
}

func newPlain(cfg Config) *plain {
	return &plain{Config: cfg, shares: make([][criteria.NumStrata]float64, 1), begun: -1}
}

func (p *plain) BeginStep(shares [criteria.NumStrata]float64) { p.shares = append(p.shares, shares) }

func (p *plain) Open(unit, cohort uint64, s criteria.Stratum, arm criteria.Arm, cells uint64, now time.Duration) {
	p.open = append(p.open, &plainWindow{unit: unit, cohort: cohort, step: len(p.shares) - 1, at: now, Window: Window{
		Stratum: s, Arm: arm, Cells: cells & (1<<(8*p.Dimensions) - 1),
		Servers: make([]float64, p.Signals), All: make([]float64, p.Signals),
	}})
}

func (p *plain) Report(unit, cohort uint64, arm criteria.Arm, signal int, value float64, client bool) bool {
	for _, w := range p.open {
		if w.unit == unit && w.cohort == cohort && w.Arm == arm {
			w.All[signal] = min(1, w.All[signal]+value)
			w.Heard |= 1 << signal
			if !client {
				w.Servers[signal] = min(1, w.Servers[signal]+value)
				w.HeardServers |= 1 << signal
			}
			return true
		}
	}
	return false
}

func (p *plain) Fold(now time.Duration, to Sink) {
	for len(p.open) > 0 && now-p.open[0].at >= p.Within {
		w := p.open[0]
		p.open = p.open[1:]
		if w.step != p.begun {
			p.begun = w.step
			to.BeginFeedback(p.shares[w.step])
		}
		to.FoldFeedback(&w.Window)
	}
}
