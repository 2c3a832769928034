package main

import "github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"

// failing is a service that fails 1% of its calls, in so many ways.
func failing(ways int, fresh float64) worlds.Failures {
	return worlds.Failures{Usual: worlds.Zipf(ways), Rate: 0.01, New: fresh}
}

// equalFailures are the false rollbacks for ways to fail.
func equalFailures(s scale) section {
	return section{
		title: "Equal failures: false rollbacks in %", number: barEqual, kind: "failures", contestants: failureRules(),
		rows: []row{s.dear("3 ways", 0.05, failing(3, 0)), s.dear("3 ways", 0.5, failing(3, 0)), s.dear("30 ways", 0.2, failing(30, 0))},
	}
}

// changedFailures are the delays for a way to fail that stable does not know.
func changedFailures(s scale) section {
	sec := section{title: "A new failure: candidate calls until rollback", number: barSignals, kind: "failures", contestants: failureRules()}
	add := func(name string, share float64, ways int, fresh float64, requests int, bars ...bar) {
		sec.rows = append(sec.rows, s.signal(name, share, failing(ways, fresh), requests, bars...))
	}
	add("at 1%, besides 3 ways", 0.05, 3, 0.01, 100_000, median(300))
	add("at 1%, besides 3 ways", 0.5, 3, 0.01, 70_000)
	add("at 1%, besides 10 ways", 0.05, 10, 0.01, 100_000)
	add("at 5%, besides 3 ways", 0.05, 3, 0.05, 70_000)
	return sec
}
