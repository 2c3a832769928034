package criteria

import "math"

// A Carve is a slice that was given to stable for good, see [CarveOut]. It is
// plain data.
type Carve struct {
	// Dimension and Cell are those of [Observation.Slices].
	Dimension int
	Cell      uint8
	// Slice names it, as in "country=is".
	Slice string
	// Criterion names the one that was breached, Finding says how.
	Criterion, Finding string
}

// carve gives the slices to stable whose own evidence has reached the limit, and
// returns them.
func (w *watch) carve(names *names, limit float64) (found []Carve) {
	if !w.carvable {
		return nil
	}
	for _, sl := range w.slices.used {
		if sl.carved || w.logShare+math.Log(sliceShare)+sl.weight+sl.logE < limit {
			continue
		}
		what := w.sliceFinding(sl)
		sl.carved = true
		found = append(found, Carve{
			Dimension: sl.dimension, Cell: sl.cell, Slice: names.slice(sl.dimension, sl.cell),
			Criterion: w.criterion.Name(), Finding: what.words(),
		})
	}
	return found
}

// cut marks a slice as carved whoever watches it: its requests are no evidence
// any more.
func (w *watch) cut(dimension int, cell uint8) {
	if w.sliced() {
		w.slices.at(dimension, cell, w.book.null()).carved = true
	}
}
