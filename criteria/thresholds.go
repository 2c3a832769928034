package criteria

import "slices"

// side is which side of a cut an event lies on.
type side int

const (
	above side = iota
	below
	notANumber
)

// thresholds declares bets on which side of some cuts a value falls.
type thresholds struct {
	cells    int       // of the meter
	first    int       // the first cell of the order; those before are NaN
	levels   []float64 // quantiles of stable at which to cut
	twoSided bool      // below a cut counts as well as above
	nan      bool      // and so does not being a number
	line     line
	shift    int     // cells granted to the candidate
	atLeast  float64 // values to be known before the first bets; 0 is valuesForBets, negative none

	phrase func(s side, cut int) string
}

// A thresholdBook bets on thresholds; a round's cuts come from the rounds before.
type thresholdBook struct {
	thresholds
	process
	waiting bool
	events  []event
	sides   []side
}

func newThresholdBook(t thresholds) *thresholdBook {
	if t.atLeast == 0 {
		t.atLeast = valuesForBets
	}
	b := &thresholdBook{thresholds: t, process: process{line: t.line}, waiting: true}
	for range t.levels {
		b.sides = append(b.sides, above)
		if t.twoSided {
			b.sides = append(b.sides, below)
		}
	}
	if t.nan {
		b.sides = append(b.sides, notANumber)
	}
	b.events = make([]event, len(b.sides))
	return b
}

func (b *thresholdBook) starved() bool { return b.waiting }

func (b *thresholdBook) open(p *past, shares [NumStrata]float64) {
	b.waiting = p.values() < b.atLeast
	if b.waiting {
		b.process.open(nil, shares)
		return
	}
	i := 0
	for _, u := range b.levels {
		cut := b.cut(p, u)
		i = b.place(i, p, cut, 1-u)
		if b.twoSided {
			i = b.place(i, p, cut, u)
		}
	}
	if b.nan {
		b.place(i, p, nanCell, ratePrior)
	}
	b.process.open(b.events, shares)
}

// place makes event i the one on its side of a cut.
func (b *thresholdBook) place(i int, p *past, cut int, prior float64) int {
	b.events[i] = b.event(b.sides[i], cut)
	b.events[i].guess = p.guess(&b.events[i], prior, priorWeight)
	return i + 1
}

// event returns the cells on one side of a cut. The candidate's cut lies higher
// by the cells it is granted, but the last cell is above in both arms.
func (b *thresholdBook) event(s side, cut int) event {
	e := event{side: s, at: cut}
	moved := min(cut+b.shift, b.cells-1)
	switch s {
	case above:
		e.stable, e.candidate = []span{{cut, b.cells}}, []span{{moved, b.cells}}
	case below:
		e.stable, e.candidate = []span{{b.first, cut}}, []span{{b.first, moved}}
	default:
		e.stable, e.rate = []span{{0, b.first}}, true
		e.candidate = e.stable
	}
	return e
}

// cut returns the lowest cell that at most a fraction 1-u of the ordered values
// of both arms reach, the candidate's with what it is granted taken off.
func (b *thresholdBook) cut(p *past, u float64) int {
	n := 0.0
	for j := b.first; j < b.cells; j++ {
		n += p.stable[j] + p.candidate[j]
	}
	limit, tail := (1-u)*n+0.5, 0.0
	for c := b.cells - 1; c > b.first; c-- {
		tail += p.stable[c] + b.granted(p, c)
		if tail > limit {
			return min(c+1, b.cells-1)
		}
	}
	return b.first + 1
}

// granted returns the candidate's values in the cell that is c once what it is
// granted is taken off; c is not the first cell.
func (b *thresholdBook) granted(p *past, c int) float64 {
	last := b.cells - 1
	switch {
	case c == last || b.shift == 0:
		return p.candidate[c]
	case c+b.shift < last:
		return p.candidate[c+b.shift]
	}
	return 0
}

func (b *thresholdBook) leader() *event {
	i, _ := b.process.leader()
	if i < 0 {
		return nil
	}
	return &b.process.events[i]
}

func (b *thresholdBook) null() line      { return b.process.line }
func (b *thresholdBook) within() []event { return slices.Clone(b.process.events) }

func (b *thresholdBook) words(e *event) (string, bool) { return b.phrase(e.side, e.at), false }
