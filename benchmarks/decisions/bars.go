package main

import "fmt"

// A bar is what one contestant, ours, has to reach in a row.
type bar struct {
	who  string
	text string
	met  func(r *row, s *summary) bool
}

// keepsAlpha asks that so few trials are rolled back that a rule of level alpha
// would exceed it once in a thousand runs.
func keepsAlpha(who string, trials int) bar {
	most := tooMany(trials, alpha)
	return bar{who, fmt.Sprintf("<= %d of %d", most, trials), func(_ *row, s *summary) bool {
		return s.rolledBack() <= most
	}}
}

// median asks for a median of candidate calls.
func median(most float64) bar {
	return bar{ours, "median " + count(most), func(_ *row, s *summary) bool { return s.delay(0.5) <= most }}
}

// p90 asks for a 90th percentile of candidate calls.
func p90(most float64) bar {
	return bar{ours, "p90 " + count(most), func(_ *row, s *summary) bool { return s.delay(0.9) <= most }}
}

// ratio asks for a mean of at most so many times the information bound.
func ratio(most float64) bar {
	return bar{ours, fmt.Sprintf("mean %g x bound", most), func(r *row, s *summary) bool { return s.mean() <= most*r.bound }}
}
