package sessions

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/modelcanary/go-sdk/criteria"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is what a sink was told, in one order.
type told struct {
	begins  bool
	shares  [criteria.NumStrata]float64
	stratum criteria.Stratum
	arm     criteria.Arm
	harm    bool
}

// record is a sink that remembers.
type record []told

func (r *record) BeginWindows(shares [criteria.NumStrata]float64) {
	*r = append(*r, told{begins: true, shares: shares})
}

func (r *record) FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool) {
	*r = append(*r, told{stratum: stratum, arm: arm, harm: harm})
}

// folded is how many windows were handed over.
func (r record) folded() (n int) {
	for _, x := range r {
		if !x.begins {
			n++
		}
	}
	return n
}

// watcher is what Windows can do, for who does it otherwise.
type watcher interface {
	BeginStep(shares [criteria.NumStrata]float64)
	Open(unit uint64, stratum criteria.Stratum, arm criteria.Arm, awake time.Duration) Ticket
	Join(unit uint64, awake time.Duration) Ticket
	Settle(t Ticket, harm bool)
	Fold(awake time.Duration, to Sink)
}

var _ watcher = (*Windows)(nil)

// plain are windows by the letter: every slot is kept, and everything is looked up by reading all of it. It can break the rules.
type plain struct {
	Config
	asTheyFinish bool // hand over whatever has finished, whatever was opened before it
	dropAtStep   bool // forget what has not finished when a step ends

	step   int
	shares [][criteria.NumStrata]float64
	opened []*plainWindow
	begun  int // step of the last window that was handed over
	slots  []*plainSlot
}

type plainWindow struct {
	unit    uint64
	step    int
	at      time.Duration
	stratum criteria.Stratum
	arm     criteria.Arm
	slots   []*plainSlot
	gone    bool // handed over, or forgotten
}

type plainSlot struct{ settled, harm bool }

func newPlain(cfg Config) *plain {
	return &plain{Config: cfg, shares: make([][criteria.NumStrata]float64, 1), begun: -1}
}

func (p *plain) BeginStep(shares [criteria.NumStrata]float64) {
	p.step++
	p.shares = append(p.shares, shares)
	for _, w := range p.opened {
		w.gone = w.gone || p.dropAtStep
	}
}

func (p *plain) Open(unit uint64, stratum criteria.Stratum, arm criteria.Arm, awake time.Duration) Ticket {
	w := &plainWindow{unit: unit, step: p.step, at: awake, stratum: stratum, arm: arm}
	p.opened = append(p.opened, w)
	return p.slot(w)
}

func (p *plain) Join(unit uint64, awake time.Duration) Ticket {
	for _, w := range p.opened {
		if w.unit == unit && w.step == p.step && !p.ended(w, awake) {
			return p.slot(w)
		}
	}
	return 0
}

func (p *plain) slot(w *plainWindow) Ticket {
	s := &plainSlot{}
	w.slots = append(w.slots, s)
	p.slots = append(p.slots, s)
	return Ticket(len(p.slots))
}

func (p *plain) Settle(t Ticket, harm bool) {
	if t > 0 {
		*p.slots[t-1] = plainSlot{settled: true, harm: harm}
	}
}

func (p *plain) ended(w *plainWindow, awake time.Duration) bool {
	return len(w.slots) >= p.Calls || awake-w.at >= p.Within || w.step < p.step
}

func (p *plain) Fold(awake time.Duration, to Sink) {
	kept := p.opened[:0]
	blocked := false
	for _, w := range p.opened {
		done, harm := p.ended(w, awake), false
		for _, s := range w.slots {
			done = done && s.settled
			harm = harm || s.harm
		}
		switch {
		case w.gone:
		case done && !blocked:
			if w.step != p.begun {
				p.begun = w.step
				to.BeginWindows(p.shares[w.step])
			}
			to.FoldWindow(w.stratum, w.arm, harm)
			w.gone = true
		default:
			blocked = !p.asTheyFinish
			kept = append(kept, w)
		}
	}
	p.opened = kept
}
