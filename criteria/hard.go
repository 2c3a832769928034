package criteria

// A call without a value is scored in the candidate's favour by the bets against it,
// and against the candidate by a proof in its favour: it counts as showing the event
// if it is the candidate's, and as not showing it if it is stable's. So a candidate
// cannot be promoted by not answering.

// hardTally is tally for a proof.
func (t *sums) hardTally(e *event, s int) tally {
	candidate, stable := &t.arms[s][Candidate], &t.arms[s][Stable]
	c1, s1 := candidate.in(e.candidate), stable.in(e.stable)
	return tally{
		c1: float64(c1 + candidate.missing), c0: float64(candidate.values() - c1),
		s1: float64(s1), s0: float64(stable.values() - s1 + stable.missing),
	}
}

// hardCount is how many calls of one arm show an event, and how many there are; a row
// is the calls by cell, with those without a value last.
func hardCount[N uint64 | float64](e *event, arm Arm, row []N) (shown, calls float64) {
	cells, missing := row[:len(row)-1], float64(row[len(row)-1])
	spans := e.stable
	if arm == Candidate {
		spans, shown = e.candidate, missing
	}
	calls = missing
	for j, n := range cells {
		calls += float64(n)
		if e.scores != nil {
			shown += float64(n) * e.scores[j]
		}
	}
	for _, s := range spans {
		for _, n := range cells[s.from:s.to] {
			shown += float64(n)
		}
	}
	return shown, calls
}

// hardGuess is guess for a proof, of either arm's rate.
func (p *past) hardGuess(e *event, arm Arm) float64 {
	row := p.stable
	if arm == Candidate {
		row = p.candidate
	}
	shown, calls := hardCount(e, arm, row)
	return shrink(shown, calls, e.prior, e.weight)
}

// hardGraded is what a bet pays for an arm's calls in all cells.
func (p *payoff) hardGraded(arm Arm, scores []float64, cells []uint64, missing uint64) float64 {
	one, zero, sum := p.s1, p.s0, float64(missing)*p.s0
	if arm == Candidate {
		one, zero, sum = p.c1, p.c0, float64(missing)*p.c1
	}
	for j, n := range cells {
		if n > 0 {
			sum += float64(n) * logMix(scores[j], one, zero)
		}
	}
	return sum
}
