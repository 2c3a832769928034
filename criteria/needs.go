package criteria

import "math"

// manyCalls is beyond what anybody waits for.
const manyCalls = 1e15

// needs forecasts how many more calls of the candidate the proof takes: those of the
// claim that takes most.
func (w *watch) needs(s *session, limit float64) (most uint64) {
	if len(w.proof.claims) == 0 {
		return NoForecast
	}
	stratum := w.proof.busiest(s)
	for i := range w.proof.claims {
		c := &w.proof.claims[i]
		most = max(most, needs(c.after(&w.proof, &w.sums), w.growth(c, s, stratum), limit))
	}
	return most
}

// busiest is the stratum with most calls of the step.
func (p *proof) busiest(s *session) (best int) {
	most := -1.0
	for i, share := range p.shares {
		if share == 0 {
			continue
		}
		if n := float64(s.step.stratum(i) + s.round.stratum(i)); n > most {
			best, most = i, n
		}
	}
	return best
}

// growth is what the bets on a claim gain in the mean with each call of the candidate
// and the calls of stable that come with it, if both arms go on as in this step; as
// long as they have shown little, as stable did before.
func (w *watch) growth(c *claim, s *session, stratum int) (gain stakes) {
	share := w.proof.shares[stratum]
	if share == 0 {
		return gain
	}
	beside := (1 - share) / share // stable's calls with each of the candidate's
	candidate, stable := w.rateInStep(c, s, stratum, Candidate), w.rateInStep(c, s, stratum, Stable)
	n := tally{c1: candidate, c0: 1 - candidate, s1: beside * stable, s0: beside * (1 - stable)}
	pays := c.payoffs(w.proof.line, share)
	n.settle(gain[:], pays[:])
	return gain
}

// rateInStep is an arm's rate in a stratum of the step, drawn towards the guess.
func (w *watch) rateInStep(c *claim, s *session, stratum int, arm Arm) float64 {
	var shown, calls float64
	for _, table := range []*counts{&s.step, &s.round} {
		row := table.row(stratum, int(arm))[w.offset : w.offset+w.meter.cells()+1]
		x, n := hardCount(&c.event, arm, row)
		shown, calls = shown+x, calls+n
	}
	return shrink(shown, calls, c.guess, priorWeight)
}

// needs is after how many calls the capital reaches the limit.
func needs(capital, gain stakes, limit float64) uint64 {
	after := func(calls float64) float64 {
		then := capital
		for h := range then {
			then[h] += calls * gain[h]
		}
		return logSum(then[:])
	}
	if after(0) >= limit {
		return 0
	}
	low, high := 0.0, 1.0
	for after(high) < limit {
		if low, high = high, 2*high; high > manyCalls {
			return NoForecast
		}
	}
	for high-low > 0.5 {
		middle := low + (high-low)/2
		if after(middle) < limit {
			low = middle
		} else {
			high = middle
		}
	}
	return uint64(math.Ceil(high))
}
