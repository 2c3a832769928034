package criteria

import "math"

// oddsRatios and fixedRates are the alternatives every event is bet on: that the
// candidate's odds are so many times the allowed ones and, for rates, that its
// rate is just that. A grid this coarse costs less than a tenth of the speed of
// the best bet; within slices, where there is much to bet on and little to see, a
// coarser one does.
var (
	oddsRatios  = []float64{1.1, 1.25, 1.6, 2.5, 5, 15, 80}
	sliceRatios = []float64{1.6, 5, 80}
	fixedRates  = []float64{0.1, 0.9}
)

// null is the hypothesis about the event, given that about what its criterion is of.
func (e *event) null(l line) line {
	if e.inverse {
		return l.least()
	}
	return l
}

// ratios are the odds the event is bet on with.
func (e *event) ratios() []float64 {
	if e.coarse {
		return sliceRatios
	}
	return oddsRatios
}

// bets is the number of bets placed on an event.
func (e *event) bets() int {
	n := len(e.ratios())
	if e.rate {
		n += len(fixedRates)
	}
	return n
}

// alternative is the candidate's rate that bet h on the event supposes.
func (e *event) alternative(h int, l line) float64 {
	ratios := e.ratios()
	if h >= len(ratios) {
		return fixedRates[h-len(ratios)]
	}
	allowed := l.at(e.guess)
	odds := ratios[h] * allowed
	return odds / (1 - allowed + odds)
}

// A process is the capital of a list of bets, all against the same line: it
// starts as 1, its mean never grows while the line holds, so reaching 1/alpha
// has probability at most alpha. It is bet in rounds. Each round stakes some
// fresh capital out of a purse, in equal parts on all bets: a change that comes
// late is not held up by what the bets have lost before it.
type process struct {
	line   line
	rounds int       // rounds that staked
	staked bool      // the open round has its stake
	purse  float64   // log of the capital not yet staked
	log    []float64 // log[h], log capital of bet h when the round was opened

	events  []event             // of the open round; none: it places no bets
	live    [NumStrata]bool     // strata that are bet on
	shares  [NumStrata]float64  // P(candidate) in them
	payoffs [NumStrata][]payoff // payoffs[stratum][h]
	tallies [NumStrata][]tally  // tallies[stratum][event], what the open round counted
	graded  *graded             // instead of a tally, for an event with scores
	now     []float64           // scratch of len(log)
}

// purse is the fraction of the capital that is still unstaked after k stakes.
// The stakes telescope to 1, ever smaller, but so slowly that a restart at k
// costs only ln k + 2 ln ln k + 1.06 nats.
func purse(k int) float64 {
	if k == 0 {
		return 1
	}
	return math.Ln2 / (2 * math.Log(float64(k)+1))
}

// open starts a round with bets on the events, which must be as many and of the
// same kind each time: on others nothing is bet. In strata with share 0 nothing is
// bet. A round that places no bets stakes nothing; one opened anew before anything
// was counted stakes nothing more.
func (p *process) open(events []event, shares [NumStrata]float64) {
	p.events, p.shares = p.events[:0], shares
	bet := len(events) > 0 && p.fits(events)
	for s, share := range shares {
		p.live[s] = share > 0 && bet
	}
	if p.live == [NumStrata]bool{} {
		return
	}
	p.events = append(p.events, events...)
	p.stake()
	p.price(shares)
}

// fits reports whether the events are as many and of the same kind as before.
func (p *process) fits(events []event) bool {
	if p.log == nil {
		return true
	}
	bets := 0
	for i := range events {
		bets += events[i].bets()
	}
	return bets == len(p.log)
}

// price computes what the bets of the round pay, and clears its tallies.
func (p *process) price(shares [NumStrata]float64) {
	for s, share := range shares {
		p.payoffs[s], p.tallies[s] = p.payoffs[s][:0], p.tallies[s][:0]
		if !p.live[s] {
			continue
		}
		for i := range p.events {
			e := &p.events[i]
			l := e.null(p.line)
			for h := range e.bets() {
				p.payoffs[s] = append(p.payoffs[s], newPayoff(e.guess, e.alternative(h, l), l, share))
			}
			p.tallies[s] = append(p.tallies[s], tally{})
		}
	}
	if scores := p.events[0].scores; scores != nil {
		p.graded = newGraded(p.graded, scores, p.payoffs)
	}
}

// stake moves the stake of a round from the purse to the bets.
func (p *process) stake() {
	if p.staked {
		return
	}
	if p.log == nil {
		p.start()
	}
	p.staked = true
	stake := purse(p.rounds) - purse(p.rounds+1)
	p.rounds++
	p.purse = math.Log(purse(p.rounds))
	each := math.Log(stake / float64(len(p.log)))
	for h, capital := range p.log {
		p.log[h] = logAdd(capital, each)
	}
}

// start makes room for the bets, all without capital.
func (p *process) start() {
	bets := 0
	for i := range p.events {
		bets += p.events[i].bets()
	}
	p.log, p.now = make([]float64, bets), make([]float64, bets)
	for h := range p.log {
		p.log[h] = math.Inf(-1)
	}
}

// read takes over what the open round has counted so far.
func (p *process) read(t *sums) {
	for s := range NumStrata {
		if !p.live[s] || !t.seen[s] {
			continue
		}
		if p.graded != nil {
			p.graded.read(t, s)
			continue
		}
		for i := range p.events {
			p.tallies[s][i] = t.tally(&p.events[i], s)
		}
	}
}

// capital returns the log capital of every bet after the round's counts.
func (p *process) capital() []float64 {
	copy(p.now, p.log)
	for s := range NumStrata {
		if !p.live[s] {
			continue
		}
		if p.graded != nil {
			p.graded.settle(p.now, s)
			continue
		}
		first := 0
		for i := range p.events {
			last := first + p.events[i].bets()
			if n := p.tallies[s][i]; n != (tally{}) {
				n.settle(p.now[first:last], p.payoffs[s][first:last])
			}
			first = last
		}
	}
	return p.now
}

// settle adds to the capital of bets what they are paid.
func (t *tally) settle(capital []float64, payoffs []payoff) {
	for h := range payoffs {
		p := &payoffs[h]
		capital[h] += t.c1*p.c1 + t.c0*p.c0 + t.s1*p.s1 + t.s0*p.s0
	}
}

// logE returns the log of the whole capital, purse included.
func (p *process) logE() float64 { return logAdd(p.purse, logSum(p.capital())) }

// close ends the round: what the bets have now is what they start with.
func (p *process) close() {
	copy(p.log, p.capital())
	p.staked = false
	p.events, p.live = p.events[:0], [NumStrata]bool{}
}

// leader returns the event of the open round whose bets have most capital, and
// the log of it; -1 when the round places no bets.
func (p *process) leader() (best int, most float64) {
	capital := p.capital()
	best, most = -1, math.Inf(-1)
	first := 0
	for i := range p.events {
		last := first + p.events[i].bets()
		if sum := logSum(capital[first:last]); best < 0 || sum > most {
			best, most = i, sum
		}
		first = last
	}
	return best, most
}
