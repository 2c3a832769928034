package ledger

import "sync/atomic"

// busy lets others than the folder see which calls are under way.
type busy struct {
	watched  atomic.Bool             // somebody looks: the folder publishes what it has visited
	visiting atomic.Bool             // a pass is under way, between the cursors and what it publishes
	open     atomic.Pointer[[]taken] // calls that were under way when the last pass had visited them
}

// taken is a slot in use, and the tag that it has while it is.
type taken struct {
	slot *slot
	tag  uint64
}

// Watch says whether anybody will ask [Ledger.Busy]; from the next pass on the folder keeps account for it.
func (l *Ledger) Watch(on bool) { l.busy.watched.Store(on) }

// Busy reports whether more than limit calls are under way, as far as slots tell: requests that got none and calls past the deadline do not count. During a pass of
// the folder it says yes. It reads the slots of all calls since the last pass, at most, and stops as soon as it knows. Safe for concurrent use.
func (l *Ledger) Busy(limit int) bool {
	if l.busy.visiting.Load() {
		return true
	}
	var cursors [stripes]uint64
	for i := range l.stripes {
		cursors[i] = l.stripes[i].cursor.Load()
	}
	n := 0
	if open := l.busy.open.Load(); open != nil {
		for _, t := range *open {
			if t.slot.tag.Load() == t.tag {
				if n++; n > limit {
					return true
				}
			}
		}
	}
	for i := range l.stripes {
		s := &l.stripes[i]
		for p := s.head.Load(); p > cursors[i]; p-- { // what is under way began lately, as a rule
			if s.at(p-1).tag.Load() == (p-1)<<phaseBits|reserved {
				if n++; n > limit {
					return true
				}
			}
		}
	}
	return l.busy.visiting.Load()
}

// publish shows the slots that are open after a pass.
func (f *Folder[T]) publish() {
	b := &f.ledger.busy
	if !b.watched.Load() {
		return
	}
	if len(f.open) == 0 {
		b.open.Store(nil)
		return
	}
	open := make([]taken, 0, len(f.open))
	for i := range f.open {
		if tag := f.open[i].slot.tag.Load(); tag&phaseMask == reserved {
			open = append(open, taken{slot: f.open[i].slot, tag: tag})
		}
	}
	b.open.Store(&open)
}
