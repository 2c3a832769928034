package criteria

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

func (b *rateBook) foresee(w *watch, base known) []target {
	t := target{
		words: b.what, base: base.Rate, assumed: base.assumedRate, weight: 1,
		bets: []prospect{{rate: b.events[0].rate, prior: b.prior, weight: priorWeight}},
	}
	if b.complement {
		t.base, t.told = 1-base.Rate, complementOf
	}
	if m, ok := w.meter.(oddOneOut); ok {
		m.foresee(&t, base)
	}
	return []target{t}
}

func complementOf(rate float64) float64 { return 1 - rate }

// foresee asks how often the candidate differs, of all that is run again, where only
// one of it and the rerun counts.
func (oddOneOut) foresee(t *target, base known) {
	noise := t.base
	t.words, t.most = "differs from stable", noise
	t.judged = func(rate float64) judged {
		only, rerun := rate*(1-noise), noise*(1-rate)
		return judged{part: base.rerun * (only + rerun), rate: only / (only + rerun)}
	}
}

// A spreader is a meter of scores: it says how they are spread.
type spreader interface {
	foresee(t *target, w *watch, base known)
}

func (b *meanBook) foresee(w *watch, base known) []target {
	t := target{
		words: b.what, assumed: base.assumedRate, weight: 1,
		bets: []prospect{{prior: b.prior, weight: priorWeight}},
	}
	w.meter.(spreader).foresee(&t, w, base)
	return []target{t}
}

// planLevels is how many levels stand for all numbers that stable gives.
const planLevels = 6

// foresee spreads the numbers as those that were declared, else evenly. A candidate
// that is worse moves all of them the same part of the way to the worse end.
func (m meanMeter) foresee(t *target, _ *watch, base known) {
	harm := make([]float64, 0, len(base.Values))
	for _, v := range base.Values {
		harm = append(harm, m.harm(v))
	}
	if t.assumed = len(harm) == 0; t.assumed {
		for i := range planLevels {
			harm = append(harm, (float64(i)+0.5)/planLevels)
		}
	}
	slices.Sort(harm)
	levels, parts := grouped(harm)
	origin := average(harm)
	t.base, t.mean = origin, true
	t.told = func(rate float64) float64 {
		if m.want == Higher {
			return m.high - rate*(m.high-m.low)
		}
		return m.low + rate*(m.high-m.low)
	}
	still := make([]float64, len(parts))
	stable, candidate := slices.Concat(parts, still), slices.Concat(still, parts)
	t.spread = func(rate float64) spread {
		if rate == origin {
			return spread{levels, parts, parts}
		}
		way := (rate - origin) / max(1-origin, guessFloor)
		s := spread{slices.Clone(levels), stable, candidate}
		for _, x := range levels {
			s.scores = append(s.scores, max(0, min(x+way*(1-x), 1)))
		}
		return s
	}
}

// grouped takes sorted numbers together in a few groups: their means, and the parts of
// the numbers that they are.
func grouped(sorted []float64) (means, parts []float64) {
	n, total := min(planLevels, len(sorted)), float64(len(sorted))
	for i := range n {
		group := sorted[i*len(sorted)/n : (i+1)*len(sorted)/n]
		means, parts = append(means, average(group)), append(parts, float64(len(group))/total)
	}
	return means, parts
}

func average(list []float64) (mean float64) {
	for _, x := range list {
		mean += x / float64(len(list))
	}
	return mean
}

// foresee asks how often the candidate differs; stable does as often from itself.
func (noiseMeter) foresee(t *target, w *watch, base known) {
	noise := base.Rate
	t.words, t.base = "differs from stable", noise
	t.most = min(1, noise+w.tolerance)
	t.judged = func(rate float64) judged { return judged{part: base.rerun, rate: (1 + rate - noise) / 2} }
	t.spread = func(rate float64) spread {
		only, rerun := rate*(1-noise), noise*(1-rate)
		return spread{scores: disagreementScores, stable: []float64{0, 1, 0}, candidate: []float64{rerun, 1 - only - rerun, only}}
	}
}

// foresee asks on which side the differences lie; ties are as many as the base says
// are missing.
func (b *signBook) foresee(_ *watch, base known) []target {
	words := b.signal + " is worse than stable's"
	if len(b.sides) > 1 {
		words = b.signal + " is on one side of stable's"
	}
	return []target{{
		words: words, base: 0.5, weight: 1 / float64(len(b.sides)),
		bets:   []prospect{{rate: true, prior: 0.5, weight: priorWeight}},
		judged: func(rate float64) judged { return judged{part: 1 - base.ties, rate: rate} },
	}}
}

// foresee asks about the tail and about the median. All cuts on the same side
// help to find either.
func (b *thresholdBook) foresee(*watch, known) []target {
	total, coarse := 0, 0
	for i := range b.sides {
		e := b.event(b.sides[i], b.first+1)
		total += e.bets()
		e.coarse = true
		coarse += e.bets()
	}
	var bets []prospect
	for _, u := range b.levels {
		bets = append(bets, prospect{cuts: true, level: u, prior: 1 - u, weight: priorWeight})
	}
	weight := float64(len(bets)*len(oddsRatios)) / float64(total)
	within := inSlice{weight: float64(len(bets)*len(sliceRatios)) / float64(coarse)}
	about := func(u float64) target {
		words := fmt.Sprintf("above stable's p%.3g", 100*u)
		if b.twoSided {
			words += fmt.Sprintf(", or below p%.3g", 100*(1-u))
		}
		return target{words: words, base: 1 - u, bets: bets, weight: weight, within: within, needs: b.atLeast}
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

// foresee asks about the rarest label, one that is new, and the most frequent one; of
// failures first about a new way, then about the usual one.
func (b *labelBook) foresee(_ *watch, base known) []target {
	labels := slices.SortedFunc(slices.Values(base.Labels), func(x, y float64) int { return cmp.Compare(y, x) })
	novel := b.novel(base)
	if b.oneSided {
		return []target{novel, b.usual("failed in the usual way", base, labels[0]*base.Rate, len(labels))}
	}
	all := []target{b.usual("the rarest label", base, labels[len(labels)-1], len(labels)), novel}
	if len(labels) > 1 {
		all = append(all, b.usual("the most frequent label", base, labels[0], len(labels)))
	}
	return all
}

// sides is on how many sides each label is bet on.
func (b *labelBook) sides() float64 {
	if b.oneSided {
		return 1
	}
	return 2
}

// usual is the target of one of so many labels.
func (b *labelBook) usual(words string, base known, rate float64, labels int) target {
	bets := b.betsWithin()
	return target{
		words: words, base: rate, assumed: base.assumedLabels || b.rate && base.assumedRate,
		bets: []prospect{b.prospect(labels)}, weight: b.baseWeight / (b.sides() * float64(labels)),
		needs: b.baseFrom, patient: b.baseFrom > b.novelFrom,
		within: inSlice{weight: bets / b.allWithin(labels)},
	}
}

// prospect is a bet on one of so many labels.
func (b *labelBook) prospect(labels int) prospect {
	if b.rate {
		return prospect{rate: true, prior: ratePrior, weight: priorWeight}
	}
	return prospect{prior: 1 / float64(labels), weight: float64(labels) / 2}
}

// betsWithin is how many bets are placed within slices on one side of a label,
// novelWithin on all that stable has not given, and allWithin on everything.
func (b *labelBook) betsWithin() float64 { return float64((&event{rate: b.rate, coarse: true}).bets()) }

func (b *labelBook) allWithin(labels int) float64 {
	return float64(min(labels, sliceLabels))*b.sides()*b.betsWithin() + novelWithin
}

var novelWithin = float64((&event{rate: true, coarse: true}).bets())

// novel is the target of a label that stable never gives. Once it was seen, there
// are also bets on it as on any other.
func (b *labelBook) novel(base known) target {
	labels, of := len(base.Labels), 1.0
	if b.rate {
		of = base.Rate
	}
	usual := make([]float64, labels)
	for i, part := range base.Labels {
		usual[i] = part * of
	}
	t := target{
		words: "a label not given by stable", weight: b.novelWeight, needs: b.novelFrom,
		bets:   []prospect{{rate: true, prior: ratePrior, weight: priorWeight}},
		within: inSlice{weight: novelWithin / b.allWithin(labels), needs: b.baseFrom},
	}
	if b.oneSided {
		t.words = "failed in a new way"
	}
	found := t
	t.usual = usual
	found.weight, found.sighted = b.foundWeight*foundPart(1)/b.sides(), afterSeen
	found.bets = []prospect{b.prospect(labels)}
	t.also = &found
	return t
}
