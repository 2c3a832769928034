package main

import (
	"fmt"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// A scale is how much is played. A rule of level alpha would exceed the numbers of
// false rollbacks it allows in less than one of a thousand runs.
type scale struct {
	trials    int // of equal arms
	most      int // of them that may be rolled back
	requests  int // in each of them
	ramps     int // trials with a ramp, and of equal arms that take long to play
	mostRamps int // of them that may be rolled back
	delays    int // trials of a bad rate
	signals   int // trials of a bad latency, score or label, without bars
	slow      int // trials of what takes a hundred thousand requests
	scenes    int // trials of a rule of evidence
	proofs    int // trials of a promotion
}

var (
	quick = scale{
		trials: 400, most: 12, requests: 50_000, ramps: 400, mostRamps: 12, delays: 300, signals: 60, slow: 60, scenes: 200, proofs: 100,
	}
	nightly = scale{
		trials: 2000, most: 35, requests: 200_000, ramps: 500, mostRamps: 13, delays: 1000, signals: 300, slow: 300, scenes: 1000, proofs: 400,
	}
)

// The bars by number, as in the summary; some of them are held by tests.
const (
	barEqual     = 1 + iota // equal arms are kept
	barRates                // worse rates are found
	barSignals              // other answers are found
	barLate                 // late changes are found
	barSlices               // a broken slice is found
	barCoins                // sticky users, slow candidates
	barRouting              // the routing check comes first
	barPromotion            // promotion
	barMerge                // merging
	barRules                // the other rules of evidence
	barExtremes             // extremes
	barBound                // near the information bound
	barRace                 // the race
)

// suite is all that is measured.
func suite(s scale) []section {
	return []section{
		equalRates(s), changedRates(s), lateRates(s), equalConversion(s), changedConversion(s), equalSlices(s), brokenSlices(s),
		equalFailures(s), changedFailures(s),
		equalLatency(s), changedLatency(s),
		equalScores(s), changedScores(s),
		equalValues(s), changedValues(s),
		equalLabels(s), changedLabels(s),
		atTheMargin(s), promotions(s), rulesOfEvidence(s),
	}
}

// alike plays equal arms: each of our rules has to keep its alpha.
func (s scale) alike(name string, share float64, w worlds.World) row {
	return row{
		name: name, share: share, world: w, equal: true, trials: s.trials, requests: s.requests,
		bars: keepsAlpha(s.most, s.trials),
	}
}

// dear is alike for what takes long to play.
func (s scale) dear(name string, share float64, w worlds.World) row {
	r := s.alikeSignal(name, share, w)
	r.trials, r.requests, r.bars = s.ramps, min(r.requests, nightly.requests/2), keepsAlpha(s.mostRamps, s.ramps)
	return r
}

func constant(stable, candidate float64) worlds.Rates {
	return worlds.Rates{Stable: worlds.Constant(stable), Candidate: worlds.Constant(candidate)}
}

func common(c worlds.Course) worlds.Rates { return worlds.Rates{Stable: c, Candidate: c} }

// equalRates are the false rollbacks for failed calls.
func equalRates(s scale) section {
	sec := section{title: "Equal error rates: false rollbacks in %", number: barEqual, kind: "rates", contestants: errorRules(true)}
	for _, base := range []float64{0.001, 0.01, 0.05} {
		for _, share := range []float64{0.01, 0.05, 0.2, 0.5} {
			sec.rows = append(sec.rows, s.alike("base "+percent(base), share, constant(base, base)))
		}
	}
	for _, share := range []float64{0.05, 0.5} {
		sec.rows = append(sec.rows, s.alike("outages 0.2% to 30%", share, common(worlds.Bursts(0.002, 0.3, 1000))))
	}
	sec.rows = append(sec.rows, s.alike("drift 0.5% to 3%", 0.2, common(worlds.Drift(0.005, 0.03, s.requests))))
	ramp := s.alike("1-5-20-50%, drift 0.5% to 3%", 0.5, common(worlds.Drift(0.005, 0.03, s.requests)))
	ramp.ramp, ramp.shares, ramp.trials = true, worlds.Ramp(s.requests, 0.01, 0.05, 0.2, 0.5), s.ramps
	ramp.bars = keepsAlpha(s.mostRamps, s.ramps)
	sec.rows = append(sec.rows, ramp)
	for _, share := range []float64{0.05, 0.5} {
		edge := s.alike("worse by the tolerance, 5% to 5.5%", share, constant(0.05, 0.055))
		edge.enters = only(oursTolerant)
		sec.rows = append(sec.rows, edge)
	}
	return sec
}

// changed plays a candidate that is bad from the start.
func (s scale) changed(name string, share float64, w worlds.World, requests int, bars ...bar) row {
	return row{name: name, share: share, world: w, trials: s.delays, requests: requests, bars: bars}.bounded()
}

// changedRates are the delays for failed calls. The horizon leaves every rule but
// the hopeless ones enough time.
func changedRates(s scale) section {
	sec := section{title: "Worse error rates: candidate calls until rollback", number: barRates, kind: "rates", contestants: errorRules(false)}
	add := func(stable, candidate, share float64, requests int, bars ...bar) {
		name := fmt.Sprintf("%s -> %s", percent(stable), percent(candidate))
		sec.rows = append(sec.rows, s.changed(name, share, constant(stable, candidate), requests, bars...))
	}
	add(0.01, 1, 0.01, 70_000, p90(9))
	add(0.01, 1, 0.05, 70_000, median(3), p90(9))
	add(0.01, 1, 0.2, 70_000, p90(9))
	add(0.01, 1, 0.5, 70_000, p90(9))
	add(0, 0.02, 0.05, 70_000, median(150))
	add(0, 0.02, 0.5, 70_000)
	add(0.01, 0.05, 0.01, 200_000, nearBound())
	add(0.01, 0.05, 0.05, 70_000, median(190), p90(430), nearBound())
	add(0.01, 0.05, 0.2, 70_000, nearBound())
	add(0.01, 0.05, 0.5, 70_000, median(450), p90(850), nearBound())
	add(0.001, 0.01, 0.05, 150_000, median(600))
	add(0.001, 0.01, 0.5, 70_000)
	add(0.01, 0.02, 0.05, 200_000, median(2000))
	add(0.01, 0.02, 0.5, 70_000)
	return sec
}

// lateRates are the delays after a long healthy time.
func lateRates(s scale) section {
	const healthy = 100_000
	sec := section{
		title:  "1% -> 5% after 100,000 healthy requests: candidate calls from then on",
		number: barLate, kind: "rates", contestants: lateRules(),
	}
	w := worlds.Rates{Stable: worlds.Constant(0.01), Candidate: worlds.Late(0.01, 0.05, healthy)}
	for _, c := range []struct{ share, most float64 }{{0.05, 450}, {0.5, 1250}} {
		sec.rows = append(sec.rows, row{
			name: "late", share: c.share, world: w, seeds: seeded, start: healthy, trials: s.slow, requests: 2 * healthy,
			bars: []bar{median(c.most), soonerThan(oursOnce)},
		}.bounded())
	}
	return sec
}

// equalConversion are the false rollbacks for who does not convert.
func equalConversion(s scale) section {
	sec := section{title: "Equal conversion: false rollbacks in %", number: barEqual, kind: "conversion", contestants: conversionRules()}
	for _, share := range []float64{0.05, 0.5} {
		sec.rows = append(sec.rows, s.alike("10% convert", share, constant(0.9, 0.9)))
	}
	edge := s.alike("worse by the tolerance, 10% to 9.5%", 0.5, constant(0.9, 0.905))
	edge.enters = only(oursShortfall)
	sec.rows = append(sec.rows, edge)
	return sec
}

// changedConversion are the delays for who converts less, or completes less.
func changedConversion(s scale) section {
	sec := section{title: "Less conversion: candidate calls until rollback", number: barRates, kind: "conversion", contestants: conversionRules()}
	for _, c := range []struct {
		name             string
		share, from, to  float64
		requests, trials int
	}{
		{"10% -> 9% convert", 0.2, 0.9, 0.91, 400_000, s.slow},
		{"10% -> 9% convert", 0.5, 0.9, 0.91, 400_000, s.slow},
		{"90% -> 80% complete", 0.05, 0.1, 0.2, 70_000, s.delays},
		{"90% -> 80% complete", 0.5, 0.1, 0.2, 70_000, s.delays},
	} {
		r := s.changed(c.name, c.share, constant(c.from, c.to), c.requests)
		r.trials, r.seeds = c.trials, seeded
		sec.rows = append(sec.rows, r)
	}
	return sec
}
