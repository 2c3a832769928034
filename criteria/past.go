package criteria

const (
	ratePrior     = 0.002 // stable's rate before anything is known
	priorWeight   = 50    // in calls
	guessFloor    = 1e-6  // guesses keep away from 0 and 1, where a bet could lose everything
	valuesForBets = 64    // values to be known before thresholds and labels are bet on
)

// past is what closed rounds and the seed have left of one criterion, by cell;
// the last entry is the calls without a value. All that a round bets on is
// chosen from it, before the round's first coin falls.
type past struct{ stable, candidate []float64 }

// values is the calls that had a value.
func (p *past) values() (n float64) {
	for j := range len(p.stable) - 1 {
		n += p.stable[j] + p.candidate[j]
	}
	return n
}

// guess returns stable's rate of an event, drawn towards a prior rate that
// weighs as much as the given number of calls. The event remembers the prior.
func (p *past) guess(e *event, prior, weight float64) float64 {
	e.prior, e.weight = prior, weight
	missing := len(p.stable) - 1
	events, calls := p.stable[missing], p.stable[missing]
	for j, n := range p.stable[:missing] {
		calls += n
		if e.scores != nil {
			events += n * e.scores[j]
		}
	}
	for _, s := range e.stable {
		for _, n := range p.stable[s.from:s.to] {
			events += n
		}
	}
	return shrink(events, calls, prior, weight)
}

// shrink draws a rate towards its prior, and away from 0 and 1.
func shrink(events, calls, prior, weight float64) float64 {
	return max(guessFloor, min((events+weight*prior)/(calls+weight), 1-guessFloor))
}
