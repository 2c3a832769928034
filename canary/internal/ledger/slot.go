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
	reasonBits  = 0xff << reasonShift
	cellsShift  = 16
	markBits    = 1<<cellsShift - 1
)

// WithReason returns the mark with another reason.
func (m Mark) WithReason(reason uint8) Mark { return m&^reasonBits | Mark(reason)<<reasonShift }

// Reason is what WithReason stored.
func (m Mark) Reason() uint8 { return uint8(m >> reasonShift) }

// WithCells returns a mark that holds the first [SlotCells] cells; further ones are for [Ledger.SetCells].
func (m Mark) WithCells(c Cells) Mark { return m | Mark(uint16(c))<<cellsShift }

// Cells are where a request lies in each slice dimension, eight bits each, the first lowest.
type Cells uint64

// SlotCells is how many cells lie in the slot itself.
const SlotCells = 2

// NoCell is the cell of a dimension that the request is in no slice of.
const NoCell = math.MaxUint8

// With returns the cells with that of a dimension, which was 0.
func (c Cells) With(dimension int, cell uint8) Cells { return c | Cells(cell)<<(8*dimension) }

// At is the cell of a dimension.
func (c Cells) At(dimension int) uint8 { return uint8(c >> (8 * dimension)) }

// slot is one cache line. It is owned by the request from its reservation to its settling, then by the folder. Signals beyond the first number and the
// first three labels, and cells beyond the first two, lie in the stripe's overflow.
type slot struct {
	tag     atomic.Uint64 // position<<phaseBits | phase
	skipped atomic.Uint64 // 1 + the last position that was stepped over because the slot was in use
	unit    uint64
	mark    uint64 // step<<32 | cells[0..1]<<16 | mark
	start   int64
	latency int64
	result  uint64 // outcome | answered<<8 | invalid<<9 | labels[0..2] << 16, 32, 48; the class of a failed call is in the place of labels[0]
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

// SetCells stores the cells beyond the first two. It must be called before Begin, when there is room for more than two dimensions, and only then.
func (l *Ledger) SetCells(h Hold, cells Cells) {
	if h.slot != nil {
		l.overflow(h)[l.shape.signals] = uint64(cells >> (8 * SlotCells))
	}
}

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

// SetClass stores the class of a failed call.
func (h Hold) SetClass(id uint16) { put(&h.slot.result, 16, id) }

// SetValid says that the answer is not invalid.
func (h Hold) SetValid() { h.slot.result &^= invalidBit }

// SetInvalid says that the answer is invalid, and that no signal of the call has a value.
func (l *Ledger) SetInvalid(h Hold) {
	l.ClearSignals(h)
	h.slot.result |= invalidBit
}

// ClearSignals says that no signal of the call has a value.
func (l *Ledger) ClearSignals(h Hold) {
	h.slot.result = noLabels
	h.slot.number = missingNumber
	if l.shape.signals == 0 {
		return
	}
	words := l.overflow(h)[:l.shape.signals]
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
	result := h.slot.result&(noLabels|invalidBit) | uint64(outcome)
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
	invalidBit  = 1 << 9
	// noLabels is a result word whose three labels have no value.
	noLabels = 0xffff_ffff_ffff_0000

	slotLabels    = 3
	labelsPerWord = 4
)

// shape says where the signals and cells of a slot lie.
type shape struct {
	numbers, labels, dimensions int
	signals                     int // words of signals beyond the cache line
	overflow                    int // all words beyond it; that of the cells is the last
}

func newShape(numbers, labels, dimensions int) shape {
	s := shape{numbers: numbers, labels: labels, dimensions: dimensions, signals: max(0, numbers-1)}
	if labels > slotLabels {
		s.signals = s.labelWord(labels-1) + 1
	}
	s.overflow = s.signals
	if dimensions > SlotCells {
		s.overflow++
	}
	return s
}

// labelWord is the overflow word of label i >= slotLabels.
func (s *shape) labelWord(i int) int { return max(0, s.numbers-1) + (i-slotLabels)/labelsPerWord }
