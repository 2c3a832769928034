package criteria

// A book is what one criterion bets on: it chooses the bets of a round from the
// past, and knows its capital after the round's counts.
type book interface {
	// open places the bets of a round; shares of 0 count nothing.
	open(p *past, shares [NumStrata]float64)
	// starved reports whether bets wait for more values to be known.
	starved() bool
	// logE is the log capital after the counts of the open round.
	logE(t *sums) float64
	// close ends the round with these counts.
	close(t *sums)
	// leader returns the event that has won most, and its words; nil without bets.
	leader(t *sums) (*event, string)
}

// A rateBook bets on one event with two cells.
type rateBook struct {
	process
	what   string
	prior  float64
	events [1]event
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

func (b *rateBook) starved() bool { return false }

func (b *rateBook) leader(*sums) (*event, string) { return &b.events[0], b.what }
