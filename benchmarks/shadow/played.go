package main

import (
	"slices"
	"time"
)

// played is a block and what came of it.
type played struct {
	block
	outcome

	arrivals  []time.Duration
	Overslept time.Duration // by how much the generator was late at most when it had slept
	Machine   shares
}

// warm is the part of a block at its beginning that is not counted.
const warm = 0.1

// latencies are those of the requests after the warm-up, sorted.
func (p *played) latencies() []time.Duration {
	first, _ := slices.BinarySearch(p.arrivals, time.Duration(warm*float64(p.Length)))
	return slices.Sorted(slices.Values(p.Took[first:]))
}

// quantiles of the latencies.
func (p *played) quantiles(qs ...float64) (values []time.Duration) {
	sorted := p.latencies()
	for _, q := range qs {
		values = append(values, quantile(sorted, q))
	}
	return values
}

// quantile of sorted values, the least that at least the fraction q of them does not exceed; 0 of none.
func quantile[T any](sorted []T, q float64) (v T) {
	if len(sorted) == 0 {
		return v
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// throughput is how many requests a second were answered while they came, after the warm-up.
func (p *played) throughput() float64 {
	from, answered := time.Duration(warm*float64(p.Length)), 0
	for i, took := range p.Took {
		if end := p.arrivals[i] + took; end >= from && end < p.Length {
			answered++
		}
	}
	return float64(answered) / (p.Length - from).Seconds()
}

// ran is the fraction of the requests with a shadow, of those for which one was asked by the rate; 1 if none was.
func (p *played) ran() float64 {
	if p.Shadow == 0 || !hasShadows(p.Mode) || len(p.Took) == 0 {
		return 1
	}
	return min(1, float64(p.Tally.Done)/(p.Shadow*float64(len(p.Took))))
}
