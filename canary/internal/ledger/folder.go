package ledger

import "math"

// Entry is what a slot says when it is assigned.
type Entry struct {
	Unit  uint64
	Step  uint32
	Mark  Mark
	Cells Cells
	Start int64
}

// Result is what a slot says when it is settled. It is valid during the call that hands it over.
type Result struct {
	Outcome  Outcome
	Answered bool
	Invalid  bool  // only of outcome OK
	Latency  int64 // nanoseconds
	slot     *slot
	overflow []uint64
	shape    *shape
}

// Number is a number signal; false when the call has no value for it.
func (r *Result) Number(i int) (float64, bool) {
	if r.slot == nil {
		return 0, false
	}
	bits := r.slot.number
	if i > 0 {
		bits = r.overflow[i-1]
	}
	return math.Float64frombits(bits), bits != missingNumber
}

// Label is the id of a label; NoLabel when the call has no value for it.
func (r *Result) Label(i int) uint16 {
	switch {
	case r.slot == nil:
		return NoLabel
	case i < slotLabels:
		return uint16(r.slot.result >> (16 + 16*i))
	default:
		return uint16(r.overflow[r.shape.labelWord(i)] >> (16 * ((i - slotLabels) % labelsPerWord)))
	}
}

// Class is the class of a failed call; NoLabel when it has none.
func (r *Result) Class() uint16 {
	if r.slot == nil || !r.Outcome.Failed() {
		return NoLabel
	}
	return uint16(r.slot.result >> 16)
}

// Visitor is told of every slot twice: in the order of assignment, and when it is settled, in any order. T is what the visitor wants handed back.
type Visitor[T any] interface {
	Assigned(Entry) T
	Settled(T, Entry, *Result)
}

// Folder visits the slots of a ledger, each once. It belongs to one goroutine.
type Folder[T any] struct {
	ledger *Ledger
	open   []open[T] // assigned, not settled
	late   []*slot   // expired, their calls still under way
	lanes  [stripes]lane
	result Result // handed over, again and again
}

type open[T any] struct {
	slot   *slot
	stripe *stripe
	entry  Entry
	ticket T
	seen   int64 // awake time when the slot was first visited
}

// NewFolder returns the folder of a ledger. There must be only one.
func NewFolder[T any](l *Ledger) *Folder[T] { return &Folder[T]{ledger: l} }

// Open is the number of calls under way that have not been settled.
func (f *Folder[T]) Open() int { return len(f.open) }

// Late is the number of calls that were settled as overdue and are still under way.
func (f *Folder[T]) Late() int { return len(f.late) }

// Pass settles what has ended since the last pass or is older than the deadline, then visits the slots assigned since. now is the ledger's clock, read before
// the call; awake and deadline are in the folder's awake time, which a paused process does not use up. It returns how many slots were visited.
//
// Causal order. A request reads the clock after it has reserved, so the start of any slot is later than the reservation of every slot before it in its
// stripe. Slots are visited by the tightest such bound, the least start of the slot and those behind it, over all stripes, and none whose bound is after now.
// If B was requested because A had ended, then A's bound <= A's start < B's reservation < B's bound: A is visited before B, or both wait.
func (f *Folder[T]) Pass(now, awake, deadline int64, v Visitor[T]) int {
	f.ledger.busy.visiting.Store(true)
	f.free()
	f.settle(awake, deadline, v)
	visited := f.assign(now, awake, v)
	f.publish()
	f.ledger.busy.visiting.Store(false)
	return visited
}

// free gives back the slots of late calls that have ended.
func (f *Folder[T]) free() {
	kept := f.late[:0]
	for _, s := range f.late {
		if s.tag.Load()&phaseMask == returned {
			s.tag.Store(free)
			continue
		}
		kept = append(kept, s)
	}
	clear(f.late[len(kept):])
	f.late = kept
}

// settle lifts the open slots that have ended and expires those past the deadline.
func (f *Folder[T]) settle(awake, deadline int64, v Visitor[T]) {
	kept := f.open[:0]
	for i := range f.open {
		o := &f.open[i]
		tag := o.slot.tag.Load()
		switch {
		case tag&phaseMask == settled:
			f.lift(o.slot, o.stripe, o.ticket, o.entry, v)
		case awake-o.seen >= deadline && o.slot.tag.CompareAndSwap(tag, tag&^phaseMask|expired):
			f.result = Result{Outcome: Overdue}
			v.Settled(o.ticket, o.entry, &f.result)
			f.late = append(f.late, o.slot)
		default:
			kept = append(kept, *o)
		}
	}
	clear(f.open[len(kept):])
	f.open = kept
}

func (f *Folder[T]) lift(s *slot, from *stripe, ticket T, e Entry, v Visitor[T]) {
	shape := &f.ledger.shape
	f.result = Result{
		Outcome:  Outcome(s.result),
		Answered: s.result&answeredBit != 0,
		Invalid:  s.result&invalidBit != 0 && Outcome(s.result) == OK,
		Latency:  s.latency,
		slot:     s,
		shape:    shape,
	}
	if shape.overflow > 0 {
		f.result.overflow = from.overflowAt(s.tag.Load()>>phaseBits, shape.overflow)
	}
	v.Settled(ticket, e, &f.result)
	s.tag.Store(free)
}

// lane is the part of a stripe that a pass may visit.
type lane struct {
	stripe    *stripe
	next, end uint64
	slot      *slot   // of next; nil when the lane is empty
	bound     int64   // of next
	bounds    []int64 // of next, ..., end-1 at the time of the survey, backwards
}

func (f *Folder[T]) assign(now, awake int64, v Visitor[T]) int {
	lanes, cut := &f.lanes, now
	for i := range lanes {
		cut = min(cut, lanes[i].survey(&f.ledger.stripes[i]))
	}
	for i := range lanes {
		lanes[i].advance()
	}
	visited := 0
	for {
		first := -1
		for i := range lanes {
			if ln := &lanes[i]; ln.slot != nil && ln.bound <= cut && (first < 0 || ln.bound < lanes[first].bound) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		f.visit(&lanes[first], awake, v)
		visited++
		lanes[first].next++
		lanes[first].advance()
	}
	for i := range lanes {
		lanes[i].stripe.cursor.Store(lanes[i].next)
	}
	return visited
}

// survey finds how far a stripe may be visited: up to its head, or to a position whose owner has not published yet. What lies behind such a hole waits for
// the next pass, and so must everything that could have been caused by it: survey returns the time before which the pass has to stop.
func (ln *lane) survey(s *stripe) (cut int64) {
	head := s.head.Load()
	*ln = lane{stripe: s, next: s.cursor.Load(), bounds: ln.bounds[:0]}
	for ln.end = ln.next; ln.end < head; ln.end++ {
		if at := s.at(ln.end); !at.owned(ln.end) && at.skipped.Load() != ln.end+1 {
			break
		}
	}
	cut = math.MaxInt64
	for p := ln.end + 1; p < head; p++ {
		if at := s.at(p); at.owned(p) {
			cut = min(cut, at.start-1)
		}
	}
	bound := int64(math.MaxInt64)
	for p := ln.end; p > ln.next; p-- {
		if at := s.at(p - 1); at.owned(p - 1) {
			bound = min(bound, at.start)
		}
		ln.bounds = append(ln.bounds, bound)
	}
	return cut
}

// advance moves a lane to its next reserved slot.
func (ln *lane) advance() {
	for ; ln.next < ln.end; ln.next++ {
		if at := ln.stripe.at(ln.next); at.owned(ln.next) {
			ln.slot, ln.bound = at, ln.bounds[ln.end-ln.next-1]
			return
		}
	}
	ln.slot = nil
}

// owned says whether the slot was reserved at the position and published.
func (s *slot) owned(position uint64) bool {
	tag := s.tag.Load()
	return tag>>phaseBits == position && tag&phaseMask != free
}

func (f *Folder[T]) visit(ln *lane, awake int64, v Visitor[T]) {
	s := ln.slot
	e := Entry{Unit: s.unit, Step: uint32(s.mark >> 32), Mark: Mark(s.mark) & markBits, Cells: Cells(uint16(s.mark >> cellsShift)), Start: s.start}
	if shape := &f.ledger.shape; shape.dimensions > SlotCells {
		e.Cells |= Cells(ln.stripe.overflowAt(ln.next, shape.overflow)[shape.signals]) << (8 * SlotCells)
	}
	ticket := v.Assigned(e)
	if s.tag.Load()&phaseMask == settled {
		f.lift(s, ln.stripe, ticket, e, v)
		return
	}
	f.open = append(f.open, open[T]{slot: s, stripe: ln.stripe, entry: e, ticket: ticket, seen: awake})
}
