package criteria

import "time"

const (
	roundSize      = 64 // calls in the first round
	roundDoublings = 4  // each round is twice as large as the one before, so often
	roundAge       = 10 * time.Second
	seedLimit      = 2000 // stable-only calls that may speak before the start
)

// A session is the criteria of one group: they read the same coins and
// therefore share their rounds.
type session struct {
	group   group
	watches []*watch
	columns columns            // of its tables; none without criteria
	owners  []*watch           // owners[column]
	shares  [NumStrata]float64 // P(candidate) by stratum; 0: nothing counts in it
	round   counts             // folded in the open round
	step    counts             // in the closed rounds of this step
	closed  counts             // in all closed rounds
	seed    []float64          // stable's, by column
	seeds   float64            // calls in it
	arrived arrivals           // reports of feedback, in the epoch

	steps    int // begun so far
	openings int // of rounds so far
	rounds   int // closed so far
	now      time.Duration
	opened   time.Duration // when the open round was opened, in the caller's awake time
	behind   bool          // what is folded belongs to an earlier step: it proves nothing
}

func newSession(g group, watches []*watch, f *form) *session {
	strata, list := f.strata[g.table()], f.columns[g.table()]
	if len(watches) == 0 {
		list = columns{}
	}
	width := list.width
	s := &session{
		group: g, watches: watches, columns: list, owners: make([]*watch, width),
		round: newCounts(strata, width), step: newCounts(strata, width), closed: newCounts(strata, width),
		seed: make([]float64, width),
	}
	for _, w := range watches {
		for j := range w.meter.cells() + 1 {
			s.owners[w.offset+j] = w
		}
	}
	for _, w := range watches {
		w.muted = w.mute(s)
	}
	return s
}

// begin starts a step. A round in which something was counted is closed first.
func (s *session) begin(shares [NumStrata]float64, now time.Duration) {
	s.close()
	s.fallBehind()
	s.behind = false
	s.step.reset()
	s.shares = shares
	s.steps++
	s.open(now)
}

// fallBehind gives up what was proven: a new step has begun, and until the session
// begins it too it still counts the one before.
func (s *session) fallBehind() {
	s.behind = true
	for _, w := range s.watches {
		w.proof.reset()
	}
}

// fold adds counts to the open round and reports whether any of them count.
func (s *session) fold(e *Evidence, now time.Duration) bool {
	s.now = now
	c := &e.tables[s.group.table()]
	if s.group.waits() {
		s.arrived.addAll(&e.arrivals[s.group-feedbackGroup])
	}
	if !s.closed.holds(&s.round, c) {
		return false
	}
	news := false
	for i := range c.strata {
		if s.shares[i] > 0 && c.stratum(i) > 0 {
			s.round.add(c, i)
			news = true
		}
	}
	if news && s.sliced() {
		for _, x := range e.slices[s.group.table()].list {
			if s.shares[x.key.row()/numArms] > 0 {
				s.owners[x.key.column()].cross(s, x)
			}
		}
	}
	return news
}

// sliced reports whether the group's criteria have slices.
func (s *session) sliced() bool { return len(s.watches) > 0 && s.watches[0].sliced() }

// evaluate brings the evidence of every criterion up to date.
func (s *session) evaluate() {
	for _, w := range s.watches {
		w.evaluate(&s.round)
		w.muted = w.mute(s)
	}
}

// turn closes the round if it is due, and opens the next. It must follow evaluate.
func (s *session) turn(now time.Duration) {
	s.now = now
	for _, w := range s.watches {
		w.slices.turn(now)
	}
	if s.due(now) {
		s.close()
		s.open(now)
	}
}

// due decides by counts that are folded, and for the largest rounds by the
// clock. Rounds before have no age to reach: a restart of the bets costs little
// while there have been few, and every round makes the thresholds and guesses
// of the next one better.
func (s *session) due(now time.Duration) bool {
	n := s.round.total()
	if s.spoiled() {
		return true
	}
	full := n >= roundSize<<min(s.rounds, roundDoublings)
	aged := s.rounds < roundDoublings || now-s.opened >= roundAge
	return full && aged || n >= roundSize && s.fed()
}

// spoiled reports whether the open round of the backstop holds both an answered
// call and a rescue: what fails from now on must not pay for what was answered. It
// looks at folded calls only, so the next stake is still fixed beforehand.
func (s *session) spoiled() bool {
	if s.group != callsGroup || len(s.watches) != 1 {
		return false
	}
	w := s.watches[0]
	healthy := s.round.cells[int(Candidate)*s.round.width+w.offset]
	rescued := s.round.cells[int(Candidate)*s.round.width+w.offset+1]
	return healthy > 0 && rescued > 0
}

// fed reports whether bets that were waiting for values can now be placed.
func (s *session) fed() bool {
	for _, w := range s.watches {
		if w.book.starved() && w.past(s).values()+float64(w.sums.values()) >= valuesForBets {
			return true
		}
	}
	return false
}

// close ends the open round, unless it is empty.
func (s *session) close() {
	if s.round.total() == 0 {
		return
	}
	for _, w := range s.watches {
		w.read(&s.round)
		w.book.close()
		w.proof.close(&w.sums)
	}
	s.step.addAll(&s.round)
	s.closed.addAll(&s.round)
	s.round.reset()
	s.rounds++
}

// open places the bets of a new round.
func (s *session) open(now time.Duration) {
	s.now, s.opened = now, now
	s.openings++
	for _, w := range s.watches {
		before := w.past(s)
		w.book.open(before, s.shares)
		if w.proof.gates() && !s.behind {
			w.proof.open(w.claims(before), before, s.shares)
		}
		w.read(&s.round)
	}
}

// plant adds one stable-only call to the seed. When the seed holds more than it
// may, it is halved: that keeps it recent, and small beside what is counted.
func (s *session) plant(o *Observation) {
	for i := range s.columns.list {
		s.seed[s.columns.list[i].cell(o, evenDice)]++
	}
	if s.seeds++; s.seeds <= seedLimit {
		return
	}
	s.seeds /= 2
	for i := range s.seed {
		s.seed[i] /= 2
	}
}
