package shadow

import "sync/atomic"

// ring is a bounded queue for many producers and consumers (D. Vyukov's, 1024cores.net, 2010): a slot is one's own between two steps of its sequence number, nobody
// locks, nobody is woken. There is room whenever fewer than its size wait, which is its users' to see to.
type ring[T any] struct {
	slots []ringSlot[T]
	mask  uint64
	_     [64]byte
	head  atomic.Uint64 // next to be pushed
	_     [64]byte
	tail  atomic.Uint64 // next to be popped
	_     [64]byte
}

type ringSlot[T any] struct {
	turn  atomic.Uint64 // position: free for it; position+1: holds its value
	value T
}

func newRing[T any](size int) *ring[T] {
	n := 1
	for n < size {
		n *= 2
	}
	r := &ring[T]{slots: make([]ringSlot[T], n), mask: uint64(n - 1)}
	for i := range r.slots {
		r.slots[i].turn.Store(uint64(i))
	}
	return r
}

// push puts a value in; false: there is no room.
func (r *ring[T]) push(value *T) bool {
	for at := r.head.Load(); ; {
		s := &r.slots[at&r.mask]
		switch turn := s.turn.Load(); {
		case turn == at:
			if r.head.CompareAndSwap(at, at+1) {
				s.value = *value
				s.turn.Store(at + 1)
				return true
			}
			at = r.head.Load()
		case turn < at:
			return false
		default:
			at = r.head.Load()
		}
	}
}

// pop takes the oldest value out, and leaves nothing of it; false: there is none.
func (r *ring[T]) pop(value *T) bool {
	for at := r.tail.Load(); ; {
		s := &r.slots[at&r.mask]
		switch turn := s.turn.Load(); {
		case turn == at+1:
			if r.tail.CompareAndSwap(at, at+1) {
				*value = s.value
				var none T
				s.value = none
				s.turn.Store(at + r.mask + 1)
				return true
			}
			at = r.tail.Load()
		case turn < at+1:
			return false
		default:
			at = r.tail.Load()
		}
	}
}

// empty says that nothing waits.
func (r *ring[T]) empty() bool { return r.tail.Load() == r.head.Load() }
