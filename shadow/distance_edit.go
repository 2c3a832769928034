package shadow

// wordBits is how many rows of the table of distances are worked on at once.
const wordBits = 64

// levenshtein is the number of insertions, deletions and replacements that turn a into b.
func levenshtein(a, b []symbol) int {
	a, b = withoutCommonEnds(a, b)
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return len(b)
	}
	return newTable(a, b).distance()
}

// withoutCommonEnds cuts off what a and b begin and end with alike. That leaves their distance.
func withoutCommonEnds(a, b []symbol) (restA, restB []symbol) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// table is the table D of Levenshtein's distance: D[i][j] is that of pattern[:i] and text[:j]. Neighbours in it differ by -1, 0 or 1, so it is held as differences,
// one bit for each of +1 and -1. It is worked through from top to bottom, 64 rows at a time, and from left to right within them.
type table struct {
	pattern, text []symbol // by number: the pattern's symbols are 1, 2, ..., and all that the pattern lacks are 0
	where         []uint64 // [symbol]: in which of the 64 rows the pattern has it
	steps         []step   // [column]: D[i][j+1]-D[i][j] of the last row i that was worked on
}

// step is a horizontal difference in D: plus and minus are one bit each, at most one of them set.
type step struct{ plus, minus uint8 }

func newTable(pattern, text []symbol) *table {
	numbers := numbering{}
	t := &table{pattern: make([]symbol, len(pattern)), text: make([]symbol, len(text)), steps: make([]step, len(text))}
	for i, s := range pattern {
		t.pattern[i] = numbers.give(s)
	}
	for j, s := range text {
		t.text[j] = numbers.of(s)
		t.steps[j] = step{plus: 1} // D[0][j] = j
	}
	t.where = make([]uint64, numbers.given+1)
	return t
}

// distance is the lower right corner of D: down the left edge, where D[i][0] = i, and then along the last row.
func (t *table) distance() int {
	for top := 0; top < len(t.pattern); top += wordBits {
		t.advance(t.pattern[top:min(top+wordBits, len(t.pattern))])
	}
	corner := len(t.pattern)
	for _, s := range t.steps {
		corner += int(s.plus) - int(s.minus)
	}
	return corner
}

// advance works through the rows of up to 64 symbols of the pattern. plus and minus are vertical differences in the column that was reached, across the rows
// horizontal ones; bit i is row i. The names in brackets are those of Myers.
func (t *table) advance(rows []symbol) {
	for i, s := range rows {
		t.where[s] |= 1 << i
	}
	last := uint(len(rows) - 1)
	plus, minus := ^uint64(0), uint64(0) // [Pv, Mv]
	steps := t.steps[:len(t.text)]
	for j, s := range t.text {
		above := steps[j]
		match := t.where[s]                          // [Eq]
		vertical := match | minus                    // [Xv]
		match |= uint64(above.minus)                 //
		across := (match&plus + plus) ^ plus | match // [Xh]
		up := minus | ^(across | plus)               // [Ph]
		down := plus & across                        // [Mh]
		steps[j] = step{plus: uint8(up >> last & 1), minus: uint8(down >> last & 1)}
		up = up<<1 | uint64(above.plus)
		down = down<<1 | uint64(above.minus)
		plus = down | ^(vertical | up)
		minus = up & vertical
	}
	for _, s := range rows {
		t.where[s] = 0
	}
}

// numbering gives symbols numbers from 1, in the order in which it meets them.
type numbering struct {
	ascii [128]symbol
	other map[symbol]symbol
	given symbol
}

func (n *numbering) give(s symbol) symbol {
	if known := n.of(s); known != 0 {
		return known
	}
	n.given++
	if s < symbol(len(n.ascii)) {
		n.ascii[s] = n.given
		return n.given
	}
	if n.other == nil {
		n.other = map[symbol]symbol{}
	}
	n.other[s] = n.given
	return n.given
}

// of is the number of a symbol, 0 if it has none.
func (n *numbering) of(s symbol) symbol {
	if s < symbol(len(n.ascii)) {
		return n.ascii[s]
	}
	return n.other[s]
}
