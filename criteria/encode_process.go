package criteria

import (
	"math"
	"slices"
)

// A further process of a watch is one more line in its encode and its decode.

// encode writes what a process is, but not what its open round has counted: for
// all traffic that is in the round's counts.
func (p *process) encode(e *encoder) {
	e.int(p.rounds)
	e.bool(p.staked)
	e.int(len(p.log))
	for _, capital := range p.log {
		e.exact(capital)
	}
	e.int(len(p.events))
	if len(p.events) == 0 {
		return
	}
	e.fractions(p.shares)
	for i := range p.events {
		p.events[i].encode(e)
	}
}

// maxEvents is more than any book bets on at once, maxBets the same for bets.
const maxEvents = 4 * MaxLabels

var maxBets = maxEvents * (len(oddsRatios) + len(fixedRates))

// decode makes a process that is new, but for its line, the one that was written.
// What its bets pay is computed again, from the same numbers.
func (p *process) decode(d *decoder, w *watch) {
	p.rounds, p.staked = d.number(), d.bool()
	p.decodeCapital(d)
	events := make([]event, d.length(maxEvents))
	if len(events) == 0 {
		return
	}
	p.shares = d.fractions(p.line.m == 0)
	for i := range events {
		events[i].decode(d, w)
	}
	if d.check(p.staked && p.fits(events), "bets without capital"); !d.ok() {
		return
	}
	p.events = events
	for s, share := range p.shares {
		p.live[s] = share > 0
	}
	d.check(p.live != [NumStrata]bool{}, "bets in no stratum")
	p.price(p.shares)
}

func (p *process) decodeCapital(d *decoder) {
	bets := d.length(maxBets)
	d.check((bets > 0) == (p.rounds > 0) && (p.rounds > 0 || !p.staked), "capital that was never staked")
	if bets == 0 || !d.ok() {
		return
	}
	p.purse = math.Log(purse(p.rounds))
	p.log, p.now = make([]float64, bets), make([]float64, bets)
	for h := range p.log {
		if p.log[h] = d.exact(); !math.IsInf(p.log[h], -1) {
			d.within(p.log[h], -maxNats, maxNats)
		}
	}
}

func (t *tally) encode(e *encoder) {
	for _, n := range []float64{t.c1, t.c0, t.s1, t.s0} {
		e.short(n)
	}
}

func (t *tally) decode(d *decoder) { *t = tally{d.calls(), d.calls(), d.calls(), d.calls()} }

// The bits of an event.
const (
	rateBit = 1 << iota
	scoredBit
	shiftedBit // the candidate has cells of its own
	coarseBit
	inverseBit
	eventBits = iota
)

// encode leaves out the prior: only a claim has further use of it.
func (v *event) encode(e *encoder) {
	e.exact(v.guess)
	shifted := !slices.Equal(v.stable, v.candidate)
	e.int(int(v.side)<<eventBits | bit(rateBit, v.rate) | bit(scoredBit, v.scores != nil) | bit(shiftedBit, shifted) |
		bit(coarseBit, v.coarse) | bit(inverseBit, v.inverse))
	e.int(v.at - orCancelled)
	e.spans(v.stable)
	if shifted {
		e.spans(v.candidate)
	}
}

// completes adds what is not written of an event, and reports whether the criterion
// has such a one.
func (w *watch) completes(v *event) bool {
	if v.at == orCancelled {
		_, ok := w.meter.(interface{ unanswered() span })
		return ok && v.side == above
	}
	return w.book.complete(v) && (!v.inverse || v.side == below)
}

// bit is a bit that is set or not.
func bit(b int, set bool) int {
	if set {
		return b
	}
	return 0
}

func (v *event) decode(d *decoder, w *watch) {
	v.guess = d.within(d.exact(), guessFloor, 1-guessFloor)
	flags := d.upTo(1<<(eventBits+2) - 1)
	v.rate, v.side = flags&rateBit != 0, side(flags>>eventBits)
	v.coarse, v.inverse = flags&coarseBit != 0, flags&inverseBit != 0
	v.at = d.upTo(math.MaxInt32) + orCancelled
	cells := w.meter.cells()
	v.stable = d.spans(cells)
	v.candidate = v.stable
	if flags&shiftedBit != 0 {
		v.candidate = d.spans(cells)
	}
	d.check(w.completes(v), "an event that is not bet on")
	d.check((v.scores != nil) == (flags&scoredBit != 0), "scores of nothing")
	d.check(v.scores == nil || len(v.scores) == cells, "scores of other cells")
}

// spans writes ascending spans by their gaps and lengths.
func (e *encoder) spans(list []span) {
	e.int(len(list))
	next := 0
	for _, s := range list {
		e.int(s.from - next)
		e.int(s.to - s.from)
		next = s.to
	}
}

func (d *decoder) spans(cells int) []span {
	list := make([]span, d.length(cells+1))
	next := 0
	for i := range list {
		from := next + d.upTo(cells)
		next = from + d.upTo(cells)
		if next > cells {
			d.fail("an event of cell %d, of %d", next, cells)
			return nil
		}
		list[i] = span{from, next}
	}
	return list
}
