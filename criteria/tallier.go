package criteria

import "math/bits"

// maxWithin is how many events at most are bet on within a slice.
const maxWithin = 64

// A lookup says which events each cell shows, so that a call within a slice is
// counted without going through the events. All slices whose rounds opened with
// the same events share it.
type lookup struct {
	shown    [numArms][]uint64 // shown[arm][cell], bit i: event i
	inverted uint64            // bit i: event i is what the one before it is not
}

func newLookup(events []event, cells int) *lookup {
	l := &lookup{shown: [numArms][]uint64{make([]uint64, cells), make([]uint64, cells)}}
	for i := range events {
		e := &events[i]
		if e.inverse {
			l.inverted |= 1 << i
			continue
		}
		for arm, spans := range [numArms][]span{Stable: e.stable, Candidate: e.candidate} {
			for _, s := range spans {
				for j := s.from; j < s.to; j++ {
					l.shown[arm][j] |= 1 << i
				}
			}
		}
	}
	return l
}

// A tallier counts the calls of one arm in one stratum within a slice.
type tallier struct {
	hits            []float64 // hits[event]
	values, missing float64
}

// count counts n calls in a cell; one beyond the cells is missing.
func (t *tallier) count(shown []uint64, cell int, n float64) {
	if cell >= len(shown) {
		t.missing += n
		return
	}
	t.values += n
	for set := shown[cell]; set != 0; set &= set - 1 {
		t.hits[bits.TrailingZeros64(set)] += n
	}
}

// split returns how many calls with a value did and did not show an event.
func (t *tallier) split(l *lookup, i int) (shown, not float64) {
	if l.inverts(i) {
		return t.values - t.hits[i-1], t.hits[i-1]
	}
	return t.hits[i], t.values - t.hits[i]
}

func (t *tallier) reset(events int) {
	t.hits = append(t.hits[:0], make([]float64, events)...)
	t.values, t.missing = 0, 0
}

// inverts reports whether event i is what the one before it is not.
func (l *lookup) inverts(i int) bool { return l.inverted>>i&1 != 0 }
