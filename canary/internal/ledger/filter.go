package ledger

import (
	"math/bits"
	"sync/atomic"
)

// A filter remembers units in a fixed 1 MiB: a blocked Bloom filter with four bits a unit in one cache line.
// It never forgets; of units it has not seen it takes a few for seen, whatever their arm.
const (
	filterWords = 1 << 17
	lineWords   = 8
)

type filter struct {
	words []uint64 // none until the first unit
	ones  int
}

func (f *filter) has(unit uint64) bool {
	if len(f.words) == 0 {
		return false
	}
	line, h := filterLine(unit)
	for range 4 {
		if f.words[line+int(h>>6&7)]&(1<<(h&63)) == 0 {
			return false
		}
		h >>= 9
	}
	return true
}

// add reports whether the unit was new.
func (f *filter) add(unit uint64) bool {
	if len(f.words) == 0 {
		f.words = make([]uint64, filterWords)
	}
	line, h := filterLine(unit)
	before := f.ones
	for range 4 {
		w, bit := &f.words[line+int(h>>6&7)], uint64(1)<<(h&63)
		if *w&bit == 0 {
			*w |= bit
			f.ones++
		}
		h >>= 9
	}
	return f.ones != before
}

func (f *filter) merge(words []uint64) {
	if len(words) == 0 {
		return
	}
	if len(f.words) == 0 {
		f.words = make([]uint64, filterWords)
	}
	for i, w := range words {
		f.ones += bits.OnesCount64(w &^ f.words[i])
		f.words[i] |= w
	}
}

func (f *filter) reset() {
	clear(f.words)
	f.ones = 0
}

// full says that half of the bits are set: about one unseen unit in sixteen would be taken for seen.
func (f *filter) full() bool { return f.ones > filterWords*64/2 }

// filterLine is the first word of a unit's cache line and the hash its bits are drawn from: independent of the bucket, which mixes the same unit otherwise.
func filterLine(unit uint64) (line int, h uint64) {
	x := (unit ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	x ^= x >> 31
	x *= 0x94d049bb133111eb
	x ^= x >> 29
	return int(x>>(64-14)) * lineWords, x
}

// Spent remembers the units whose coin was spent in one step without a slot, because the ledger was full. Its memory is taken when that first happens.
// Safe for concurrent use; a nil *Spent remembers nothing.
type Spent struct {
	words atomic.Pointer[[]uint64]
}

// any says whether a unit was ever marked. It is small enough to be inlined; has is not.
func (s *Spent) any() bool { return s != nil && s.words.Load() != nil }

func (s *Spent) has(unit uint64) bool {
	words := *s.words.Load()
	line, h := filterLine(unit)
	for range 4 {
		if atomic.LoadUint64(&words[line+int(h>>6&7)])&(1<<(h&63)) == 0 {
			return false
		}
		h >>= 9
	}
	return true
}

func (s *Spent) add(unit uint64) {
	if s == nil {
		return
	}
	words := s.words.Load()
	if words == nil {
		fresh := make([]uint64, filterWords)
		s.words.CompareAndSwap(nil, &fresh)
		words = s.words.Load()
	}
	line, h := filterLine(unit)
	for range 4 {
		atomic.OrUint64(&(*words)[line+int(h>>6&7)], 1<<(h&63))
		h >>= 9
	}
}

// snapshot copies the marks; nil when there are none.
func (s *Spent) snapshot() []uint64 {
	if s == nil {
		return nil
	}
	words := s.words.Load()
	if words == nil {
		return nil
	}
	out := make([]uint64, len(*words))
	for i := range out {
		out[i] = atomic.LoadUint64(&(*words)[i])
	}
	return out
}
