package criteria

import "slices"

// A book is what one criterion bets on: it chooses the bets of a round from the
// past, and knows its capital after the round's counts.
type book interface {
	// open places the bets of a round; shares of 0 count nothing.
	open(p *past, shares [NumStrata]float64)
	// starved reports whether bets wait for more values to be known.
	starved() bool
	// read takes over the counts of the open round so far.
	read(t *sums)
	// logE is the log capital after what was read.
	logE() float64
	// close ends the round with what was read.
	close()
	// leader returns the event that has won most; nil without bets.
	leader() *event
	// line is the null hypothesis of all bets.
	null() line
	// within returns a copy of the events of the open round that are bet on within
	// slices, always as many and of the same kind, or none.
	within() []event
	// claims returns the events of the open round that promotion has to prove
	// something about, none without bets: after the first round of a step as many
	// as those that the step began with.
	claims(p *past, begun []claim) []event
	// words says what an event is, and whether its complement is what people
	// should be shown the rate of.
	words(e *event) (what string, complement bool)
	// encode writes the state; decode makes that of a new book from it.
	encode(e *encoder)
	decode(d *decoder, w *watch)
	// complete adds to a decoded event what is not written, its scores, and reports
	// whether it is one of the book's.
	complete(v *event) bool
}

// A rateBook bets on one event with two cells.
type rateBook struct {
	process
	what       string
	complement bool // people are shown the rate of the other cell
	prior      float64
	events     [1]event
}

func newRateBook(what string, l line, prior float64) *rateBook {
	harm := []span{{1, 2}}
	return &rateBook{
		process: process{line: l},
		what:    what,
		prior:   prior,
		events:  [1]event{{stable: harm, candidate: harm, rate: true}},
	}
}

func (b *rateBook) open(p *past, shares [NumStrata]float64) {
	b.events[0].guess = p.guess(&b.events[0], b.prior, priorWeight)
	b.process.open(b.events[:], shares)
}

func (b *rateBook) starved() bool               { return false }
func (b *rateBook) leader() *event              { return &b.events[0] }
func (b *rateBook) null() line                  { return b.line }
func (b *rateBook) within() []event             { return slices.Clone(b.process.events) }
func (b *rateBook) words(*event) (string, bool) { return b.what, b.complement }
