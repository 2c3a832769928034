// Package bloom remembers 64-bit ids in fixed memory: a blocked Bloom filter, with four bits an id in one line of the processor's cache. It never forgets; of
// ids it has not seen it takes a few for seen.
package bloom

import "math/bits"

// The sizes of a filter, in words of 64 bits.
const (
	DefaultWords = 1 << 17 // 1 MiB
	LeastWords   = 1 << 9  // 4 KiB
	MostWords    = 1 << 27 // 1 GiB

	lineWords = 8
)

// Filter remembers ids. The zero value is empty and of DefaultWords; its memory is taken when the first id comes. It belongs to one goroutine.
type Filter struct {
	words []uint64 // none until the first id
	ones  int
	size  int // in words; 0: DefaultWords
}

// New returns an empty filter of the largest power of two that is not more than so many words, and within LeastWords and MostWords.
func New(words int) Filter {
	words = min(max(words, LeastWords), MostWords)
	return Filter{size: 1 << (bits.Len(uint(words)) - 1)}
}

// Has reports whether an id was added, or is taken for one that was.
func (f *Filter) Has(id uint64) bool {
	if len(f.words) == 0 {
		return false
	}
	line, h := Probe(id, len(f.words))
	for range Probes {
		if w, bit := Bit(line, h); f.words[w]&bit == 0 {
			return false
		}
		h = Next(h)
	}
	return true
}

// Add adds an id. It reports whether it was new.
func (f *Filter) Add(id uint64) bool {
	f.grow()
	line, h := Probe(id, len(f.words))
	before := f.ones
	for range Probes {
		w, bit := Bit(line, h)
		if f.words[w]&bit == 0 {
			f.words[w] |= bit
			f.ones++
		}
		h = Next(h)
	}
	return f.ones != before
}

// Merge adds all ids of the filter with these words: as many as this one has, or none.
func (f *Filter) Merge(words []uint64) {
	if len(words) == 0 {
		return
	}
	f.grow()
	for i, w := range words {
		f.ones += bits.OnesCount64(w &^ f.words[i])
		f.words[i] |= w
	}
}

// Reset forgets all ids, and keeps the memory.
func (f *Filter) Reset() {
	clear(f.words)
	f.ones = 0
}

// CopyTo makes o the same as f, in memory of its own, which it reuses.
func (f *Filter) CopyTo(o *Filter) {
	o.words = append(o.words[:0], f.words...)
	o.ones, o.size = f.ones, f.size
}

// Words are the bits, not to be changed; none before the first id.
func (f *Filter) Words() []uint64 { return f.words }

// Ones is how many bits are set, and Bits how many there are.
func (f *Filter) Ones() int { return f.ones }

// Bits is how many bits a filter has.
func (f *Filter) Bits() int { return f.wordsWanted() * 64 }

func (f *Filter) grow() {
	if len(f.words) == 0 {
		f.words = make([]uint64, f.wordsWanted())
	}
}

func (f *Filter) wordsWanted() int {
	if f.size == 0 {
		return DefaultWords
	}
	return f.size
}
