package bloom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// A filter is written as a byte that says how, and then nothing if it is empty, the number of its bits and the gaps between them as varints if that is shorter, or all its
// words, little-endian. An id takes four to seven bytes, and no filter more than its words.
const (
	empty = iota
	sparse
	dense
)

// gapBytes is about what the gap between two bits takes: most are in the line of the one before.
const gapBytes = 1.5

var errFilter = errors.New("bloom: a filter cannot be read")

// AppendBinary appends the filter, but for its size.
func (f *Filter) AppendBinary(b []byte) []byte {
	switch {
	case f.ones == 0:
		return append(b, empty)
	case float64(f.ones)*gapBytes > float64(len(f.words)*8):
		b = slices.Grow(append(b, dense), len(f.words)*8)
		for _, w := range f.words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	b = binary.AppendUvarint(append(b, sparse), uint64(f.ones))
	next := 0
	for i, w := range f.words {
		for ; w != 0; w &= w - 1 {
			at := i*64 + bits.TrailingZeros64(w)
			b = binary.AppendUvarint(b, uint64(at-next))
			next = at + 1
		}
	}
	return b
}

// Restore makes a filter of the same size that which AppendBinary wrote, and returns the bytes behind it. It takes whatever bytes come; nothing is changed on an error.
func (f *Filter) Restore(b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: it is missing", errFilter)
	}
	switch how := b[0]; how {
	case empty:
		f.words, f.ones = nil, 0
		return b[1:], nil
	case sparse:
		return f.restoreSparse(b[1:])
	case dense:
		return f.restoreDense(b[1:])
	default:
		return nil, fmt.Errorf("%w: it is of kind %d", errFilter, how)
	}
}

func (f *Filter) restoreSparse(b []byte) (rest []byte, err error) {
	ones, n := binary.Uvarint(b)
	if n <= 0 || ones > uint64(len(b)) {
		return nil, fmt.Errorf("%w: %d bits in %d bytes", errFilter, ones, len(b))
	}
	b = b[n:]
	words, next := make([]uint64, f.wordsWanted()), uint64(0)
	for range ones {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap >= uint64(f.Bits())-next {
			return nil, fmt.Errorf("%w: a bit beyond the filter", errFilter)
		}
		b = b[n:]
		at := next + gap
		words[at/64] |= 1 << (at % 64)
		next = at + 1
	}
	f.words, f.ones = words, int(ones)
	return b, nil
}

func (f *Filter) restoreDense(b []byte) (rest []byte, err error) {
	size := f.wordsWanted() * 8
	if len(b) < size {
		return nil, fmt.Errorf("%w: %d bytes of %d", errFilter, len(b), size)
	}
	f.words, f.ones = make([]uint64, f.wordsWanted()), 0
	for i := range f.words {
		f.words[i] = binary.LittleEndian.Uint64(b[8*i:])
		f.ones += bits.OnesCount64(f.words[i])
	}
	return b[size:], nil
}
