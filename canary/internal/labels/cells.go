package labels

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

const (
	ownCells    = criteria.SliceSlots
	sharedCells = criteria.SliceCells - ownCells
	// places is the size of the index. It is never more than a quarter full, so a search is short and always ends at an empty place.
	places = 256
)

// Cells gives the values of one slice dimension their cells. The first [criteria.SliceSlots] values have a cell each, in the order of their first appearance;
// later ones, those longer than 128 bytes and those that are no UTF-8 share the others by their hash, the same in every process. The empty text is a value like
// any other. A value keeps its cell for the life of the table. Safe for concurrent use, without a lock; the zero value is empty.
type Cells struct {
	values [ownCells]atomic.Pointer[value] // by cell, filled from the front
	index  [places]atomic.Pointer[value]   // by text, probed linearly
	known  atomic.Int32                    // values in the index
}

type value struct {
	text string
	cell uint8
}

// Cell returns the cell of a value, below [criteria.SliceCells].
func (c *Cells) Cell(text string) uint8 {
	full := c.known.Load() >= ownCells // before the search: a value that enters meanwhile may be this one
	for at := start(text, places); ; at = (at + 1) % places {
		v := c.index[at].Load()
		if v == nil {
			return c.unknown(text, full)
		}
		if v.text == text {
			return v.cell
		}
	}
}

// unknown is the cell of a value that is not in the index, where all values with a cell of their own were if it was full.
func (c *Cells) unknown(text string, full bool) uint8 {
	if !full && len(text) <= maxText && utf8.ValidString(text) {
		if v := c.intern(text); v != nil {
			c.enter(v)
			return v.cell
		}
	}
	return sharedCell(text)
}

// intern takes the next free cell for a value, or finds the one that another goroutine has just taken for it; nil when there is none left. Everybody searches
// from the front and cells are never given back, so no value gets two.
func (c *Cells) intern(text string) *value {
	var own *value
	for cell := range c.values {
		v := c.values[cell].Load()
		if v == nil {
			if own == nil {
				own = &value{text: strings.Clone(text)}
			}
			own.cell = uint8(cell)
			if c.values[cell].CompareAndSwap(nil, own) {
				return own
			}
			v = c.values[cell].Load()
		}
		if v.text == text {
			return v
		}
	}
	return nil
}

// enter puts a value into the index, unless it is there.
func (c *Cells) enter(v *value) {
	for at := start(v.text, places); ; at = (at + 1) % places {
		if c.index[at].CompareAndSwap(nil, v) {
			c.known.Add(1)
			return
		}
		if c.index[at].Load() == v {
			return
		}
	}
}

// sharedCell is the cell of a value among those that share cells.
func sharedCell(text string) uint8 { return ownCells + uint8(xxhash.Sum64String(text)%sharedCells) }

// Text is the value of a cell; cells that many values share have a name in brackets.
func (c *Cells) Text(cell uint8) string {
	if cell >= ownCells {
		return fmt.Sprintf("[others %d of %d]", int(cell)-ownCells+1, sharedCells)
	}
	if v := c.values[cell].Load(); v != nil {
		return v.text
	}
	return fmt.Sprintf("[slice %d]", cell)
}
