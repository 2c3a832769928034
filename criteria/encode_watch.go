package criteria

import "math"

// encode writes the state of a criterion in its group.
func (w *watch) encode(e *encoder) {
	e.exact(w.global)
	e.exact(w.logE)
	w.book.encode(e)
	w.slices.encode(e)
	e.bool(w.failed != nil)
	if w.failed != nil {
		w.failed.encode(e)
	}
}

// decode makes a watch that is new the one that was written, but for what its book
// reads from the round.
func (w *watch) decode(d *decoder, s *session, alpha float64) {
	w.global, w.logE = d.nats(), d.nats()
	w.book.decode(d, w)
	w.slices.decode(d, w, s)
	if d.bool() {
		w.failed = w.decodeVerdict(d, alpha)
	}
}

// encode is called between folds, when no slice is dirty.
func (x *slicing) encode(e *encoder) {
	e.exact(x.logE)
	e.int(len(x.used))
	for _, sl := range x.used {
		sl.encode(e)
	}
}

func (x *slicing) decode(d *decoder, w *watch, s *session) {
	x.logE = d.nats()
	for range d.length(len(x.cells) * SliceCells) {
		dimension, cell := d.upTo(len(x.cells)-1), d.upTo(SliceCells-1)
		if d.check(d.ok() && x.cells[dimension][cell] == nil, "a slice that is listed twice"); !d.ok() {
			return
		}
		x.at(dimension, uint8(cell), w.book.null()).decode(d, w, s)
	}
}

func (sl *slice) encode(e *encoder) {
	e.int(sl.dimension)
	e.int(int(sl.cell))
	e.exact(sl.logE)
	e.bool(sl.carved)
	e.int(sl.step)
	e.uint(uint64(sl.opened))
	e.short(sl.calls)
	sl.process.encode(e)
	sl.encodeCounts(e)
	e.int(len(sl.past))
	for i := range sl.past {
		sl.past[i].encode(e)
	}
	for _, n := range sl.missing {
		e.short(n)
	}
}

func (sl *slice) decode(d *decoder, w *watch, s *session) {
	sl.logE, sl.carved = d.nats(), d.bool()
	sl.step, sl.opened, sl.calls = d.upTo(s.steps), d.duration(), d.calls()
	sl.process.decode(d, w)
	sl.decodeCounts(d)
	past := make([]tally, d.length(maxEvents))
	for i := range past {
		past[i].decode(d)
	}
	d.check(len(sl.events) == 0 || len(sl.events) == len(past), "a slice without a past")
	if len(past) > 0 {
		sl.past = past
	}
	for arm := range sl.missing {
		sl.missing[arm] = d.calls()
	}
}

// encode writes a failed verdict; the criterion says the rest.
func (v *Verdict) encode(e *encoder) {
	e.text(v.Finding)
	e.text(v.Slice)
	v.Stable.encode(e)
	v.Candidate.encode(e)
	e.exact(v.Ratio.Lower)
	e.exact(v.Ratio.Upper)
	e.exact(v.LogE)
	e.text(v.Reason)
}

func (w *watch) decodeVerdict(d *decoder, alpha float64) *Verdict {
	v := w.blank(alpha)
	v.Result = Fail
	v.Finding, v.Slice = d.text(), d.text()
	v.Stable.decode(d)
	v.Candidate.decode(d)
	v.Ratio.Lower = d.within(d.exact(), 0, math.Inf(1))
	v.Ratio.Upper = d.within(d.exact(), v.Ratio.Lower, math.Inf(1))
	v.LogE = d.nats()
	v.Reason = d.text()
	return &v
}

func (x *Estimate) encode(e *encoder) {
	e.uint(x.Events)
	e.uint(x.Calls)
	e.exact(x.Rate)
	e.exact(x.Interval.Lower)
	e.exact(x.Interval.Upper)
}

func (x *Estimate) decode(d *decoder) {
	x.Events, x.Calls = d.count(), d.count()
	x.Rate = d.within(d.exact(), 0, 1)
	x.Interval.Lower = d.within(d.exact(), 0, 1)
	x.Interval.Upper = d.within(d.exact(), x.Interval.Lower, 1)
}
