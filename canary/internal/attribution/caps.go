package attribution

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

const (
	capRows    = 4
	capColumns = 1 << 16
	// MaxCap is the highest limit of a unit.
	MaxCap = math.MaxUint8
)

var errCaps = errors.New("attribution: caps cannot be read")

// Caps count reports by unit, in 256 KiB that are taken when the first comes. No unit ever gets beyond a limit. Counters are shared, so one may be refused early where
// very many report: by nothing among 10,000 units of ten reports each, by ten reports at most among 100,000 of them, by eight among a million units of one report
// and by 70 among a million of ten. A limit should be well above what is expected there. The zero value has counted nothing; a new epoch has a new one.
type Caps struct {
	counts []uint8 // a count-min sketch, row by row
}

// Take counts a report of a unit, and reports whether it is within the limit: one that is not is not counted. A limit above [MaxCap] is taken for that.
func (c *Caps) Take(unit uint64, limit int) bool {
	if c.counts == nil {
		c.counts = make([]uint8, capRows*capColumns)
	}
	var at [capRows]*uint8
	least, hash := uint8(math.MaxUint8), mix(unit)
	for row := range at {
		at[row] = &c.counts[row*capColumns+int(hash%capColumns)]
		least = min(least, *at[row])
		hash >>= 16
	}
	if int(least) >= min(limit, MaxCap) {
		return false
	}
	for _, count := range at { // the others say too much already
		if *count == least {
			*count++
		}
	}
	return true
}

// AppendBinary appends the counts, for another process: some eight to sixteen bytes a unit, and no more than 256 KiB.
func (c *Caps) AppendBinary(b []byte) []byte {
	some := 0
	for _, x := range c.counts {
		if x > 0 {
			some++
		}
	}
	b = binary.AppendUvarint(b, uint64(some))
	if denseCounts(uint64(some)) {
		return append(b, c.counts...)
	}
	next := 0
	for at, x := range c.counts {
		if x > 0 {
			b = append(binary.AppendUvarint(b, uint64(at-next)), x)
			next = at + 1
		}
	}
	return b
}

// denseCounts says whether so many counts are written as they lie, and not each with its gap.
func denseCounts(some uint64) bool { return some > capRows*capColumns/3 }

// Restore makes the counts those that AppendBinary wrote, and returns the bytes behind them. It takes whatever bytes come; nothing is changed on an error.
func (c *Caps) Restore(data []byte) (rest []byte, err error) {
	r := reader{b: data}
	some := r.upTo(capRows * capColumns)
	var counts []uint8
	switch {
	case some == 0:
	case denseCounts(some):
		counts = append(counts, r.take(capRows*capColumns)...)
	default:
		counts = r.counts(some)
	}
	if r.failed {
		return nil, fmt.Errorf("%w: %d bytes, %d of them good", errCaps, len(data), len(data)-len(r.b))
	}
	c.counts = counts
	return r.b, nil
}

// counts reads so many counts and the gaps between them.
func (r *reader) counts(some uint64) []uint8 {
	counts, next := make([]uint8, capRows*capColumns), uint64(0)
	for range some {
		at := next + r.upTo(capRows*capColumns-1)
		x := r.byte()
		if r.check(at < capRows*capColumns); r.failed {
			return nil
		}
		counts[at], next = x, at+1
	}
	return counts
}
