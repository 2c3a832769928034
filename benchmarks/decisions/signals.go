package main

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// seeded is how many of stable's requests are known before exposure.
const seeded = 2000

// signal plays a candidate whose answers differ. A row with bars is played as often
// as those of rates are: a median of a few dozen trials is off by a tenth, more than
// some bars are away.
func (s scale) signal(name string, share float64, w worlds.World, requests int, bars ...bar) row {
	trials := s.signals
	if len(bars) > 0 {
		trials = s.delays
	}
	return row{
		name: name, share: share, world: w, seeds: seeded, trials: trials, requests: requests, bars: bars,
	}.bounded()
}

// alikeSignal plays equal arms of such signals, on a shorter horizon when quick.
func (s scale) alikeSignal(name string, share float64, w worlds.World) row {
	r := s.alike(name, share, w)
	r.seeds = seeded
	if r.requests == quick.requests {
		r.requests /= 5
	}
	return r
}

// The latencies of the worlds in ms. Flagger's limit is 1.2 times their p99.
var (
	lognormal = worlds.Lognormal{Median: 10, Sigma: 0.8}
	pareto    = worlds.Pareto{Scale: 10, Tail: 2.2}

	lognormalP90, lognormalP99 = 10 * math.Exp(0.8*1.2815515655446004), 10 * math.Exp(0.8*2.3263478740408408)
	paretoP90, paretoP99       = pareto.Quantile(0.9), pareto.Quantile(0.99)
)

const limitFactor = 1.2

func equalLatency(s scale) section {
	sec := section{title: "Equal latencies: false rollbacks in %", number: barEqual, kind: "latency", contestants: latencyRules()}
	add := func(name string, share float64, law worlds.Law, p99 float64) {
		r := s.alikeSignal(name, share, worlds.Values{Stable: law, Candidate: law})
		r.limit = limitFactor * p99
		sec.rows = append(sec.rows, r)
	}
	add("lognormal", 0.05, lognormal, lognormalP99)
	add("lognormal", 0.5, lognormal, lognormalP99)
	add("Pareto", 0.01, pareto, paretoP99)
	add("Pareto", 0.2, pareto, paretoP99)
	return sec
}

func changedLatency(s scale) section {
	sec := section{title: "Slower: candidate calls until rollback", number: barSignals, kind: "latency", contestants: latencyRules()}
	add := func(name string, share float64, stable, candidate worlds.Law, p99 float64, requests int, bars ...bar) {
		r := s.signal(name, share, worlds.Values{Stable: stable, Candidate: candidate}, requests, bars...)
		r.limit = limitFactor * p99
		sec.rows = append(sec.rows, r)
	}
	times := func(name string, factor, share float64, requests int, bars ...bar) {
		add(name, share, lognormal, worlds.Scaled{Law: lognormal, Factor: factor}, lognormalP99, requests, bars...)
	}
	times("all x10", 10, 0.05, 70_000, median(6))
	times("all x10", 10, 0.5, 70_000, median(12))
	times("all x1.5", 1.5, 0.05, 70_000, median(80))
	times("all x1.5", 1.5, 0.5, 70_000)
	times("all x1.1", 1.1, 0.05, 150_000, median(1400))
	times("all x1.1", 1.1, 0.5, 70_000)
	tail := worlds.Tail{Law: lognormal, From: lognormalP90, Factor: 1.5}
	add("above p90 x1.5", 0.05, lognormal, tail, lognormalP99, 100_000)
	tail.Factor = 2
	add("above p90 x2", 0.05, lognormal, tail, lognormalP99, 70_000, median(170))
	add("above p90 x2", 0.5, lognormal, tail, lognormalP99, 70_000)
	add("Pareto, above p90 x2", 0.05, pareto, worlds.Tail{Law: pareto, From: paretoP90, Factor: 2}, paretoP99, 100_000)
	add("Pareto, all x1.1", 0.05, pareto, worlds.Scaled{Law: pareto, Factor: 1.1}, paretoP99, 300_000)
	return sec
}

// score is where scores lie, in [0, 1] but for one in thirty thousand.
var score = worlds.Normal{Mean: 0.5, SD: 0.12}

func equalScores(s scale) section {
	w := worlds.Values{Stable: score, Candidate: score}
	return section{
		title: "Equal scores: false rollbacks in %", number: barEqual, kind: "scores", contestants: scoreRules(),
		rows: []row{s.alikeSignal("normal", 0.05, w), s.alikeSignal("normal", 0.2, w)},
	}
}

func changedScores(s scale) section {
	sec := section{title: "Other scores: candidate calls until rollback", number: barSignals, kind: "scores", contestants: scoreRules()}
	add := func(name string, share float64, candidate worlds.Law, requests int, bars ...bar) {
		sec.rows = append(sec.rows, s.signal(name, share, worlds.Values{Stable: score, Candidate: candidate}, requests, bars...))
	}
	shifted := func(deviations float64) worlds.Law {
		return worlds.Normal{Mean: score.Mean + deviations*score.SD, SD: score.SD}
	}
	add("shift 0.1 SD", 0.05, shifted(0.1), 300_000)
	add("shift 0.3 SD", 0.05, shifted(0.3), 70_000, median(240))
	add("shift 1 SD", 0.05, shifted(1), 20_000)
	add("shift 1 SD", 0.5, shifted(1), 20_000)
	add("spread x1.5", 0.05, worlds.Normal{Mean: score.Mean, SD: 1.5 * score.SD}, 70_000)
	return sec
}

// value is what a request earns.
func value(factor float64) worlds.Law {
	return worlds.Clipped{Law: worlds.Scaled{Law: lognormal, Factor: factor}, Max: mostValue}
}

func equalValues(s scale) section {
	w := worlds.Values{Stable: value(1), Candidate: value(1)}
	return section{
		title: "Equal values of a request: false rollbacks in %", number: barEqual, kind: "values", contestants: valueRules(),
		rows: []row{s.alikeSignal("clipped lognormal", 0.05, w), s.alikeSignal("clipped lognormal", 0.5, w)},
	}
}

func changedValues(s scale) section {
	sec := section{title: "Less value of a request: candidate calls until rollback", number: barSignals, kind: "values", contestants: valueRules()}
	for _, c := range []struct {
		name   string
		factor float64
	}{{"-20%", 0.8}, {"-10%", 0.9}} {
		for _, share := range []float64{0.05, 0.5} {
			sec.rows = append(sec.rows, s.signal(c.name, share, worlds.Values{Stable: value(1), Candidate: value(c.factor)}, 150_000))
		}
	}
	return sec
}

func equalLabels(s scale) section {
	ten, fifty := worlds.Zipf(10), worlds.Zipf(50)
	return section{
		title: "Equal labels: false rollbacks in %", number: barEqual, kind: "labels", contestants: labelRules(),
		rows: []row{
			s.alikeSignal("10 labels", 0.05, worlds.Labels{Stable: ten, Candidate: ten}),
			s.dear("50 labels", 0.2, worlds.Labels{Stable: fifty, Candidate: fifty}),
		},
	}
}

func changedLabels(s scale) section {
	sec := section{title: "Other labels: candidate calls until rollback", number: barSignals, kind: "labels", contestants: labelRules()}
	ten, fifty := worlds.Zipf(10), worlds.Zipf(50)
	add := func(name string, stable, candidate []float64, requests int, bars ...bar) {
		sec.rows = append(sec.rows, s.signal(name, 0.05, worlds.Labels{Stable: stable, Candidate: candidate}, requests, bars...))
	}
	add("10 labels, 10% of the top one move", ten, worlds.Moved(ten, 0, 3, 0.1), 150_000)
	add("50 labels, 10% of the top one move", fifty, worlds.Moved(fifty, 0, 3, 0.1), 250_000)
	add("10 labels, one disappears", ten, worlds.Without(ten, 4), 70_000)
	add("10 labels, a new one at 1%", ten, worlds.Novel(ten, 0.01), 150_000, median(520))
	return sec
}
