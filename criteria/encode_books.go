package criteria

import "slices"

// The state of the books. What complete accepts of an event is what words can
// name; the cells have been checked before.

func (b *rateBook) complete(v *event) bool { return v.side == above && v.at == 0 }

func (b *meanBook) complete(v *event) bool {
	v.scores = b.event.scores
	return v.side == above && v.at == 0
}

func (b *signBook) complete(v *event) bool {
	return v.side == above && slices.ContainsFunc(b.sides, func(e event) bool { return e.at == v.at })
}

func (b *thresholdBook) encode(e *encoder) {
	e.bool(b.waiting)
	b.process.encode(e)
}

func (b *thresholdBook) decode(d *decoder, w *watch) {
	b.waiting = d.bool()
	b.process.decode(d, w)
}

func (b *thresholdBook) complete(v *event) bool {
	if v.side == notANumber {
		return v.at == nanCell
	}
	return v.side <= below && v.at > b.first && v.at < b.cells
}

// encode leaves out what follows from the labels in their order.
func (b *labelBook) encode(e *encoder) {
	e.bool(b.waiting)
	e.int(len(b.labels))
	for _, id := range b.labels {
		e.int(id)
	}
	b.base.encode(e)
	b.fresh.encode(e)
	e.int(len(b.found))
	for i := range b.found {
		e.int(b.found[i].id)
		b.found[i].encode(e)
	}
	e.int(len(b.favourites))
	for _, i := range b.favourites {
		e.int(i)
	}
}

func (b *labelBook) decode(d *decoder, w *watch) {
	b.waiting = d.bool()
	for range d.length(b.ids) {
		b.labels = append(b.labels, b.decodeLabel(d))
	}
	b.base.decode(d, w)
	b.fresh.decode(d, w)
	if len(b.fresh.events) > 0 {
		b.freshEvent = b.fresh.events[0]
	}
	for range d.length(b.ids) {
		f := b.newFound(b.decodeLabel(d))
		f.decode(d, w)
		b.found = append(b.found, f)
	}
	all := len(b.labels) * b.eventsPerLabel()
	for range d.length(all) {
		b.favourites = append(b.favourites, d.upTo(all-1))
	}
	d.check(len(b.base.events) == 0 || len(b.base.events) == all, "labels without bets")
}

// decodeLabel reads a label that becomes a known one.
func (b *labelBook) decodeLabel(d *decoder) int {
	id := d.upTo(b.ids - 1)
	d.check(!b.known[id], "a label that is known twice")
	b.known[id] = true
	b.count++
	return id
}

func (b *labelBook) complete(v *event) bool {
	if v.at == novelLabel {
		return v.side == above
	}
	return v.side <= below && v.at >= 0 && v.at < b.ids
}

// eventsPerLabel is how many events a label has.
func (k *labelling) eventsPerLabel() int {
	if k.oneSided {
		return 1
	}
	return 2
}

// knows reports whether a label is known: its id then has a meaning even if no
// count is left of it.
func (b *labelBook) knows(id int) bool { return b.known[id] }
