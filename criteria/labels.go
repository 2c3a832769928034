package criteria

import (
	"cmp"
	"math"
	"slices"
)

// The parts of a labelBook's capital.
const (
	baseWeight  = 0.5  // labels known when the first bets are placed
	novelWeight = 0.25 // a label not known before the round
	foundWeight = 0.25 // labels found later
)

// A labelBook bets on how often each label is given. A label becomes known when
// a round in which it was seen closes, so what a cell means never depends on
// the round being counted.
type labelBook struct {
	line  line
	text  func(id int) string
	novel string

	known   [MaxLabels]bool
	count   int   // of known labels
	labels  []int // known when the first bets were placed
	waiting bool

	base        process
	fresh       process // bets on labels not known before the round
	freshEvent  event
	freshEvents float64 // stable's calls that showed it, in closed rounds
	freshCalls  float64
	found       []foundLabel
	favourites  []int // positions in base.events that are bet on within slices
}

// A foundLabel has bets of its own from the round after it was first seen.
type foundLabel struct {
	process
	id     int
	weight float64 // log
}

func newLabelBook(l line, text func(id int) string, novel string) *labelBook {
	return &labelBook{
		line: l, text: text, novel: novel, waiting: true,
		base: process{line: l}, fresh: process{line: l},
	}
}

func (b *labelBook) starved() bool { return b.waiting }

func (b *labelBook) open(p *past, shares [NumStrata]float64) {
	b.waiting = b.waiting && p.values() < valuesForBets
	if b.waiting {
		return
	}
	if shares != [NumStrata]float64{} {
		b.learn(p)
	}
	b.base.open(b.labelEvents(b.labels, p), shares)
	b.freshEvent = event{rate: true, at: novelLabel, guess: shrink(b.freshEvents, b.freshCalls, ratePrior, priorWeight)}
	b.freshEvent.stable = b.unknown()
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
	for id := range b.known {
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
	weight := math.Log(foundWeight * foundPart(len(b.found)+1))
	return foundLabel{process: process{line: b.line}, id: id, weight: weight}
}

// foundPart is the fraction of foundWeight that the j-th found label has; over
// all j they add up to 1.
func foundPart(j int) float64 { return 6 / (math.Pi * math.Pi * float64(j) * float64(j)) }

// labelEvents returns for each label two events: that it was given, and that it
// was not.
func (b *labelBook) labelEvents(ids []int, p *past) []event {
	events := make([]event, 0, 2*len(ids))
	prior, weight := 1/float64(b.count), float64(b.count)/2
	for _, id := range ids {
		given, other := []span{{id, id + 1}}, []span{{0, id}, {id + 1, len(p.stable) - 1}}
		more := event{stable: given, candidate: given, side: above, at: id}
		more.guess = p.guess(&more, prior, weight)
		less := event{stable: other, candidate: other, side: below, at: id}
		less.guess = p.guess(&less, 1-prior, weight)
		events = append(events, more, less)
	}
	return events
}

// unknown returns the cells of the labels not known yet.
func (b *labelBook) unknown() (spans []span) {
	for id := 0; id < MaxLabels; id++ {
		if b.known[id] {
			continue
		}
		from := id
		for id < MaxLabels && !b.known[id] {
			id++
		}
		spans = append(spans, span{from, id})
	}
	return spans
}

// novelLabel stands for all labels not known yet.
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
	sum := logAdd(math.Log(baseWeight)+b.base.logE(), math.Log(novelWeight)+b.fresh.logE())
	for i := range b.found {
		idle -= foundPart(i + 1)
		sum = logAdd(sum, b.found[i].weight+b.found[i].logE())
	}
	return logAdd(sum, math.Log(foundWeight*idle))
}

func (b *labelBook) close() {
	if b.waiting {
		return
	}
	for s := range b.fresh.tallies {
		for _, n := range b.fresh.tallies[s] {
			b.freshEvents += n.s1
			b.freshCalls += n.s1 + n.s0
		}
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
	consider(&b.base, math.Log(baseWeight))
	consider(&b.fresh, math.Log(novelWeight))
	for i := range b.found {
		consider(&b.found[i].process, b.found[i].weight)
	}
	return best
}

func (b *labelBook) null() line { return b.line }

// sliceLabels is how many labels are bet on within slices: the most frequent of
// the first known ones.
const sliceLabels = 16

// within returns the events of those labels, and that of a label not known yet.
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
		return b.novel, false
	}
	return b.text(e.at), e.side == below
}
