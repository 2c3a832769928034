package main

import (
	"fmt"
	"slices"
	"time"
)

// place of a mode among those that were played; -1: it was not.
func (r *result) place(mode string) int {
	return slices.IndexFunc(r.Rounds[0], func(p *played) bool { return p.Mode == mode })
}

// over the repetitions, something of a mode's blocks, sorted.
func (r *result) over(mode string, value func(*played) float64) (values []float64) {
	place := r.place(mode)
	for _, round := range r.Rounds {
		values = append(values, value(round[place]))
	}
	slices.Sort(values)
	return values
}

// ratios of a mode's p99 to the unshadowed one of the same repetition, sorted.
func (r *result) ratios(mode string) (ratios []float64) {
	place, base := r.place(mode), r.place(modeNone)
	for _, round := range r.Rounds {
		ratios = append(ratios, p99(round[place])/p99(round[base]))
	}
	slices.Sort(ratios)
	return ratios
}

// p99 of the latency, in seconds.
func p99(p *played) float64 { return p.quantiles(0.99)[0].Seconds() }

// median of sorted values; 0 of none.
func median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// claim is a bar and what became of it.
type claim struct {
	Text  string
	Value string
	Met   bool
}

// claims of a setting.
func (r *result) claims() (claims []claim) {
	at := fmt.Sprintf("at %.0f %% load with %.0f %% shadow", 100*r.Load, 100*r.Shadow)
	if r.MostRatio > 0 && r.place(modeOurs) >= 0 {
		v := median(r.ratios(modeOurs))
		claims = append(claims, claim{fmt.Sprintf("p99 of callers %s at most %g x", at, r.MostRatio), fmt.Sprintf("%.2f x", v), v <= r.MostRatio})
	}
	if r.LeastDone > 0 && r.place(modeOurs) >= 0 {
		v := median(r.over(modeOurs, func(p *played) float64 { return p.ran() }))
		claims = append(claims, claim{fmt.Sprintf("shadows that ran %s at least %.0f %%", at, 100*r.LeastDone), fmt.Sprintf("%.0f %%", 100*v), v >= r.LeastDone})
	}
	if r.LeastNaive > 0 && r.place(modeNaive) >= 0 {
		v := median(r.ratios(modeNaive))
		claims = append(claims, claim{fmt.Sprintf("the naive way is seen to harm %s: at least %g x", at, r.LeastNaive), fmt.Sprintf("%.2f x", v), v >= r.LeastNaive})
	}
	return claims
}

// overNominal is how many calls of that length the machine's processors could serve in a second if nothing else took any time.
func overNominal(d time.Duration) float64 { return float64(processors) / d.Seconds() }
