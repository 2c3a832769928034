package ledger

import (
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/bloom"
)

// Spent remembers the units whose coin was spent in one step without a slot, because the ledger was full. Its memory is taken when that first happens.
// Safe for concurrent use; a nil *Spent remembers nothing.
type Spent struct {
	words atomic.Pointer[[]uint64]
}

// any says whether a unit was ever marked. It is small enough to be inlined; has is not.
func (s *Spent) any() bool { return s != nil && s.words.Load() != nil }

func (s *Spent) has(unit uint64) bool {
	words := *s.words.Load()
	line, h := bloom.Probe(unit, bloom.DefaultWords)
	for range bloom.Probes {
		if w, bit := bloom.Bit(line, h); atomic.LoadUint64(&words[w])&bit == 0 {
			return false
		}
		h = bloom.Next(h)
	}
	return true
}

func (s *Spent) add(unit uint64) {
	if s == nil {
		return
	}
	words := s.words.Load()
	if words == nil {
		fresh := make([]uint64, bloom.DefaultWords)
		s.words.CompareAndSwap(nil, &fresh)
		words = s.words.Load()
	}
	line, h := bloom.Probe(unit, bloom.DefaultWords)
	for range bloom.Probes {
		w, bit := bloom.Bit(line, h)
		atomic.OrUint64(&(*words)[w], bit)
		h = bloom.Next(h)
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
