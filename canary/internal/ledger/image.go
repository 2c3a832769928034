package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// An image of coins is written as
//
//	share, highest   the eight bytes of their float64, little-endian
//	resumed          a byte
//	testified        a varint
//	epoch, step      filters
//
// and a filter as a byte that says how, and then nothing if it is empty, the number of its bits and the gaps between them as varints if that is shorter, or
// all its words. A unit takes four to seven bytes, and no filter more than its 1 MiB.
const (
	emptyFilter = iota
	sparseFilter
	denseFilter
)

// gapBytes is about what the gap between two bits takes: most are in the line of the one before.
const gapBytes = 1.5

var errCoins = errors.New("ledger: coins cannot be read")

// CopyTo makes o the same as c, in memory of its own, which it reuses.
func (c *Coins) CopyTo(o *Coins) {
	epoch, step := o.epoch.words, o.step.words
	*o = *c
	o.epoch.words = append(epoch[:0], c.epoch.words...)
	o.step.words = append(step[:0], c.step.words...)
}

// Spend marks the units whose coin was spent in the step without a slot, as the step's end would.
func (c *Coins) Spend(units *Spent) { c.step.merge(units.snapshot()) }

// Halt ends nothing and exposes nobody: no coin is read until GoOn. It returns the share.
func (c *Coins) Halt() (share float64) {
	share, c.share = c.share, 0
	return share
}

// GoOn is the end of a Halt: the step goes on at its share.
func (c *Coins) GoOn(share float64) { c.share = share }

// Highest is the highest share before the present step.
func (c *Coins) Highest() float64 { return c.highest }

// Raise says that a share was applied that these coins do not know of.
func (c *Coins) Raise(highest float64) { c.highest = max(c.highest, highest) }

// AppendBinary appends what is known of the coins, for another process: not Keyed and Epsilon, which are declared.
func (c *Coins) AppendBinary(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.share))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.highest))
	b = append(b, 0)
	if c.Resumed {
		b[len(b)-1] = 1
	}
	b = binary.AppendUvarint(b, c.testified)
	return c.step.append(c.epoch.append(b))
}

// Restore makes the coins those that AppendBinary wrote, and returns the bytes behind them. It takes whatever bytes come; nothing is changed on an error.
func (c *Coins) Restore(b []byte) (rest []byte, err error) {
	if len(b) < 17 {
		return nil, fmt.Errorf("%w: cut short", errCoins)
	}
	read := Coins{Keyed: c.Keyed, Epsilon: c.Epsilon}
	read.share, read.highest = math.Float64frombits(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
	if !(read.share >= 0 && read.share < 1 && read.highest >= 0 && read.highest <= 1) || b[16] > 1 {
		return nil, fmt.Errorf("%w: share %v of at most %v, %d", errCoins, read.share, read.highest, b[16])
	}
	read.Resumed = b[16] == 1
	testified, n := binary.Uvarint(b[17:])
	if n <= 0 {
		return nil, fmt.Errorf("%w: cut short", errCoins)
	}
	read.testified = testified
	if rest, err = read.epoch.restore(b[17+n:]); err != nil {
		return nil, err
	}
	if rest, err = read.step.restore(rest); err != nil {
		return nil, err
	}
	*c = read
	return rest, nil
}

func (f *filter) append(b []byte) []byte {
	switch {
	case f.ones == 0:
		return append(b, emptyFilter)
	case float64(f.ones)*gapBytes > filterWords*8:
		b = slices.Grow(append(b, denseFilter), filterWords*8)
		for _, w := range f.words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	b = binary.AppendUvarint(append(b, sparseFilter), uint64(f.ones))
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

func (f *filter) restore(b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: a filter is missing", errCoins)
	}
	switch how := b[0]; how {
	case emptyFilter:
		return b[1:], nil
	case sparseFilter:
		return f.restoreSparse(b[1:])
	case denseFilter:
		return f.restoreDense(b[1:])
	default:
		return nil, fmt.Errorf("%w: a filter of kind %d", errCoins, how)
	}
}

func (f *filter) restoreSparse(b []byte) (rest []byte, err error) {
	ones, n := binary.Uvarint(b)
	if n <= 0 || ones > uint64(len(b)) {
		return nil, fmt.Errorf("%w: %d bits in %d bytes", errCoins, ones, len(b))
	}
	b = b[n:]
	words, next := make([]uint64, filterWords), uint64(0)
	for range ones {
		gap, n := binary.Uvarint(b)
		if n <= 0 || gap >= filterWords*64-next {
			return nil, fmt.Errorf("%w: a bit beyond the filter", errCoins)
		}
		b = b[n:]
		at := next + gap
		words[at/64] |= 1 << (at % 64)
		next = at + 1
	}
	f.words, f.ones = words, int(ones)
	return b, nil
}

func (f *filter) restoreDense(b []byte) (rest []byte, err error) {
	if len(b) < filterWords*8 {
		return nil, fmt.Errorf("%w: %d bytes of a filter of %d", errCoins, len(b), filterWords*8)
	}
	f.words, f.ones = make([]uint64, filterWords), 0
	for i := range f.words {
		f.words[i] = binary.LittleEndian.Uint64(b[8*i:])
		f.ones += bits.OnesCount64(f.words[i])
	}
	return b[filterWords*8:], nil
}
