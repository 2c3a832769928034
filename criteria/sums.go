package criteria

// A span is the cells from <= j < to.
type span struct{ from, to int }

// An event is a set of cells, or scores for them, with stable's rate of it as
// guessed from the past. The two arms may have different cells: that is how a
// tolerance in latency is granted.
type event struct {
	stable, candidate []span
	scores            []float64 // scores[cell] in [0, 1] instead of cells; nil otherwise
	rate              bool      // a rate: absolute alternatives are bet on, too
	coarse            bool      // bet on within a slice: with fewer alternatives
	inverse           bool      // shown by all cells that do not show the event before it
	guess             float64   // of stable's rate, fixed for a round
	prior, weight     float64   // of the guess, and what it weighs in calls
	side              side      // of the cut, for words
	at                int       // the cut, or the label
}

// complement is what people are shown for an event whose rate reads better so: the
// cell that it is about, or what is left of the scores.
func (e *event) complement() *event {
	if e.scores == nil {
		given := []span{{e.at, e.at + 1}}
		return &event{stable: given, candidate: given}
	}
	rest := make([]float64, len(e.scores))
	for j, x := range e.scores {
		rest[j] = 1 - x
	}
	return &event{scores: rest}
}

// sums is one criterion's counts of one round, added up from the first cell on,
// so that a span is one subtraction.
type sums struct {
	arms [NumStrata][numArms]armSums
	seen [NumStrata]bool
}

type armSums struct {
	cells   []uint64 // cells[j]; not copied
	below   []uint64 // below[j] = cells[0] + ... + cells[j-1], len(cells)+1 of them
	missing uint64
}

func newSums(cells int) sums {
	var t sums
	for s := range t.arms {
		for a := range t.arms[s] {
			t.arms[s][a].below = make([]uint64, cells+1)
		}
	}
	return t
}

// read takes over the columns of one criterion; strata without calls cost nothing.
func (t *sums) read(c *counts, offset int) {
	for s := range t.arms {
		before := t.seen[s]
		t.seen[s] = c.stratum(s) > 0
		if !t.seen[s] && !before {
			continue
		}
		for a := range t.arms[s] {
			t.arms[s][a].read(c.row(s, a)[offset:])
		}
	}
}

func (a *armSums) read(row []uint64) {
	cells := len(a.below) - 1
	a.cells, a.missing = row[:cells], row[cells]
	sum := uint64(0)
	for j, n := range a.cells {
		sum += n
		a.below[j+1] = sum
	}
}

// values is the calls that had a value.
func (a *armSums) values() uint64 { return a.below[len(a.below)-1] }

// in is the calls within some spans.
func (a *armSums) in(spans []span) (n uint64) {
	for _, s := range spans {
		n += a.below[s.to] - a.below[s.from]
	}
	return n
}

// values is the calls of both arms and all strata that had a value.
func (t *sums) values() (n uint64) {
	for s := range t.arms {
		for a := range t.arms[s] {
			n += t.arms[s][a].values()
		}
	}
	return n
}

// A tally is the calls of one round that did (1) or did not (0) show an event.
type tally struct{ c1, c0, s1, s0 float64 }

// tally counts an event. A call without a value is scored in the candidate's
// favour: the candidate's did not show it, stable's did.
func (t *sums) tally(e *event, s int) tally {
	candidate, stable := &t.arms[s][Candidate], &t.arms[s][Stable]
	c1, s1 := candidate.in(e.candidate), stable.in(e.stable)
	return tally{
		c1: float64(c1), c0: float64(candidate.values() - c1 + candidate.missing),
		s1: float64(s1 + stable.missing), s0: float64(stable.values() - s1),
	}
}

// add counts n calls of an arm that did or did not show the event.
func (t *tally) add(arm Arm, shown bool, n float64) {
	switch {
	case arm == Candidate && shown:
		t.c1 += n
	case arm == Candidate:
		t.c0 += n
	case shown:
		t.s1 += n
	default:
		t.s0 += n
	}
}

// plus is the sum of two tallies.
func (t tally) plus(o tally) tally {
	return tally{t.c1 + o.c1, t.c0 + o.c0, t.s1 + o.s1, t.s0 + o.s0}
}
