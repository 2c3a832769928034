package main

import "fmt"

// A bar is what one contestant, ours, has to reach in a row.
type bar struct {
	who  string
	text string
	met  func(r *row, s *summary) bool
}

// keepsAlpha asks of both our rules that at most so many trials are rolled back.
func keepsAlpha(most, trials int) []bar {
	text := fmt.Sprintf("<= %d of %d", most, trials)
	met := func(_ *row, s *summary) bool { return s.rolledBack() <= most }
	return []bar{{ours, text, met}, {oursTolerant, text, met}}
}

// median asks for a median of candidate calls.
func median(most float64) bar {
	return bar{ours, "median " + count(most), func(_ *row, s *summary) bool { return s.delay(0.5) <= most }}
}

// p90 asks for a 90th percentile of candidate calls.
func p90(most float64) bar {
	return bar{ours, "p90 " + count(most), func(_ *row, s *summary) bool { return s.delay(0.9) <= most }}
}

// mostTimesBound is how far above the information bound the mean may be.
const mostTimesBound = 1.6

// nearBound asks for a mean near the information bound.
func nearBound() bar {
	return bar{ours, fmt.Sprintf("mean %g x bound", mostTimesBound), func(r *row, s *summary) bool {
		return s.mean() <= mostTimesBound*r.bound
	}}
}
