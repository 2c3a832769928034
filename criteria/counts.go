package criteria

// counts is a table of calls by stratum, arm and column; the columns are the
// cells of one criterion after the other, each followed by its missing cell.
type counts struct {
	strata, width int
	cells         []uint64 // cells[(stratum*numArms+arm)*width + column]
	seen          [NumStrata * numArms]uint64
}

func newCounts(strata, width int) counts {
	return counts{strata: strata, width: width, cells: make([]uint64, strata*numArms*width)}
}

// row returns the columns of one arm in one stratum, below strata.
func (c *counts) row(s, arm int) []uint64 {
	from := (s*numArms + arm) * c.width
	return c.cells[from : from+c.width]
}

// stratum returns the number of calls of both arms in one stratum.
func (c *counts) stratum(s int) uint64 {
	return c.seen[s*numArms+int(Stable)] + c.seen[s*numArms+int(Candidate)]
}

// total returns the number of calls.
func (c *counts) total() (n uint64) {
	for _, seen := range c.seen {
		n += seen
	}
	return n
}

// holds reports whether there is room for other counts: with all of them every
// number is still exact as a float.
func (c *counts) holds(others ...*counts) bool {
	for r, seen := range c.seen {
		for _, o := range others {
			if seen > maxCalls || o.seen[r] > maxCalls-seen {
				return false
			}
			seen += o.seen[r]
		}
	}
	return true
}

// add adds the rows of one stratum.
func (c *counts) add(o *counts, s int) {
	for r := s * numArms; r < (s+1)*numArms; r++ {
		if o.seen[r] == 0 {
			continue
		}
		c.seen[r] += o.seen[r]
		into, from := c.cells[r*c.width:(r+1)*c.width], o.cells[r*c.width:(r+1)*c.width]
		for i, n := range from {
			into[i] += n
		}
	}
}

// addAll adds all strata.
func (c *counts) addAll(o *counts) {
	for s := range c.strata {
		c.add(o, s)
	}
}

// reset clears the rows that were used.
func (c *counts) reset() {
	for r, seen := range c.seen {
		if seen != 0 {
			clear(c.cells[r*c.width : (r+1)*c.width])
			c.seen[r] = 0
		}
	}
}
