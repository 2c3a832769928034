package main

import (
	"fmt"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

const slicedBase = 0.01

// equalSlices are the false rollbacks with slices.
func equalSlices(s scale) section {
	sec := section{title: "Equal slices: false rollbacks in %", number: barEqual, kind: "slices", contestants: slicedRules()}
	for _, share := range []float64{0.05, 0.5} {
		for _, n := range []int{20, 100} {
			r := s.dear(fmt.Sprintf("%d values", n), share, worlds.Broken{Slices: n, Bad: n, Base: slicedBase})
			r.seeds = 0
			sec.rows = append(sec.rows, r)
		}
	}
	return sec
}

// brokenSlices are the delays, in calls of the one slice that the candidate is dead
// in. The first fifty-six values have cells of their own.
func brokenSlices(s scale) section {
	sec := section{
		title:  "Dead for one value: candidate calls with that value until rollback",
		number: barSlices, kind: "slices", contestants: slicedRules(),
	}
	add := func(name string, values, bad int, share float64, bars ...bar) {
		r := s.changed(name, share, worlds.Broken{Slices: values, Bad: bad, Base: slicedBase}, 70_000, bars...)
		r.counts = func(q *worlds.Request) bool { return int(q.Label) == bad }
		r.bound = 0 // it is on all calls
		if len(bars) == 0 {
			r.trials = s.signals
		}
		sec.rows = append(sec.rows, r)
	}
	add("one of 20", 20, 10, 0.05, median(5))
	add("one of 20", 20, 10, 0.5, median(12))
	add("one of 100", 100, 30, 0.05)
	add("one of 100", 100, 30, 0.5)
	add("one of 100, in a shared cell", 100, 80, 0.05)
	add("one of 100, in a shared cell", 100, 80, 0.5)
	return sec
}
