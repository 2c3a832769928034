package lifecycle

import (
	"sync/atomic"
	"unsafe"
)

// door lets calls in while it is open and counts those inside. Shut to begin with; safe for concurrent use.
//
// A call counts itself first and looks at the door afterwards, and who shuts the door looks at the counts afterwards. So of a call and a shutting at the same
// time at least one sees the other: once the door was shut and a stripe was seen at zero, no call that this stripe counts is inside or will get inside. The
// stripes can be looked at one after the other, because a call leaves by the stripe it came in.
type door struct {
	open atomic.Bool
	// emptied is called when perhaps the last call has left a door that is shut: once at least, by a call that leaves.
	emptied func()
	_       [cacheLine]byte // calls only read what is above
	stripes [stripes]stripe
}

const (
	// stripes keep processors from meeting on one counter.
	stripes = 8
	// cacheLine is twice the usual line: some processors fetch them in pairs.
	cacheLine = 128
)

// stripe counts some of the calls inside.
type stripe struct {
	inside atomic.Int64
	_      [cacheLine - 8]byte
}

// enter counts a call in and returns by which stripe it has to leave, or nil when the door is shut.
func (d *door) enter() *stripe {
	if !d.open.Load() {
		return nil
	}
	return d.admit(d.stripe())
}

// admit is the rest of enter. Much may have happened since the first look at the door.
func (d *door) admit(s *stripe) *stripe {
	s.inside.Add(1)
	if d.open.Load() {
		return s
	}
	d.leave(s)
	return nil
}

// leave counts a call out.
func (d *door) leave(s *stripe) {
	if s.inside.Add(-1) == 0 && !d.open.Load() {
		d.leftShut()
	}
}

// leftShut tells when nobody is left inside. When calls leave different stripes at a time, at least one of them sees all stripes at zero.
func (d *door) leftShut() {
	if d.empty() {
		d.emptied()
	}
}

// empty reports whether nobody is inside. It means something only while the door is shut.
func (d *door) empty() bool {
	for i := range d.stripes {
		if d.stripes[i].inside.Load() != 0 {
			return false
		}
	}
	return true
}

// calls is how many are inside, or nearly so while they come and go.
func (d *door) calls() (n int64) {
	for i := range d.stripes {
		n += d.stripes[i].inside.Load()
	}
	return n
}

// stripe chooses by the address of a local: goroutines have stacks of their own, which spreads those that run at a time.
func (d *door) stripe() *stripe {
	const golden = 0x9e3779b97f4a7c15
	var local byte
	return &d.stripes[uint64(uintptr(unsafe.Pointer(&local)))>>11*golden>>61]
}
