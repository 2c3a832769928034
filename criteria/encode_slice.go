package criteria

import "slices"

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
	e.bool(sl.full)
	e.int(sl.step)
	e.uint(uint64(sl.opened))
	e.short(sl.calls)
	for _, n := range sl.unseen {
		e.short(n)
	}
	sl.process.encode(e)
	sl.encodeCounts(e)
	e.int(len(sl.past))
	for i := range sl.past {
		sl.past[i].encode(e)
	}
	e.short(sl.lost)
}

func (sl *slice) decode(d *decoder, w *watch, s *session) {
	sl.setLogE(d.nats())
	sl.carved, sl.full = d.bool(), d.bool()
	sl.step, sl.opened, sl.calls = d.upTo(s.steps), d.duration(), d.calls()
	for arm := range sl.unseen {
		sl.unseen[arm] = d.calls()
	}
	sl.process.decode(d, w)
	d.check(len(sl.events) <= maxWithin, "more events than are bet on within slices")
	if d.check(len(sl.events) == 0 || !sl.events[0].inverse, "the inverse of nothing"); !d.ok() {
		return
	}
	sl.lookup = w.slices.lookup(sl.events, w.meter.cells())
	sl.decodeCounts(d)
	past := make([]shown, d.length(maxWithin))
	for i := range past {
		past[i].decode(d)
	}
	d.check(len(sl.events) == 0 || len(sl.events) == len(past), "a slice without a past")
	if len(past) > 0 {
		sl.past = past
	}
	sl.lost = d.calls()
}

// lookup is that of a slice with the same cells in its events, if there is one.
func (x *slicing) lookup(events []event, cells int) *lookup {
	if len(events) == 0 {
		return nil
	}
	same := func(a, b event) bool {
		return a.inverse == b.inverse && slices.Equal(a.stable, b.stable) && slices.Equal(a.candidate, b.candidate)
	}
	var before *lookup
	for _, o := range x.used {
		if o.lookup != nil && o.lookup != before && slices.EqualFunc(o.events, events, same) {
			return o.lookup
		}
		before = o.lookup
	}
	return newLookup(events, cells)
}

// encodeCounts writes what the open round has counted.
func (sl *slice) encodeCounts(e *encoder) {
	for s := range NumStrata {
		for arm := range numArms {
			switch {
			case !sl.live[s]:
			case sl.graded != nil:
				e.sparse(sl.graded.counts[s][arm])
			default:
				sl.counts[s][arm].encode(e, sl.lookup)
			}
		}
	}
}

func (sl *slice) decodeCounts(d *decoder) {
	for s := range NumStrata {
		for arm := range numArms {
			sl.counts[s][arm].reset(len(sl.events))
			switch {
			case !sl.live[s]:
			case sl.graded != nil:
				d.sparse(sl.graded.counts[s][arm])
			default:
				sl.counts[s][arm].decode(d, sl.lookup)
			}
		}
	}
}

// encode leaves out what is read off other hits.
func (t *tallier) encode(e *encoder, l *lookup) {
	e.short(t.missing)
	e.short(t.values)
	if t.values == 0 {
		return
	}
	for i, n := range t.hits {
		if !l.inverts(i) {
			e.short(n)
		}
	}
}

func (t *tallier) decode(d *decoder, l *lookup) {
	t.missing, t.values = d.calls(), d.calls()
	if t.values == 0 {
		return
	}
	for i := range t.hits {
		if !l.inverts(i) {
			t.hits[i] = d.within(d.short(), 0, t.values)
		}
	}
}
