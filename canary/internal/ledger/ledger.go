package ledger

import (
	"math"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// DefaultSlots is the number of slots of a ledger: 2 MiB with up to one number, three labels and two slice dimensions.
const DefaultSlots = 32_768

const (
	// stripes is how many rings share the slots, so that cores do not meet on one head.
	stripes = 8
	// maxSteps is how many slots still in use a reservation steps over before it tries the next stripe.
	maxSteps = 8
)

// Ledger is a striped ring of slots. Reserve is safe for concurrent use; folding is for one goroutine.
type Ledger struct {
	shape   shape
	stripes [stripes]stripe
	busy    busy
}

type stripe struct {
	slots    []slot
	overflow []uint64
	_        [2]uint64
	head     atomic.Uint64 // next position to reserve
	_        [7]uint64
	cursor   atomic.Uint64 // next position to fold; the folder's
	_        [7]uint64
}

// New returns a ledger with at least the given number of slots (rounded up to a power of two, at least 64), each with room for so many number and label
// signals and slice dimensions (at most 8). All its memory is touched here and never grows.
func New(slots, numbers, labels, dimensions int) *Ledger {
	perStripe := (max(64, slots) + stripes - 1) / stripes
	if perStripe&(perStripe-1) != 0 {
		perStripe = 1 << bits.Len(uint(perStripe))
	}
	l := &Ledger{shape: newShape(numbers, labels, dimensions)}
	for i := range l.stripes {
		s := &l.stripes[i]
		s.slots = make([]slot, perStripe)
		s.overflow = make([]uint64, perStripe*l.shape.overflow)
		for j := range s.slots { // hand over the pages now, not to an early request
			s.slots[j].result = noLabels
		}
		for j := range s.overflow {
			s.overflow[j] = math.MaxUint64
		}
	}
	return l
}

// Slots is the number of slots.
func (l *Ledger) Slots() int { return stripes * len(l.stripes[0].slots) }

// Reserve takes a slot for a request of a unit in a step. When every slot is in use it returns the zero Hold and marks the unit as spent in the step: the
// request is thinned. An anonymous request has no unit to spend. The slot is not visible to the folder, and blocks it, until [Hold.Begin].
func (l *Ledger) Reserve(unit uint64, step uint32, mark Mark, spentUnits *Spent) Hold {
	if spentUnits.any() && spentUnits.has(unit) {
		mark |= spent
	}
	first := stackStripe()
	stripe := &l.stripes[first%stripes]
	head := stripe.head.Load()
	at := stripe.at(head)
	if head-stripe.cursor.Load() < uint64(len(stripe.slots)) && at.tag.Load()&phaseMask == free && stripe.head.CompareAndSwap(head, head+1) {
		at.unit = unit
		at.mark = uint64(step)<<32 | uint64(mark)
		return Hold{slot: at, tag: head << phaseBits, stripe: first}
	}
	return l.search(first, unit, step, mark, spentUnits)
}

// search is Reserve when the first try has failed.
func (l *Ledger) search(first uint32, unit uint64, step uint32, mark Mark, spentUnits *Spent) Hold {
	for i := range uint32(stripes) {
		number := (first + i) % stripes
		if s, position := l.stripes[number].reserve(); s != nil {
			s.unit = unit
			s.mark = uint64(step)<<32 | uint64(mark)
			return Hold{slot: s, tag: position << phaseBits, stripe: number}
		}
	}
	if mark&Anonymous == 0 {
		spentUnits.add(unit)
	}
	return Hold{}
}

// reserve takes the next free slot, or nil. A position that falls on a slot still in use is given up and marked as skipped, so that the folder
// can tell it from one whose owner has not published yet.
func (s *stripe) reserve() (*slot, uint64) {
	head := s.head.Load()
	for steps := 0; steps < maxSteps; {
		if head-s.cursor.Load() >= uint64(len(s.slots)) {
			return nil, 0
		}
		at := s.at(head)
		inUse := at.tag.Load()&phaseMask != free
		if !s.head.CompareAndSwap(head, head+1) {
			head = s.head.Load()
			continue
		}
		if !inUse {
			return at, head
		}
		at.skipped.Store(head + 1)
		head++
		steps++
	}
	return nil, 0
}

func (s *stripe) at(position uint64) *slot { return &s.slots[position&uint64(len(s.slots)-1)] }

func (l *Ledger) overflow(h Hold) []uint64 {
	return l.stripes[h.stripe].overflowAt(h.tag>>phaseBits, l.shape.overflow)
}

func (s *stripe) overflowAt(position uint64, words int) []uint64 {
	i := int(position&uint64(len(s.slots)-1)) * words
	return s.overflow[i : i+words]
}

// stackStripe spreads goroutines over the stripes by the address of their stacks: independent of arm and unit, and cheaper than asking for the processor.
func stackStripe() uint32 {
	var local byte
	const golden = 0x9e3779b97f4a7c15
	return uint32(uint64(uintptr(unsafe.Pointer(&local))) >> 11 * golden >> 61)
}
