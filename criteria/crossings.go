package criteria

import "slices"

// crossings are counts by slice and cell of a criterion. Few of the pairs occur
// in one stretch of traffic, so they are a list, made shorter when it grows long.
type crossings struct {
	list  []crossing
	limit int // length at which the list is compacted
}

// A crossing is so many calls in one cell of a criterion within one slice.
type crossing struct {
	key   crossingKey
	count uint32
}

// A crossingKey packs row (stratum and arm), dimension, slice and column.
type crossingKey uint32

const (
	columnBits = 20
	sliceBits  = 6
	dimBits    = 3
)

func newCrossingKey(row, dimension int, cell uint8, column int) crossingKey {
	return crossingKey(((row<<dimBits|dimension)<<sliceBits|int(cell))<<columnBits | column)
}

func (k crossingKey) column() int    { return int(k & (1<<columnBits - 1)) }
func (k crossingKey) cell() uint8    { return uint8(k >> columnBits & (1<<sliceBits - 1)) }
func (k crossingKey) dimension() int { return int(k >> (columnBits + sliceBits) & (1<<dimBits - 1)) }
func (k crossingKey) row() int       { return int(k >> (columnBits + sliceBits + dimBits)) }

// firstLimit is the length at which a list is compacted for the first time.
const firstLimit = 1 << 15

// count adds one observation, once a column.
func (x *crossings) count(c *columns, s Stratum, dimension int, cell uint8, o *Observation, dice uint64) {
	x.start()
	key := newCrossingKey(int(s)*numArms+int(o.Arm), dimension, cell, 0)
	for i := range c.list {
		column := c.list[i].cell(o, dice)
		x.list = append(x.list, crossing{key + crossingKey(column), 1})
	}
	if len(x.list) >= x.limit {
		x.compact()
	}
}

// countPair adds one pair, once a column that it bears on.
func (x *crossings) countPair(c *columns, dimension int, cell uint8, p *Pair) {
	x.start()
	key := newCrossingKey(int(Candidate), dimension, cell, 0)
	for i := range c.list {
		if in := c.list[i].pair.pairCell(p); in != unpaired {
			x.list = append(x.list, crossing{key + crossingKey(c.list[i].offset+in), 1})
		}
	}
	if len(x.list) >= x.limit {
		x.compact()
	}
}

// start makes room when there is none.
func (x *crossings) start() {
	if x.list == nil {
		x.list, x.limit = make([]crossing, 0, 64), firstLimit
	}
}

// compact adds up what is listed twice. A list of which more than half is left
// may grow to twice its length before it is compacted again.
func (x *crossings) compact() {
	x.list = compacted(x.list)
	x.limit = max(firstLimit, 2*len(x.list))
}

// compacted sorts a list by key and adds up equal keys, in place.
func compacted(list []crossing) []crossing {
	slices.SortFunc(list, func(a, b crossing) int { return int(int64(a.key) - int64(b.key)) })
	kept := list[:0]
	for _, c := range list {
		if n := len(kept); n > 0 && kept[n-1].key == c.key && kept[n-1].count <= ^c.count {
			kept[n-1].count += c.count
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

func (x *crossings) addAll(o *crossings) {
	x.list = append(x.list, o.list...)
	if len(x.list) >= max(x.limit, firstLimit) {
		x.compact()
	}
}

// reset empties the list. One that grew large is given up.
func (x *crossings) reset() {
	if cap(x.list) > 2*firstLimit {
		x.list = nil
		return
	}
	x.list = x.list[:0]
}
