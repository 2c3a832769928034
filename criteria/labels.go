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
	words func(id int) string
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
}

// A foundLabel has bets of its own from the round after it was first seen.
type foundLabel struct {
	process
	id     int
	weight float64 // log
}

func newLabelBook(l line, words func(id int) string, novel string) *labelBook {
	return &labelBook{
		line: l, words: words, novel: novel, waiting: true,
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
	b.freshEvent = event{rate: true, guess: shrink(b.freshEvents, b.freshCalls, ratePrior, priorWeight)}
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
		weight := math.Log(foundWeight * foundPart(len(b.found)+1))
		b.found = append(b.found, foundLabel{process: process{line: b.line}, id: id, weight: weight})
	}
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
		more := event{stable: given, candidate: given}
		more.guess = p.guess(&more, prior, weight)
		less := event{stable: other, candidate: other}
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

// logE is the weighted sum of the parts; the weight of labels not found yet is
// capital that was never bet.
func (b *labelBook) logE(t *sums) float64 {
	idle := 1.0
	sum := logAdd(math.Log(baseWeight)+b.base.logE(t), math.Log(novelWeight)+b.fresh.logE(t))
	for i := range b.found {
		idle -= foundPart(i + 1)
		sum = logAdd(sum, b.found[i].weight+b.found[i].logE(t))
	}
	return logAdd(sum, math.Log(foundWeight*idle))
}

func (b *labelBook) close(t *sums) {
	if b.waiting {
		return
	}
	b.base.close(t)
	b.fresh.close(t)
	for i := range b.found {
		b.found[i].close(t)
	}
	for s := range NumStrata {
		n := t.tally(&b.freshEvent, s)
		b.freshEvents += n.s1
		b.freshCalls += n.s1 + n.s0
	}
}

// leader shows a label that is given too seldom by how often it is given: that
// reads better than how often it is not.
func (b *labelBook) leader(t *sums) (*event, string) {
	if b.waiting {
		return nil, ""
	}
	var shown *event
	words, most := "", math.Inf(-1)
	consider := func(p *process, weight float64, text func(i int) string) {
		if i, capital := p.leader(t); i >= 0 && (shown == nil || weight+capital > most) {
			shown, words, most = &p.events[i&^1], text(i), weight+capital
		}
	}
	consider(&b.base, math.Log(baseWeight), func(i int) string { return b.words(b.labels[i/2]) })
	consider(&b.fresh, math.Log(novelWeight), func(int) string { return b.novel })
	for i := range b.found {
		f := &b.found[i]
		consider(&f.process, f.weight, func(int) string { return b.words(f.id) })
	}
	return shown, words
}
