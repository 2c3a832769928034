package ledger

import (
	"math"
	"sync/atomic"
)

// Outcome is how a call ended. The zero value is a value without an error.
type Outcome uint8

// The ways a call ends. Overdue is written by the folder alone.
const (
	OK Outcome = iota
	Error
	Panic
	Goexit
	Timeout
	Cancelled
	Overdue
	NumOutcomes
)

var outcomeNames = [NumOutcomes]string{"ok", "error", "panic", "goexit", "timeout", "cancelled", "overdue"}

// String is the name of the outcome in telemetry.
func (o Outcome) String() string {
	if o < NumOutcomes {
		return outcomeNames[o]
	}
	return "unknown"
}

// Failed says whether the outcome is harm to the arm that produced it. A caller that leaves is not.
func (o Outcome) Failed() bool { return o != OK && o != Cancelled }

// Mark is what is known of a request when its slot is reserved.
type Mark uint32

// The marks. Reasons are the caller's small numbers, kept for telemetry.
const (
	// Candidate says which arm was assigned.
	Candidate Mark = 1 << iota
	// Excluded requests are served and counted but are evidence in neither arm.
	Excluded
	// Anonymous requests have no unit: no key function, or an empty key.
	Anonymous
	// spent is set by Reserve: an earlier request of the unit in this step was thinned.
	spent
	// Sentinel requests are of a unit that is the candidate's, and a coin of their own has chosen the arm: mostly Candidate.
	Sentinel

	reasonShift = 8
)

// WithReason returns the mark with a reason of 0..255.
func (m Mark) WithReason(reason uint8) Mark { return m | Mark(reason)<<reasonShift }

// Reason is what WithReason stored.
func (m Mark) Reason() uint8 { return uint8(m >> reasonShift) }

// slot is one cache line. It is owned by the request from its reservation to its settling, then by the folder. Signals beyond the first number and the
// first three labels lie in the stripe's overflow.
type slot struct {
	tag     atomic.Uint64 // position<<phaseBits | phase
	skipped atomic.Uint64 // 1 + the last position that was stepped over because the slot was in use
	unit    uint64
	mark    uint64 // step<<32 | mark
	start   int64
	latency int64
	result  uint64 // outcome | answered<<8 | labels[0..2] << 16, 32, 48
	number  uint64
}

type phase = uint64

const (
	phaseBits = 3
	phaseMask = 1<<phaseBits - 1

	free     phase = 0 // nobody's: may be reserved
	reserved phase = 1 // a call is under way
	settled  phase = 2 // the call ended, the folder has not seen it
	expired  phase = 3 // the folder settled it as overdue, the call is still under way
	returned phase = 4 // the call of an expired slot ended: nothing is left to do but to free it
)

// NoLabel says that a slot has no value for a label signal.
const NoLabel = math.MaxUint16

// missingNumber is a NaN that no arithmetic produces; it says that a slot has no value for a number signal. Every other NaN is a value.
const missingNumber = 0x7ff8_6d63_0000_0001

// Hold is a request's hold on its slot. The zero Hold belongs to a thinned request.
type Hold struct {
	slot   *slot
	tag    uint64
	stripe uint32
}

// Held says whether the request got a slot.
func (h Hold) Held() bool { return h.slot != nil }

// Begin publishes the slot of a request that starts now, in nanoseconds of the ledger's clock. The clock is read between Reserve and Begin: while it is being
// read, the cache line of the slot is on its way.
func (h Hold) Begin(now int64) {
	if h.slot == nil {
		return
	}
	h.slot.start = now
	h.slot.tag.Store(h.tag | reserved)
}

// SetNumber stores a number signal; NaN is a value like any other. A call either sets every signal or clears them.
func (l *Ledger) SetNumber(h Hold, i int, x float64) {
	bits := math.Float64bits(x)
	if bits == missingNumber {
		bits++
	}
	if i == 0 {
		h.slot.number = bits
		return
	}
	l.overflow(h)[i-1] = bits
}

// MissNumber says that the call has no value for a number signal.
func (l *Ledger) MissNumber(h Hold, i int) {
	if i == 0 {
		h.slot.number = missingNumber
		return
	}
	l.overflow(h)[i-1] = missingNumber
}

// SetLabel stores the id of a label.
func (l *Ledger) SetLabel(h Hold, i int, id uint16) {
	if i < slotLabels {
		put(&h.slot.result, 16+16*i, id)
		return
	}
	put(&l.overflow(h)[l.shape.labelWord(i)], 16*((i-slotLabels)%labelsPerWord), id)
}

func put(word *uint64, shift int, id uint16) { *word = *word&^(NoLabel<<shift) | uint64(id)<<shift }

// ClearSignals says that no signal of the call has a value.
func (l *Ledger) ClearSignals(h Hold) {
	h.slot.result = noLabels
	h.slot.number = missingNumber
	if l.shape.overflow == 0 {
		return
	}
	words := l.overflow(h)
	for i := range words {
		words[i] = math.MaxUint64
	}
	for i := range l.shape.numbers - 1 {
		words[i] = missingNumber
	}
}

// Settle ends the request's hold: latency in nanoseconds, and whether stable answered after the candidate had failed. Signals are set before; they
// matter for outcome OK only. It reports whether the result counts: it does not when the request was thinned, or when the deadline has passed, the folder
// has settled the slot and the late result is dropped.
func (h Hold) Settle(outcome Outcome, answered bool, latency int64) bool {
	if h.slot == nil {
		return false
	}
	h.slot.latency = latency
	result := h.slot.result&noLabels | uint64(outcome)
	if answered {
		result |= answeredBit
	}
	h.slot.result = result
	if h.slot.tag.CompareAndSwap(h.tag|reserved, h.tag|settled) {
		return true
	}
	h.slot.tag.Store(h.tag | returned)
	return false
}

const (
	answeredBit = 1 << 8
	// noLabels is a result word whose three labels have no value.
	noLabels = 0xffff_ffff_ffff_0000

	slotLabels    = 3
	labelsPerWord = 4
)

// shape says where the signals of a slot lie.
type shape struct {
	numbers, labels int
	overflow        int // words of a slot beyond its cache line
}

func newShape(numbers, labels int) shape {
	s := shape{numbers: numbers, labels: labels, overflow: max(0, numbers-1)}
	if labels > slotLabels {
		s.overflow = s.labelWord(labels-1) + 1
	}
	return s
}

// labelWord is the overflow word of label i >= slotLabels.
func (s *shape) labelWord(i int) int { return max(0, s.numbers-1) + (i-slotLabels)/labelsPerWord }
