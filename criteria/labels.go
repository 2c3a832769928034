package criteria

import (
	"cmp"
	"math"
	"slices"
)

// A labelling is what differs between labels and failure classes, which are the
// labels of failures.
type labelling struct {
	ids      int  // the cells from 0 that are labels
	oneSided bool // less often is no harm
	rate     bool // most calls show none of them: priors and alternatives of a rate

	// The parts of the capital; they add up to 1.
	baseWeight  float64 // labels known when the first bets on known ones are placed
	novelWeight float64 // any label that stable has not given
	foundWeight float64 // labels known later

	novelFrom float64 // values to be known before the first bets
	baseFrom  float64 // and before those on known labels
}

var (
	answerLabels = labelling{
		ids:        MaxLabels,
		baseWeight: 0.5, novelWeight: 0.25, foundWeight: 0.25,
		novelFrom: valuesForBets, baseFrom: valuesForBets,
	}
	// Failures are rare: few calls show which ones are usual, while a new one is
	// what matters most.
	failureClasses = labelling{
		ids: MaxLabels + 1, oneSided: true, rate: true,
		baseWeight: 0.4, novelWeight: 0.4, foundWeight: 0.2,
		baseFrom: callsForClasses,
	}
)

// callsForClasses is how many calls show which failures are usual.
const callsForClasses = 512

// A labelBook bets on how often each label is given. A label becomes known when
// a round in which it was seen closes, so what a cell means never depends on
// the round being counted. Labels that stable has not given are bet on together,
// too, from one round to the next for as long as it does not: what is paid for the
// first call with a new label is not lost when the label becomes known.
type labelBook struct {
	labelling
	line  line
	text  func(id int) string
	other string // what the event of all labels that stable has not given is called

	known   [MaxLabels + 1]bool
	count   int   // of known labels
	labels  []int // known when the first bets on known ones were placed
	waiting bool

	base       process
	fresh      process // bets on labels that stable has not given in closed rounds
	freshEvent event
	found      []foundLabel
	favourites []int // positions in base.events that are bet on within slices
}

// A foundLabel has bets of its own from the round after it was first seen.
type foundLabel struct {
	process
	id     int
	weight float64 // log
}

func newLabelBook(k labelling, l line, text func(id int) string, other string) *labelBook {
	return &labelBook{
		labelling: k, line: l, text: text, other: other, waiting: k.novelFrom > 0,
		base: process{line: l}, fresh: process{line: l},
	}
}

func (b *labelBook) starved() bool { return b.waiting }

func (b *labelBook) open(p *past, shares [NumStrata]float64) {
	values := p.values()
	b.waiting = b.waiting && values < b.novelFrom
	if b.waiting {
		return
	}
	if shares != [NumStrata]float64{} && (b.labels != nil || values >= b.baseFrom) {
		b.learn(p)
	}
	b.base.open(b.labelEvents(b.labels, p), shares)
	b.freshEvent = event{rate: true, at: novelLabel, guess: b.unseen(p)}
	b.freshEvent.stable = b.ungiven(p)
	b.freshEvent.candidate = b.freshEvent.stable
	b.fresh.open([]event{b.freshEvent}, shares)
	for i := range b.found {
		f := &b.found[i]
		f.open(b.labelEvents([]int{f.id}, p), shares)
	}
}

// learn makes every label of the past a known one: those of the first bets
// together, those found later each with a weight of its own, the more frequent
// before the rarer.
func (b *labelBook) learn(p *past) {
	seen := func(id int) float64 { return p.stable[id] + p.candidate[id] }
	var ids []int
	for id := range b.ids {
		if !b.known[id] && seen(id) > 0 {
			b.known[id] = true
			ids = append(ids, id)
		}
	}
	b.count += len(ids)
	if b.labels == nil {
		b.labels = ids
		return
	}
	slices.SortStableFunc(ids, func(i, j int) int { return cmp.Compare(seen(j), seen(i)) })
	for _, id := range ids {
		b.found = append(b.found, b.newFound(id))
	}
}

// newFound is the next label found.
func (b *labelBook) newFound(id int) foundLabel {
	weight := math.Log(b.foundWeight * foundPart(len(b.found)+1))
	return foundLabel{process: process{line: b.line}, id: id, weight: weight}
}

// foundPart is the fraction of their part that the j-th found label has; over
// all j they add up to 1.
func foundPart(j int) float64 { return 6 / (math.Pi * math.Pi * float64(j) * float64(j)) }

// labelEvents returns for each label the event that it was given, and unless the
// bets are one-sided the event that it was not.
func (b *labelBook) labelEvents(ids []int, p *past) []event {
	events := make([]event, 0, 2*len(ids))
	prior, weight := 1/float64(b.count), float64(b.count)/2
	if b.rate {
		prior, weight = ratePrior, priorWeight
	}
	for _, id := range ids {
		more := b.given(id)
		more.guess = p.guess(&more, prior, weight)
		events = append(events, more)
		if b.oneSided {
			continue
		}
		other := []span{{0, id}, {id + 1, b.ids}}
		less := event{stable: other, candidate: other, inverse: true, side: below, at: id}
		less.guess = p.guess(&less, 1-prior, weight)
		events = append(events, less)
	}
	return events
}

// given is the event of one label.
func (b *labelBook) given(id int) event {
	cell := []span{{id, id + 1}}
	return event{stable: cell, candidate: cell, rate: b.rate, side: above, at: id}
}

// ungiven returns the cells of the labels that stable has not given.
func (b *labelBook) ungiven(p *past) (spans []span) {
	for id := 0; id < b.ids; id++ {
		if p.stable[id] > 0 {
			continue
		}
		from := id
		for id < b.ids && p.stable[id] == 0 {
			id++
		}
		spans = append(spans, span{from, id})
	}
	return spans
}

// unseen guesses how often stable gives a label that it has not given: as often as
// it has given one for the first time of late, which is the part of its calls with a
// label of their own. Source: Good 1953, Turing's estimator.
func (b *labelBook) unseen(p *past) float64 {
	missing := p.stable[len(p.stable)-1]
	alone, calls := missing, missing
	for j, n := range p.stable[:len(p.stable)-1] {
		calls += n
		if j < b.ids && n <= 1 {
			alone += n
		}
	}
	return shrink(alone, calls, ratePrior, priorWeight)
}

// novelLabel stands for all labels that stable has not given.
const novelLabel = -1

func (b *labelBook) read(t *sums) {
	b.base.read(t)
	b.fresh.read(t)
	for i := range b.found {
		b.found[i].read(t)
	}
}

// logE is the weighted sum of the parts; the weight of labels not found yet is
// capital that was never bet.
func (b *labelBook) logE() float64 {
	idle := 1.0
	sum := logAdd(math.Log(b.baseWeight)+b.base.logE(), math.Log(b.novelWeight)+b.fresh.logE())
	for i := range b.found {
		idle -= foundPart(i + 1)
		sum = logAdd(sum, b.found[i].weight+b.found[i].logE())
	}
	return logAdd(sum, math.Log(b.foundWeight*idle))
}

func (b *labelBook) close() {
	if b.waiting {
		return
	}
	b.base.close()
	b.fresh.close()
	for i := range b.found {
		b.found[i].close()
	}
}

func (b *labelBook) leader() (best *event) {
	if b.waiting {
		return nil
	}
	most := math.Inf(-1)
	consider := func(p *process, weight float64) {
		if i, capital := p.leader(); i >= 0 && (best == nil || weight+capital > most) {
			best, most = &p.events[i], weight+capital
		}
	}
	consider(&b.base, math.Log(b.baseWeight))
	consider(&b.fresh, math.Log(b.novelWeight))
	for i := range b.found {
		consider(&b.found[i].process, b.found[i].weight)
	}
	return best
}

func (b *labelBook) null() line { return b.line }

// sliceLabels is how many labels are bet on within slices: the most frequent of
// the first known ones.
const sliceLabels = 12

// within returns the events of those labels, and that of a label that stable has
// not given.
func (b *labelBook) within() []event {
	if b.waiting || len(b.base.events) == 0 {
		return nil
	}
	if b.favourites == nil {
		b.favourites = b.frequent()
	}
	events := make([]event, 0, len(b.favourites)+1)
	for _, i := range b.favourites {
		events = append(events, b.base.events[i])
	}
	return append(events, b.freshEvent)
}

// frequent returns the positions of the events of the most frequent labels. They
// are chosen once, from what was known when the first bets were placed.
func (b *labelBook) frequent() (positions []int) {
	order := make([]int, 0, len(b.base.events))
	for i := range b.base.events {
		if b.base.events[i].side == above {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.base.events[j].guess, b.base.events[i].guess) })
	for _, i := range order[:min(len(order), sliceLabels)] {
		positions = append(positions, i)
		if i+1 < len(b.base.events) && b.base.events[i+1].side == below {
			positions = append(positions, i+1)
		}
	}
	return positions
}

// words shows a label that is given too seldom by how often it is given: that
// reads better than how often it is not.
func (b *labelBook) words(e *event) (what string, complement bool) {
	if e.at == novelLabel {
		return b.other, false
	}
	return b.text(e.at), e.side == below
}
