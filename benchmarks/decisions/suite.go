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
	ramps     int // trials with a ramp
	mostRamps int // of them that may be rolled back
	delays    int // trials of a bad rate
	signals   int // trials of a bad latency, score or label, without bars
	slow      int // trials of what takes a hundred thousand requests
}

var (
	quick   = scale{trials: 400, most: 12, requests: 50_000, ramps: 400, mostRamps: 12, delays: 300, signals: 60, slow: 60}
	nightly = scale{trials: 2000, most: 35, requests: 200_000, ramps: 500, mostRamps: 13, delays: 1000, signals: 300, slow: 300}
)

// suite is all that is measured.
func suite(s scale) []section {
	return []section{
		equalRates(s), changedRates(s), lateRates(s), slicedRates(s),
		equalLatency(s), changedLatency(s),
		equalScores(s), changedScores(s),
		equalValues(s), changedValues(s),
		equalLabels(s), changedLabels(s),
	}
}

// alike plays equal arms: each of our rules has to keep its alpha.
func (s scale) alike(name string, share float64, w worlds.World) row {
	return row{
		name: name, share: share, world: w, equal: true, trials: s.trials, requests: s.requests,
		bars: keepsAlpha(s.most, s.trials),
	}
}

func constant(stable, candidate float64) worlds.Rates {
	return worlds.Rates{Stable: worlds.Constant(stable), Candidate: worlds.Constant(candidate)}
}

func common(c worlds.Course) worlds.Rates { return worlds.Rates{Stable: c, Candidate: c} }

// equalRates are the false rollbacks for failed calls.
func equalRates(s scale) section {
	sec := section{title: "Equal error rates: false rollbacks in %", kind: "rates", contestants: rateRules(true)}
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
		edge.enters, edge.bars = only(oursTolerant), edge.bars[1:]
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
	sec := section{title: "Worse error rates: candidate calls until rollback", kind: "rates", contestants: rateRules(false)}
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
	for _, share := range []float64{0.2, 0.5} {
		r := s.changed("not converted, 90% -> 91%", share, constant(0.9, 0.91), 400_000)
		r.trials, r.seeds, r.enters = s.slow, seeded, except("Flagger", "Argo")
		sec.rows = append(sec.rows, r)
	}
	return sec
}

// lateRates are the delays after a long healthy time.
func lateRates(s scale) section {
	const healthy = 100_000
	sec := section{title: "1% -> 5% after 100,000 healthy requests: candidate calls from then on", kind: "rates", contestants: rateRules(false)}
	w := worlds.Rates{Stable: worlds.Constant(0.01), Candidate: worlds.Late(0.01, 0.05, healthy)}
	for _, c := range []struct{ share, most float64 }{{0.05, 450}, {0.5, 1250}} {
		sec.rows = append(sec.rows, row{
			name: "late", share: c.share, world: w, start: healthy, trials: s.slow, requests: 2 * healthy,
			bars: []bar{median(c.most)},
		}.bounded())
	}
	return sec
}

// slicedRates are the delays when one of twenty slices is dead and nobody slices.
func slicedRates(s scale) section {
	sec := section{title: "One slice of twenty dead, judged as a whole: candidate calls until rollback", kind: "rates", contestants: rateRules(false)}
	for _, share := range []float64{0.05, 0.5} {
		sec.rows = append(sec.rows, s.changed("5% of traffic", share, worlds.Broken{Slices: 20, Base: 0.01}, 70_000))
	}
	return sec
}
