package criteria

// A target is one event that a plan asks about, with the bets that would find
// the candidate showing it more often. Rates are those of harm, of calls with a
// value; what people are shown may be something else.
type target struct {
	words   string
	base    float64 // stable's rate
	assumed bool    // which was not declared
	line    line
	missing float64 // calls of either arm without a value
	missed  bool    // which was not declared
	bets    []prospect
	weight  float64 // of those bets, of the criterion's capital
	needs   float64 // values to be known before they are placed
	patient bool    // and no round ends early for that
	within  inSlice
	sighted sighted   // and what else
	usual   []float64 // rates of what counts as new until stable has shown it, too
	also    *target   // other bets on the same event

	spread func(rate float64) spread  // of an event with scores; nil: it has none
	told   func(rate float64) float64 // what people are shown; nil: the rate itself
	mean   bool                       // and that is a mean in the signal's unit
	judged func(rate float64) judged  // of pairs, where that depends on the rate; nil: all, by the rate
	most   float64                    // allowed rate, where the line does not say it; 0: it does
	unfed  string                     // why nothing reaches the criterion
}

// inSlice is what is different for the bets on a target within a slice.
type inSlice struct {
	weight float64 // of the capital of the slice; 0: that of the target
	needs  float64 // values to be known in all traffic; 0: as many
}

// sighted says when an event is bet on.
type sighted uint8

const (
	whenever  sighted = iota
	afterSeen         // from the round on that follows the one in which it was first seen
)

// A prospect is one event that is bet on. Its cut, if it has one, moves with what
// both arms show; otherwise it is the target's event itself.
type prospect struct {
	cuts   bool
	level  float64 // the quantile of both arms at which it cuts
	rate   bool    // absolute alternatives are bet on, too
	prior  float64 // of the guess
	weight float64 // of the prior, in calls
}

// A spread is how the arms' calls with a value are spread over some scores.
type spread struct{ scores, stable, candidate []float64 }

// judged is what is judged of pairs: so many of them, of which so many show the event.
type judged struct{ part, rate float64 }

// A foreseer is a book that a plan can be made for: it names the events a person
// would ask about, the most telling first.
type foreseer interface {
	foresee(w *watch, b known) []target
}

// targets are the events of a criterion that a plan asks about.
func (w *watch) targets(b known) []target {
	f, ok := w.book.(foreseer)
	if !ok {
		return nil
	}
	all := f.foresee(w, b)
	for i := range all {
		for t := &all[i]; t != nil; t = t.also {
			t.line, t.unfed = w.book.null(), b.unfed
			if w.losesFailures() {
				t.missing, t.missed = b.Missing, b.assumedMissing
			}
		}
	}
	return all
}

// losesFailures reports whether a call that failed has no value for the criterion.
func (w *watch) losesFailures() bool {
	c := newColumn(w.meter, 0)
	return c.pair == nil && c.response == nil && c.cell(&Observation{Outcome: Failed}, evenDice) == w.meter.cells()
}

// allowed is the largest rate of the candidate that nothing is ever held
// against.
func (t *target) allowed() float64 {
	if t.most > 0 {
		return t.most
	}
	return t.line.at(t.stable(t.base)) / (1 - t.missing)
}

// handicap is how much of that is due to missing values.
func (t *target) handicap() float64 {
	if t.missing == 0 {
		return 0
	}
	return t.allowed() - t.line.at(t.base)
}

// stable and candidate are the rates as they are scored: a call without a value
// counts in the candidate's favour.
func (t *target) stable(rate float64) float64    { return rate*(1-t.missing) + t.missing }
func (t *target) candidate(rate float64) float64 { return t.of(rate).rate * (1 - t.missing) }

// of is what is judged at a rate.
func (t *target) of(rate float64) judged {
	if t.judged == nil {
		return judged{part: 1, rate: rate}
	}
	return t.judged(rate)
}

// shown is what people are shown for a rate.
func (t *target) shown(rate float64) float64 {
	if t.told == nil {
		return rate
	}
	return t.told(rate)
}

// falls reports whether what people are shown is less when there is more harm.
func (t *target) falls() bool { return t.shown(1) < t.shown(0) }

// text words what people are shown for a rate.
func (t *target) text(rate float64) string { return amountText(t.shown(rate), t.mean) }

// A reference is a change that a plan tells the delay of.
type reference struct {
	name string
	rate float64
}

// references are the event in all calls, and much more and somewhat more harm than
// stable shows or, of a limit, than is allowed. The last is the one a person would
// want found.
func (t *target) references() []reference {
	named := func(name string, rate float64) reference {
		if t.told != nil {
			name = "to " + t.text(rate)
		}
		return reference{name, rate}
	}
	all := []reference{named("always", 1)}
	multiples := func(of float64, names ...string) []reference {
		for _, x := range names {
			if rate := multiplier[x] * of; rate < 1 {
				all = append(all, named(x, rate))
			}
		}
		return all
	}
	switch limit := t.allowed(); {
	case t.falls():
		return append(all, named("", 1-0.8*(1-t.base)), named("", 1-0.9*(1-t.base)))
	case t.line.m == 0: // stable's rate says nothing
		for _, x := range moderate(limit) {
			if rate := multiplier[x] * limit; rate < 1 {
				all = append(all, named(percent(rate), rate))
			}
		}
		return all
	case t.mean:
		return multiples(t.base, "x1.5", "x1.2")
	case t.base < 1e-3:
		return append(all, named("5 %", 0.05), named("1 %", 0.01))
	}
	return multiples(t.base, moderate(t.base)...)
}

var multiplier = map[string]float64{"x5": 5, "x2": 2, "x1.5": 1.5, "x1.2": 1.2}

// moderate are multiples of a rate that leave it one.
func moderate(rate float64) []string {
	switch {
	case rate < 0.2:
		return []string{"x5", "x2"}
	case rate <= 0.4:
		return []string{"x2", "x1.5"}
	}
	return []string{"x1.5", "x1.2"}
}
