package canary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/modelcanary/go-sdk/canary/internal/labels"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
)

// Slices are the dimensions along which traffic is sliced, by name: "country", "plan". Each function gives the value of a request in its dimension. It is called
// before an arm is chosen, for every request, and must be quick and a function of the request's attributes alone: of nothing that the model changes or answers.
//
// In each dimension the first [criteria.SliceSlots] values are slices of their own; later ones, values of more than 128 bytes and such that are no UTF-8 share
// further cells by their hash, up to [criteria.SliceCells] in all. The empty text is a value like any other. A function that panics leaves the request without a
// slice in its dimension; after three panics in a row it is not called any more, and an event says so. One that calls runtime.Goexit counts alike, but ends its
// caller. The values are named in verdicts and events: do not slice by what must not be seen there.
type Slices[In any] map[string]func(in In) string

// slicers are the slice dimensions in a fixed order, ready for the request path.
type slicers[In any] []slicer[In]

type slicer[In any] struct {
	of       func(In) string
	cells    *labels.Cells
	function *function
}

func newSlicers[In any](declared Slices[In]) slicers[In] {
	var s slicers[In]
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		s = append(s, slicer[In]{
			of: declared[name], cells: new(labels.Cells),
			function: &function{kind: "slice", name: name, loss: "requests are in none of its slices"},
		})
	}
	return s
}

// names are the names of the dimensions.
func (s slicers[In]) names() (names []string) {
	for i := range s {
		names = append(names, s[i].function.name)
	}
	return names
}

// cut finds the cells of a request, from dimension v.signal on. Should a function panic, v.signal says which.
func (s slicers[In]) cut(v *visit, in In) {
	v.progress = slicing
	cells := v.cells
	for i := v.signal; i < len(s); i++ {
		v.signal, v.cells = i, cells
		d, cell := &s[i], uint8(ledger.NoCell)
		if row := d.function.row.Load(); row < maxPanics {
			cell = d.cells.Cell(d.of(in))
			if row != 0 {
				d.function.ok()
			}
		}
		cells = cells.With(i, cell)
	}
	v.signal, v.cells, v.progress = len(s), cells, keying
}

// text names a slice for people.
func (s slicers[In]) text(dimension int, cell uint8) string {
	if dimension < 0 || dimension >= len(s) {
		return fmt.Sprintf("[slice %d]", cell)
	}
	return s[dimension].cells.Text(cell)
}
