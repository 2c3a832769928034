package criteria

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A target is one event that a plan asks about, with the bets that would find
// the candidate showing it more often.
type target struct {
	words   string
	base    float64 // stable's rate, among calls with a value
	assumed bool    // which was not declared
	line    line
	missing float64 // calls of either arm without a value
	missed  bool    // which was not declared
	bets    []prospect
	weight  float64 // of those bets, of the criterion's capital
	needs   float64 // values to be known before they are placed
	sighted sighted // and what else
	also    *target // other bets on the same event
}

// sighted says when an event is bet on.
type sighted uint8

const (
	whenever  sighted = iota
	afterSeen         // from the round on that follows the one in which it was first seen
	untilSeen         // up to that round
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

// A foreseer is a book that a plan can be made for: it names the events a person
// would ask about, the most telling first.
type foreseer interface {
	foresee(known) []target
}

// targets are the events of a criterion that a plan asks about. Criteria on pairs
// have none: a rollout does not say how many inputs both models see.
func (w *watch) targets(b known) []target {
	f, ok := w.book.(foreseer)
	if !ok || w.group == pairsGroup {
		return nil
	}
	all := f.foresee(b)
	unanswered := w.meter.cell(&Observation{Outcome: Failed}) == w.meter.cells()
	for i := range all {
		for t := &all[i]; t != nil; t = t.also {
			t.line = w.book.null()
			if unanswered {
				t.missing, t.missed = b.Missing, b.assumedMissing
			}
		}
	}
	return all
}

// allowed is the largest rate of the candidate that nothing is ever held
// against, among its calls with a value.
func (t *target) allowed() float64 { return t.line.at(t.stable(t.base)) / (1 - t.missing) }

// handicap is how much of that is due to missing values.
func (t *target) handicap() float64 { return t.allowed() - t.line.at(t.base) }

// stable and candidate are the rates as they are scored: a call without a value
// counts in the candidate's favour.
func (t *target) stable(rate float64) float64    { return rate*(1-t.missing) + t.missing }
func (t *target) candidate(rate float64) float64 { return rate * (1 - t.missing) }

// changes are what a plan tells the delay of: the event in all calls, and much
// more and somewhat more often than stable shows it.
func (t *target) changes() []Change {
	always := Change{Change: "always", Rate: 1}
	multiple := func(x float64) Change { return Change{Change: fmt.Sprintf("x%.3g", x), Rate: x * t.base} }
	fraction := func(x float64) Change { return Change{Change: percent(x), Rate: x} }
	switch least := t.line.at(t.base); {
	case t.line.m == 0: // of a limit, stable's rate says nothing
		return []Change{always, fraction((1 + 2*least) / 3), fraction((1 + 5*least) / 6)}
	case t.base < 1e-3:
		return []Change{always, fraction(0.05), fraction(0.01)}
	case t.base <= 0.2:
		return []Change{always, multiple(5), multiple(2)}
	case t.base <= 2.0/3:
		return []Change{always, multiple(1.5), multiple(1.2)}
	}
	return []Change{always}
}

func (b *rateBook) foresee(base known) []target {
	return []target{{
		words: b.what, base: base.Rate, assumed: base.assumedRate, weight: 1,
		bets: []prospect{{rate: b.events[0].rate, prior: b.prior, weight: priorWeight}},
	}}
}

// foresee asks about the tail and about the median. All cuts on the same side
// help to find either.
func (b *thresholdBook) foresee(known) []target {
	total := 0
	for i := range b.sides {
		e := b.event(b.sides[i], b.first+1)
		total += e.bets()
	}
	var bets []prospect
	for _, u := range b.levels {
		bets = append(bets, prospect{cuts: true, level: u, prior: 1 - u, weight: priorWeight})
	}
	weight := float64(len(bets)*len(oddsRatios)) / float64(total)
	about := func(u float64) target {
		words := fmt.Sprintf("above stable's p%.3g", 100*u)
		if b.twoSided {
			words += fmt.Sprintf(", or below p%.3g", 100*(1-u))
		}
		return target{words: words, base: 1 - u, bets: bets, weight: weight, needs: b.atLeast}
	}
	tail, middle := b.levels[0], b.levels[0]
	for _, u := range b.levels {
		if u <= 0.95 {
			tail = max(tail, u)
		}
		if math.Abs(u-0.5) < math.Abs(middle-0.5) {
			middle = u
		}
	}
	if tail == middle {
		return []target{about(tail)}
	}
	return []target{about(tail), about(middle)}
}

// foresee asks about the most frequent label, the rarest, and one that is new.
func (b *labelBook) foresee(base known) []target {
	labels := slices.SortedFunc(slices.Values(base.Labels), func(x, y float64) int { return cmp.Compare(y, x) })
	n := float64(len(labels))
	about := func(words string, rate, weight float64) target {
		return target{
			words: words, base: rate, assumed: base.assumedLabels && rate > 0, weight: weight, needs: valuesForBets,
			bets: []prospect{{prior: 1 / n, weight: n / 2}},
		}
	}
	known := baseWeight / (2 * n) // a label has two events
	novel := about("a label not known before", 0, novelWeight)
	novel.bets = []prospect{{rate: true, prior: ratePrior, weight: priorWeight}}
	novel.sighted = untilSeen
	found := about(novel.words, 0, foundWeight*foundPart(1)/2)
	found.sighted = afterSeen
	novel.also = &found
	all := []target{about("the rarest label", labels[len(labels)-1], known), novel}
	if len(labels) > 1 {
		all = append(all, about("the most frequent label", labels[0], known))
	}
	return all
}
