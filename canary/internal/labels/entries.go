package labels

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/modelcanary/go-sdk/criteria"
)

// Entries are all the texts that have an id of their own, in ascending order of ids.
func (t *Table) Entries() (all []criteria.Entry) {
	for id := range t.texts {
		if text := t.texts[id].Load(); text != nil {
			all = append(all, criteria.Entry{ID: uint16(id), Text: *text})
		}
	}
	return all
}

// Put gives texts the ids that they had in an earlier process. All of that table's [Table.Entries] must be given: where a text lies depends on those before it. It
// fails, with some of them given, if an id has another text by now.
func (t *Table) Put(entries []criteria.Entry) error {
	for _, e := range entries {
		if e.ID >= slots || len(e.Text) > maxText {
			return fmt.Errorf("labels: no text of %d bytes can have id %d", len(e.Text), e.ID)
		}
		if is := *t.insert(e.ID, e.Text); is != e.Text {
			return fmt.Errorf("labels: id %d is %q, and was %q", e.ID, is, e.Text)
		}
	}
	return nil
}

// Entries are all the values that have a cell of their own, in ascending order of cells.
func (c *Cells) Entries() (all []criteria.Entry) {
	for cell := range c.values {
		v := c.values[cell].Load()
		if v == nil {
			break
		}
		all = append(all, criteria.Entry{ID: uint16(cell), Text: v.text})
	}
	return all
}

// Put gives values the cells that they had in an earlier process, all of that table's [Cells.Entries]. It fails, with some of them given, if a cell has another
// value by now.
func (c *Cells) Put(entries []criteria.Entry) error {
	for i, e := range entries {
		if int(e.ID) != i || i >= ownCells || len(e.Text) > maxText || !utf8.ValidString(e.Text) {
			return fmt.Errorf("labels: no value of %d bytes can have cell %d behind %d others", len(e.Text), e.ID, i)
		}
		own := &value{text: strings.Clone(e.Text), cell: uint8(i)}
		if c.values[i].CompareAndSwap(nil, own) {
			c.enter(own)
		}
		if is := c.values[i].Load(); is.text != e.Text {
			return fmt.Errorf("labels: cell %d is %q, and was %q", i, is.text, e.Text)
		}
	}
	return nil
}
