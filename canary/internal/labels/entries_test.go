package labels

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// Every text of the first life has its id in the second, whatever comes first there.
func TestTableGoesOnInAnotherProcess(t *testing.T) {
	for _, n := range []int{0, 1, 50, slots, 400} {
		var before, after Table
		ids := map[string]uint16{}
		for i := range n {
			text := fmt.Sprint("label ", i*7919)
			ids[text] = before.ID(text)
		}
		require.NoError(t, after.Put(before.Entries()))
		for i := n - 1; i >= 0; i-- {
			text := fmt.Sprint("label ", i*7919)
			require.Equal(t, ids[text], after.ID(text), text)
		}
		for i := range 300 {
			text := fmt.Sprint("new ", i)
			require.Equal(t, before.ID(text), after.ID(text), text)
		}
	}
}

// Without the texts before it a text would be looked for, and found, elsewhere.
func TestTableNeedsAllItsEntries(t *testing.T) {
	var before Table
	place, texts := uint16(0), map[uint16]string{}
	for i := 0; ; i++ { // two texts whose search begins at one place
		text := fmt.Sprint(i)
		place = start(text, slots)
		if first, ok := texts[place]; ok {
			before.ID(first)
			require.Equal(t, place+1, before.ID(text))
			break
		}
		texts[place] = text
	}
	all := before.Entries()
	require.Len(t, all, 2)
	var whole, part Table
	require.NoError(t, whole.Put(all))
	require.NoError(t, part.Put(all[1:]))
	require.Equal(t, place+1, whole.ID(all[1].Text))
	require.Equal(t, place, part.ID(all[1].Text))
}

func TestPutRefusesWhatIsTaken(t *testing.T) {
	var before, after Table
	id := before.ID("is")
	after.texts[id].Store(new(string))
	require.ErrorContains(t, after.Put(before.Entries()), `is "", and was "is"`)
	require.NoError(t, before.Put(before.Entries()), "the same again")
	require.Error(t, after.Put([]criteria.Entry{{ID: slots, Text: "x"}}))
	require.Error(t, after.Put([]criteria.Entry{{ID: 1, Text: strings.Repeat("x", maxText+1)}}))

	var cells Cells
	cells.Cell("de")
	require.ErrorContains(t, cells.Put([]criteria.Entry{{ID: 0, Text: "is"}}), `cell 0 is "de", and was "is"`)
	require.NoError(t, cells.Put([]criteria.Entry{{ID: 0, Text: "de"}, {ID: 1, Text: "is"}}), "the same, and more")
	require.Equal(t, uint8(1), cells.Cell("is"))
	require.Equal(t, int32(2), cells.known.Load())
	for name, e := range map[string]criteria.Entry{
		"a gap": {ID: 1, Text: "x"}, "no text": {ID: 0, Text: "\xff"}, "too long": {ID: 0, Text: strings.Repeat("x", maxText+1)},
	} {
		require.Error(t, new(Cells).Put([]criteria.Entry{e}), name)
	}
	require.Error(t, new(Cells).Put(make([]criteria.Entry, 300)))
}

func TestCellsGoOnInAnotherProcess(t *testing.T) {
	for _, n := range []int{0, 1, 5, ownCells, 100} {
		var before, after Cells
		for i := range n {
			before.Cell(fmt.Sprint("value ", i))
		}
		require.NoError(t, after.Put(before.Entries()))
		for i := 150; i >= 0; i-- {
			text := fmt.Sprint("value ", i)
			if i < n {
				require.Equal(t, before.Cell(text), after.Cell(text), text)
			} else if n >= ownCells {
				require.GreaterOrEqual(t, after.Cell(text), uint8(ownCells), text)
			}
		}
	}
}
