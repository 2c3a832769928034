package criteria

// Rows of counts are mostly zeros. A row is the number of its calls and then, if
// there are any, its columns: 2n for a count n, 2n+1 for n zeros.

func (c *counts) encode(e *encoder) {
	for r, seen := range c.seen[:c.strata*numArms] {
		e.uint(seen)
		if seen == 0 {
			continue
		}
		zeros := 0
		for _, n := range c.cells[r*c.width : (r+1)*c.width] {
			if n == 0 {
				zeros++
				continue
			}
			e.zeros(zeros)
			e.uint(n << 1)
			zeros = 0
		}
		e.zeros(zeros)
	}
}

func (e *encoder) zeros(n int) {
	if n > 0 {
		e.int(n<<1 | 1)
	}
}

// decode reads rows into a table that is empty. Columns are renumbered, unless
// there is no numbering.
func (c *counts) decode(d *decoder, g group, list []column, into numbering) {
	for r := range c.strata * numArms {
		seen := d.count()
		if seen == 0 {
			continue
		}
		c.seen[r] = seen
		row := c.cells[r*c.width : (r+1)*c.width]
		d.check(c.width > 0, "calls that nothing counts")
		for j := 0; j < c.width && d.ok(); {
			j = d.column(row, j, into)
		}
		d.check(g.addsUp(list, row, seen), "a criterion that did not count every call")
	}
}

// addsUp reports whether the criteria have counted so many calls: each all of them,
// or, of pairs, each those that bear on it.
func (g group) addsUp(list []column, row []uint64, seen uint64) bool {
	together := uint64(0)
	for i := range list {
		n := sum(list[i].of(row))
		if n > seen || n < seen && g != pairsGroup {
			return false
		}
		together += n
	}
	return together >= seen
}

// column reads the next count, or zeros, and returns where the row goes on.
func (d *decoder) column(row []uint64, j int, into numbering) int {
	token := d.uint()
	n := token >> 1
	switch {
	case n == 0:
		d.fail("an empty count")
	case token&1 == 1 && n > uint64(len(row)-j):
		d.fail("%d zeros in %d columns", n, len(row)-j)
	case token&1 == 1:
		return j + int(n)
	case n > maxCalls:
		d.fail("%d calls in a cell", n)
	default:
		if k, ok := into.column(j); ok {
			row[k] += n
		} else {
			d.fail("column %d is an id without a text", j)
		}
	}
	return j + 1
}

// of returns the criterion's columns of a row.
func (c *column) of(row []uint64) []uint64 {
	return row[c.offset : c.offset+c.meter.cells()+1]
}

// sum adds at most a few thousand counts within maxCalls.
func sum(counts []uint64) (n uint64) {
	for _, x := range counts {
		n += x
	}
	return n
}

// sparse writes floats of which most are zero, by the gaps between those
// that are not.
func (e *encoder) sparse(list []float64) {
	n, next := 0, 0
	for _, x := range list {
		if x != 0 {
			n++
		}
	}
	e.int(n)
	for i, x := range list {
		if x != 0 {
			e.int(i - next)
			e.short(x)
			next = i + 1
		}
	}
}

func (d *decoder) sparse(list []float64) {
	next := 0
	for range d.length(len(list)) {
		next += d.upTo(len(list))
		if next >= len(list) {
			d.fail("column %d of %d", next, len(list))
			return
		}
		list[next] = d.calls()
		next++
	}
}

// places number the keys of a table's slices, more tightly than in memory and in the
// same order.
type places struct{ rows, dimensions, width int }

func (f *form) places(g group) places {
	return places{f.strata[g] * numArms, f.dimensions, f.columns[g].width}
}

// of is the place of a key.
func (p places) of(k crossingKey) uint64 {
	at := uint64(k.row()*p.dimensions + k.dimension())
	return (at*SliceCells+uint64(k.cell()))*uint64(p.width) + uint64(k.column())
}

// key is the one with a place.
func (p places) key(place uint64) crossingKey {
	rest, column := place/uint64(p.width), place%uint64(p.width)
	rest, cell := rest/SliceCells, rest%SliceCells
	row, dimension := rest/uint64(p.dimensions), rest%uint64(p.dimensions)
	return newCrossingKey(int(row), int(dimension), uint8(cell), int(column))
}

// number is how many there are.
func (p places) number() uint64 { return uint64(p.rows * p.dimensions * SliceCells * p.width) }

// encode writes the list in the order of keys, as differences of their places: a
// difference within a slice takes a byte or two.
func (x *crossings) encode(e *encoder, p places) {
	x.compact()
	e.int(len(x.list))
	before := uint64(0)
	for _, c := range x.list {
		at := p.of(c.key)
		e.uint(at - before)
		e.uint(uint64(c.count))
		before = at
	}
}

// decode reads the list of a table into an empty one.
func (x *crossings) decode(d *decoder, f *form, g group, table *counts, columns numbering, cells []numbering) {
	n := d.length(len(d.b))
	if n == 0 {
		return
	}
	p, t := f.places(g), newTotals(f, g, table)
	place := uint64(0)
	for range n {
		gap, count := d.uint(), d.uint()
		if place += gap; gap >= p.number() || place >= p.number() {
			d.fail("a count in a slice that does not exist")
			return
		}
		if count == 0 || count > maxEntry {
			d.fail("a count of %d in a slice", count)
			return
		}
		key := p.key(place)
		t.add(key, count)
		x.append(d, key, uint32(count), columns, cells)
	}
	x.limit = max(firstLimit, 2*len(x.list))
	d.check(t.fit(), "slices that do not add up")
}

// maxEntry is the largest count of an entry; a larger one has several.
const maxEntry = 1<<32 - 1

// append renumbers an entry and appends it. A slice that has no cell here is
// left out: it counts in all traffic only.
func (x *crossings) append(d *decoder, k crossingKey, count uint32, columns numbering, cells []numbering) {
	column, known := columns.column(k.column())
	cell, named := cells[k.dimension()].column(int(k.cell()))
	if !known || !named {
		d.fail("a slice or label without a text")
		return
	}
	if cell < SliceCells {
		x.list = append(x.list, crossing{newCrossingKey(k.row(), k.dimension(), uint8(cell), column), count})
	}
}

// totals adds up what is in the slices of a table by row, dimension and criterion.
type totals struct {
	group      group
	dimensions int
	list       []column
	owner      []int // owner[column], the criterion
	table      *counts
	counts     []uint64 // counts[(row*dimensions+dimension)*criteria + criterion]
}

func newTotals(f *form, g group, table *counts) *totals {
	c := &f.columns[g]
	t := &totals{group: g, dimensions: f.dimensions, list: c.list, owner: make([]int, c.width), table: table}
	t.counts = make([]uint64, table.strata*numArms*f.dimensions*len(c.list))
	for i := range c.list {
		for j := range c.list[i].meter.cells() + 1 {
			t.owner[c.list[i].offset+j] = i
		}
	}
	return t
}

func (t *totals) add(k crossingKey, n uint64) {
	row := (k.row()*t.dimensions + k.dimension()) * len(t.list)
	t.counts[row+t.owner[k.column()]] += n
}

// fit reports whether every criterion counted in each dimension the same calls, or of
// pairs each those that bear on it, and no more than in all traffic.
func (t *totals) fit() bool {
	for i, n := range t.counts {
		first := i - i%len(t.list)
		if n != t.counts[first] && t.group != pairsGroup || n > t.all(first/len(t.list)/t.dimensions, i-first) {
			return false
		}
	}
	return true
}

// all is what a criterion counted in a row of the table.
func (t *totals) all(row, criterion int) uint64 {
	return sum(t.list[criterion].of(t.table.cells[row*t.table.width : (row+1)*t.table.width]))
}
