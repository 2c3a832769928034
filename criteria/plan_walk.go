package criteria

import (
	"math"
	"slices"
)

// A walk is a target's bets on their expected way: the same rounds, guesses,
// stakes and payoffs as in a judge, on counts that are expected instead of seen.
// Rounds of long stretches are taken together.
type walk struct {
	process
	target *target
	group  group
	wait   float64 // observations until the first round can be opened
	rounds int     // of the session

	part float64 // of the traffic; below 1 it is a slice

	stable, healthy, changed float64 // observations in closed rounds, the candidate's by what it did

	events     []event // scratch, as are the rates of each of them
	a, b, tail []float64
	scores     spread
}

func newWalk(t *target, g group) *walk {
	n := len(t.bets)
	return &walk{
		process: process{line: t.line}, target: t, group: g, part: 1,
		events: make([]event, n), a: make([]float64, n), b: make([]float64, n), tail: make([]float64, n),
	}
}

// clone copies a walk between two steps.
func (w *walk) clone() *walk {
	c := newWalk(w.target, w.group)
	c.process.rounds, c.purse = w.process.rounds, w.purse
	c.log, c.now = slices.Clone(w.log), make([]float64, len(w.log))
	c.wait, c.part, c.rounds = w.wait, w.part, w.rounds
	c.stable, c.healthy, c.changed = w.stable, w.healthy, w.changed
	return c
}

// confined makes a walk one within a slice: it takes the cuts of all traffic, once
// there are some.
func (w *walk) confined(part float64) *walk {
	t := *w.target
	t.bets = slices.Clone(t.bets)
	for i := range t.bets {
		p := &t.bets[i]
		p.weight, p.prior = priorWeight, t.stable(t.base)
		if p.cuts {
			p.prior = t.stable(1 - p.level)
		}
	}
	w.wait, t.needs = part*max(t.needs, t.within.needs)/(1-t.missing), 0
	w.target, w.part = &t, part
	return w
}

// through lets the candidate show the event at a rate for so many seconds of a step.
// It returns the second in which the evidence has its median arrival at the
// limit, +Inf if it does not.
func (w *walk) through(s *stream, rate, seconds, limit float64) float64 {
	if s.units == 0 || s.rate == 0 {
		return math.Inf(1)
	}
	begun := w.rounds
	for t := 0.0; t < seconds; {
		from := s.count(t)
		bets := w.open(s, rate)
		length, age := w.round(rate)
		merged := 1
		if w.rounds >= roundDoublings {
			merged += (w.rounds - begun) / mergedRounds
		}
		end := min(max(s.at(from+length*float64(merged)), t+age*float64(merged), t*(1+1e-12)), seconds)
		n := s.count(end) - from
		if bets {
			w.stakeAhead(merged - 1)
			if at, ok := w.crossing(s, n, limit); ok {
				return w.settled(s, from+at, rate)
			}
			w.tally(s, n, 0)
			w.close()
		}
		if w.wait == 0 {
			w.rounds += merged
		}
		w.learn(s, n, rate)
		t = end
	}
	return math.Inf(1)
}

// open places the bets of a round as far as enough is known for them.
func (w *walk) open(s *stream, rate float64) bool {
	seen := w.changed*w.target.candidate(rate) >= math.Ln2 // in half of the runs
	switch {
	case w.wait > 0 || w.known() < w.target.needs:
		return false
	case w.target.sighted == afterSeen && !seen:
		return false
	}
	w.aim(rate)
	w.process.open(w.events, s.shares)
	return true
}

// known is the values in closed rounds.
func (w *walk) known() float64 { return (w.stable + w.healthy + w.changed) * (1 - w.target.missing) }

// aim finds the rates of all events in both arms, and what is guessed of them.
func (w *walk) aim(rate float64) {
	t := w.target
	for i, p := range t.bets {
		stable, candidate := t.base, rate
		if p.cuts {
			stable, candidate = w.cut(p.level, rate)
		}
		w.a[i], w.b[i], w.tail[i] = t.stable(stable), t.candidate(candidate), min(1, candidate/max(rate, guessFloor))
		w.events[i] = event{rate: p.rate, coarse: w.part < 1, guess: shrink(w.stable*w.a[i], w.stable, p.prior, p.weight)}
	}
	if t.usual != nil {
		w.aimAtUnseen(rate)
	}
	if t.spread != nil {
		w.scores = t.spread(rate)
		w.events[0].scores = w.scores.scores
	}
}

// aimAtUnseen is aim for what stable has not shown: at first the usual is part of it.
// It is guessed as often as stable has shown something for the first time of late.
func (w *walk) aimAtUnseen(rate float64) {
	t, calls := w.target, w.stable/w.part // of all traffic
	unseen := 0.0
	for _, usual := range t.usual {
		unseen += usual * math.Exp(-calls*usual)
	}
	e, p := &w.events[0], t.bets[0]
	w.a[0], w.b[0] = t.stable(unseen), t.candidate(rate+unseen)
	e.guess = shrink(calls*t.stable(unseen), calls, ratePrior, priorWeight)
	if w.part < 1 {
		e.guess = shrink(w.stable*w.a[0], w.stable, e.guess, p.weight)
	}
}

// cut returns the arms' rates beyond the quantile of all that was seen in closed
// rounds. The candidate's surplus lies evenly beyond the target's cut.
func (w *walk) cut(level, rate float64) (stable, candidate float64) {
	base := w.target.base
	changed := w.part * w.changed / max(1, w.stable+w.healthy+w.changed)
	beyond := (1-changed)*base + changed*rate // the target's cut, of all
	if 1-level <= beyond {
		stable = base * (1 - level) / beyond
		return stable, stable * rate / base
	}
	within := level / (1 - beyond) // of what is within the target's cut
	return 1 - (1-base)*within, 1 - (1-rate)*within
}

// round returns how many observations the next round takes, and how old it has to
// be.
func (w *walk) round(rate float64) (length, age float64) {
	length = float64(int(roundSize) << min(w.rounds, roundDoublings))
	switch {
	case w.wait > 0:
		return w.wait, 0
	case w.known() < w.target.needs && !w.target.patient:
		return min(length, max(roundSize, (w.target.needs-w.known())/(1-w.target.missing))), 0
	}
	if w.group == callsGroup && rate < 1 { // until both kinds of calls were seen
		if spoiled := 1/rate + 1/(1-rate) - 1; spoiled < length {
			return spoiled, 0
		}
	}
	if w.rounds >= roundDoublings {
		age = roundAge.Seconds()
	}
	return length, age
}

// mergedRounds says how late rounds are taken together: after k of them in a step,
// the next k/mergedRounds are as one.
const mergedRounds = 6

// stakeAhead stakes now what further rounds would.
func (w *walk) stakeAhead(rounds int) {
	if rounds == 0 {
		return
	}
	p := &w.process
	stake := purse(p.rounds) - purse(p.rounds+rounds)
	p.rounds += rounds
	p.purse = math.Log(purse(p.rounds))
	each := math.Log(stake / float64(len(p.log)))
	for h, capital := range p.log {
		p.log[h] = logAdd(capital, each)
	}
}

// tally counts what n observations of the open round are expected to be, with
// so much of an event of the candidate more.
func (w *walk) tally(s *stream, n, more float64) {
	largest := Fresh
	for i := range s.parts {
		if s.parts[i]*s.shares[i] > s.parts[largest]*s.shares[largest] {
			largest = Stratum(i)
		}
	}
	for i := range s.parts {
		if !w.live[i] {
			continue
		}
		candidates := n * s.parts[i] * s.shares[i]
		others := n*s.parts[i] - candidates
		if w.graded != nil {
			w.grade(i, candidates, others)
			continue
		}
		for j := range w.tallies[i] {
			t := tally{
				c1: candidates * w.b[j], c0: candidates * (1 - w.b[j]),
				s1: others * w.a[j], s0: others * (1 - w.a[j]),
			}
			if Stratum(i) == largest {
				t.c1 += more * w.tail[j]
			}
			w.tallies[i][j] = t
		}
	}
}

// grade is tally for an event with scores.
func (w *walk) grade(stratum int, candidates, others float64) {
	missing := w.target.missing
	for arm, calls := range [numArms]float64{Stable: others, Candidate: candidates} {
		parts, counts := w.scores.stable, w.graded.counts[stratum][arm]
		if Arm(arm) == Candidate {
			parts = w.scores.candidate
		}
		for j, part := range parts {
			counts[j] = calls * (1 - missing) * part
		}
		counts[len(counts)-1] = calls * missing
	}
}

// ahead is how far events are ahead of their mean at the median moment of the
// last one: the k-th of a Poisson stream comes at k - 1/3 mean waits.
const ahead = 1.0 / 3

// crossing looks for the limit within n observations of the open round.
func (w *walk) crossing(s *stream, n, limit float64) (at float64, ok bool) {
	reached := func(x float64) bool {
		w.tally(s, x, ahead)
		return w.logE() >= limit
	}
	if !reached(n) {
		return 0, false
	}
	low, high := 0.0, n
	for high-low > 1e-3*high {
		if x := (low + high) / 2; reached(x) {
			high = x
		} else {
			low = x
		}
	}
	return high, true
}

// luck is what the median run gains on the mean path: half of the runs are ahead
// of it, and the sooner they arrive. It is a fraction of the way, measured on some
// twenty rollouts (TestSimPlan), and none if the candidate always shows the event:
// then there is no luck.
const luck = 0.1

// settled moves a crossing to the event of the candidate that makes it in the
// median run.
func (w *walk) settled(s *stream, n, rate float64) float64 {
	n *= 1 - luck*(1-rate)
	each := s.candidates() * w.target.candidate(rate)
	if w.target.spread != nil {
		each = s.candidates() // any call tells something
	}
	k := math.Ceil(n*each + ahead - 1e-6)
	return s.at((k - ahead) / each)
}

// learn takes what a round has counted into the past.
func (w *walk) learn(s *stream, n, rate float64) {
	candidates := n * s.candidates()
	w.stable += n - candidates
	if rate == w.target.base {
		w.healthy += candidates
	} else {
		w.changed += candidates
	}
	if w.wait -= n; w.wait < 1e-6 {
		w.wait = 0
	}
}
