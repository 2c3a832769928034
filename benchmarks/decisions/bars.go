package main

import (
	"fmt"
	"math"
)

// A bar is what a contestant has to reach in a row.
type bar struct {
	number int    // in the summary; 0: the section's
	who    string // everyOurs: each of ours that takes part
	text   string // the bar itself, as in "median 190"
	value  func(t *table, r *result, s *summary) float64
	limit  float64
	least  bool                   // the limit is a least value, not a most
	print  func(v float64) string // a value, as in "151"
	shared bool                   // the summary shows the worst row of a section
}

// everyOurs stands for each of our own contestants.
const everyOurs = ""

func (b *bar) met(v float64) bool {
	if b.least {
		return v >= b.limit
	}
	return v <= b.limit
}

// keepsAlpha asks of all our rules that at most so many trials are rolled back.
func keepsAlpha(most, trials int) []bar {
	return []bar{{
		text:  fmt.Sprintf("<= %d of %d", most, trials),
		value: func(_ *table, _ *result, s *summary) float64 { return float64(s.rolledBack()) },
		limit: float64(most), print: func(v float64) string { return fmt.Sprintf("%g of %d", v, trials) }, shared: true,
	}}
}

// keepsRate asks that at most this fraction of the trials ends so, and three standard
// deviations more.
func keepsRate(who string, rate float64, trials int) bar {
	b := keepsAlpha(within(rate, trials), trials)[0]
	b.who, b.shared = who, false
	return b
}

// within is a fraction of the trials, and three standard deviations more.
func within(rate float64, trials int) int {
	n := float64(trials)
	return int(rate*n + 3*math.Sqrt(n*rate*(1-rate)))
}

// breaksRate asks that more than this fraction of the trials ends so.
func breaksRate(who string, rate float64, trials int) bar {
	b := keepsRate(who, rate, trials)
	b.limit, b.least = math.Floor(rate*float64(trials))+1, true
	b.text = fmt.Sprintf(">= %g of %d", b.limit, trials)
	return b
}

// found asks that at least this fraction of the trials ends so.
func found(fraction float64) bar {
	return bar{
		who: ours, text: ">= " + percent(fraction), limit: fraction, least: true, print: roundPercent,
		value: func(_ *table, _ *result, s *summary) float64 { return s.rate() },
	}
}

// median asks for a median of candidate calls.
func median(most float64) bar { return delayBar("median", 0.5, most) }

// p90 asks for a 90th percentile of candidate calls.
func p90(most float64) bar { return delayBar("p90", 0.9, most) }

func delayBar(name string, quantile, most float64) bar {
	return bar{
		who: ours, text: name + " " + count(most), limit: most, print: count,
		value: func(_ *table, _ *result, s *summary) float64 { return s.delay(quantile) },
	}
}

// mostTimesBound is how far above the information bound the mean may be.
const mostTimesBound = 1.6

// nearBound asks for a mean near the information bound.
func nearBound() bar {
	return bar{
		number: barBound, who: ours, text: fmt.Sprintf("mean %g x bound", mostTimesBound), limit: mostTimesBound, print: times,
		value: func(_ *table, r *result, s *summary) float64 { return s.mean() / r.bound },
	}
}

// mostOfOther is how much of another contestant's median ours may be.
const mostOfOther = 0.6

// soonerThan asks for a median of at most that fraction of another contestant's.
func soonerThan(other string) bar {
	return bar{
		who: ours, text: fmt.Sprintf("median %s of %s", percent(mostOfOther), other), limit: mostOfOther, print: roundPercent,
		value: func(t *table, r *result, s *summary) float64 {
			o := r.summaries[t.place(other)]
			if o == nil {
				return math.Inf(1)
			}
			return s.delay(0.5) / o.delay(0.5)
		},
	}
}

// A claim is a bar and what became of it.
type claim struct {
	bar
	who   string
	value float64
	met   bool
}

// claims are the bars of a row with what was measured. A bar of somebody who did not
// take part is not met.
func (t *table) claims(r *result) (claims []claim) {
	for _, b := range r.bars {
		for i, c := range t.contestants {
			if c.name != b.who && (b.who != everyOurs || !c.mine || !r.takes(c)) {
				continue
			}
			v := math.Inf(1)
			if b.least {
				v = math.Inf(-1)
			}
			if s := r.summaries[i]; s != nil {
				v = b.value(t, r, s)
			}
			if b.number == 0 {
				b.number = t.number
			}
			claims = append(claims, claim{bar: b, who: c.name, value: v, met: b.met(v)})
		}
	}
	return claims
}
