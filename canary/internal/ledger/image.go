package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// An image of coins is written as
//
//	share, highest   the eight bytes of their float64, little-endian
//	resumed          a byte
//	testified        a varint
//	epoch, step      filters
//
// and a filter as [bloom.Filter] does: a unit takes four to seven bytes, and no filter more than its 1 MiB.
var errCoins = errors.New("ledger: coins cannot be read")

// CopyTo makes o the same as c, in memory of its own, which it reuses.
func (c *Coins) CopyTo(o *Coins) {
	epoch, step := o.epoch, o.step
	c.epoch.CopyTo(&epoch)
	c.step.CopyTo(&step)
	*o = *c
	o.epoch, o.step = epoch, step
}

// Spend marks the units whose coin was spent in the step without a slot, as the step's end would.
func (c *Coins) Spend(units *Spent) { c.step.Merge(units.snapshot()) }

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
	return c.step.AppendBinary(c.epoch.AppendBinary(b))
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
	if rest, err = read.epoch.Restore(b[17+n:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errCoins, err)
	}
	if rest, err = read.step.Restore(rest); err != nil {
		return nil, fmt.Errorf("%w: %w", errCoins, err)
	}
	*c = read
	return rest, nil
}
