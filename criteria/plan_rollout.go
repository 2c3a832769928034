package criteria

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

const (
	assumedSoak     = 10 * time.Minute
	assumedSentinel = 0.05

	maxTraffic = 1e9 // requests a second
)

// A Rollout is what a [Plan] has to know of the traffic and of the ramp: plain
// data, read once by [NewPlan].
type Rollout struct {
	// Steps of the ramp in their order; at least one.
	Steps []Step
	// RequestsPerSecond is the traffic that takes part, both arms together,
	// in (0, 1e9].
	RequestsPerSecond float64
	// Units is how many distinct users, tenants or sessions the traffic comes
	// from, taken to be equally busy, when the assignment sticks to them: then
	// only the first request of a unit with a fresh coin counts. Zero: each
	// request has its own coin.
	Units float64
	// Sentinel is the probability with which a request of a unit in the
	// candidate's band goes to stable, in (0, 1); read with [Config.Sentinel]
	// alone. Zero means 0.05.
	Sentinel float64
	// PairsPerSecond is how many inputs both models see, for the criteria on pairs, in
	// [0, 1e9]; RerunFraction is the part of them on which stable runs again, in
	// [0, 1]. Zero feeds them nothing, and their rows say so.
	PairsPerSecond float64
	RerunFraction  float64
	// Base is what stable does, by [Criterion.Name]. What is not in it is assumed,
	// and marked so.
	Base map[string]Base
	// Slices are the parts of the traffic, and of its pairs, in the cells of a dimension:
	// Slices["country"]["is"] = 0.05. Dimensions are those of [Config.Slices];
	// each part is in (0, 1], those of a dimension add up to at most 1. Only what
	// is listed has rows.
	Slices map[string]map[string]float64
}

// A Step is a part of the ramp with a constant share.
type Step struct {
	// Share is P(candidate), in (0, 1): at 1 there is no control.
	Share float64 `json:"share"`
	// Soak is how long the step lasts; zero means 10 minutes.
	Soak time.Duration `json:"soak_ns"`
}

// A Base is what stable does, as far as one criterion counts it. A zero field is
// an assumption; to say "never", give a tiny number such as 1e-9.
type Base struct {
	// Rate is how often stable shows what is counted, in [0, 1). Zero means
	// 0.01, for an absolute limit at most half of it, and for a [Rate] that is
	// better higher 0.1. Criteria on failures take that of "error_rate" instead,
	// [SessionErrorRate] what follows from it for a session. Criteria that cut at
	// stable's own quantiles do not ask for it. For a [Backstop] it is how often a
	// candidate like stable would be rescued, for [FailureModes] how often a call
	// fails at all, for [Disagreement] how often stable differs from itself.
	Rate float64
	// Labels is how often stable gives each of its labels, at most [MaxLabels] of
	// them, adding up to at most 1; for [FailureModes] the parts of its failures.
	// None means five, from 0.4 down to 0.05.
	Labels []float64
	// Values are some numbers as stable gives them, for [Mean]; the more of them the
	// better, all finite. None means that they lie evenly in the range.
	Values []float64
	// Missing is the fraction of calls of either arm that have no value for the
	// signal, in [0, 1): they failed or were cancelled, or the signal was not there.
	// They are scored in the candidate's favour, and in a proof against it. Zero
	// means the rate of "error_rate"; criteria that count how calls end have none.
	// For [Difference] it is the fraction of ties; zero means none.
	Missing float64
}

func (s Step) soak() time.Duration {
	if s.Soak == 0 {
		return assumedSoak
	}
	return s.Soak
}

// check reports everything that is wrong with a rollout.
func (r *Rollout) check(c *Config, watches []*watch, p *problems) {
	p.field = "rollout"
	if x := r.RequestsPerSecond; !(x > 0 && x <= maxTraffic) {
		p.add("%v requests a second are outside (0, %v]: without traffic nothing is found", x, maxTraffic)
	}
	if !(r.Units >= 0) || math.IsInf(r.Units, 1) {
		p.add("units %v is not a finite number >= 0", r.Units)
	}
	if !(r.Sentinel >= 0 && r.Sentinel < 1) {
		p.add("sentinel %v is outside [0, 1)", r.Sentinel)
	}
	if x := r.PairsPerSecond; !(x >= 0 && x <= maxTraffic) {
		p.add("%v pairs a second are outside [0, %v]", x, maxTraffic)
	}
	if x := r.RerunFraction; !(x >= 0 && x <= 1) {
		p.add("rerun fraction %v is outside [0, 1]", x)
	}
	for _, w := range watches {
		if w.group == windowsGroup && r.Units == 0 {
			p.add("%s is about sessions: say how many units there are", w.criterion.Name())
		}
	}
	if len(r.Steps) == 0 {
		p.add("no steps")
	}
	for i, s := range r.Steps {
		if !(s.Share > 0 && s.Share < 1) {
			p.add("step %d: share %v is outside (0, 1): without one of the arms there is nothing to compare", i+1, s.Share)
		}
		if s.Soak < 0 {
			p.add("step %d: soak %v is negative", i+1, s.Soak)
		}
	}
	r.checkBase(watches, p)
	r.checkSlices(c, p)
}

func (r *Rollout) checkBase(watches []*watch, p *problems) {
	for _, name := range slices.Sorted(maps.Keys(r.Base)) {
		p.field = "rollout base " + name
		if !slices.ContainsFunc(watches, func(w *watch) bool { return w.criterion.Name() == name }) {
			p.add("there is no such criterion")
		}
		b := r.Base[name]
		if !(b.Rate >= 0 && b.Rate < 1) {
			p.add("rate %v is outside [0, 1)", b.Rate)
		}
		if !(b.Missing >= 0 && b.Missing < 1) {
			p.add("missing %v is outside [0, 1)", b.Missing)
		}
		for i, v := range b.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				p.add("value %d is %v, which is not finite", i, v)
			}
		}
		p.checkParts("label", b.Labels)
		if len(b.Labels) > MaxLabels {
			p.add("%d labels, at most %d are told apart", len(b.Labels), MaxLabels)
		}
	}
}

func (r *Rollout) checkSlices(c *Config, p *problems) {
	for _, dimension := range slices.Sorted(maps.Keys(r.Slices)) {
		p.field = "rollout slices " + dimension
		if !slices.Contains(c.Slices, dimension) {
			p.add("there is no such dimension, declared are %q", c.Slices)
		}
		var parts []float64
		for _, cell := range slices.Sorted(maps.Keys(r.Slices[dimension])) {
			part := r.Slices[dimension][cell]
			if !(part > 0 && part <= 1) {
				p.add("%q has %v of the traffic, outside (0, 1]: nothing can be found in it", cell, part)
				continue
			}
			parts = append(parts, part)
		}
		p.checkParts("slice", parts)
	}
}

// checkParts reports parts of a whole that are none.
func (p *problems) checkParts(what string, parts []float64) {
	sum := 0.0
	for i, x := range parts {
		if !(x > 0 && x <= 1) {
			p.add("%s %d: part %v is outside (0, 1]", what, i, x)
		}
		sum += x
	}
	if sum > 1+1e-9 {
		p.add("the %ss add up to %.4g, above 1", what, sum)
	}
}

// A section is a part of the traffic that has rows: a cell of a dimension.
type section struct {
	name   string
	part   float64 // of the traffic
	weight float64 // of the weight that a criterion has on slices
}

// sections lists the slices, the largest first: that is the order in which cells
// are numbered when they appear in the traffic.
func (r *Rollout) sections(c *Config) (all []section) {
	for _, dimension := range c.Slices {
		cells := slices.SortedFunc(maps.Keys(r.Slices[dimension]), func(a, b string) int {
			x, y := r.Slices[dimension][a], r.Slices[dimension][b]
			return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b))
		})
		for j, cell := range cells {
			all = append(all, section{
				name:   fmt.Sprintf("%s=%q", dimension, cell),
				part:   r.Slices[dimension][cell],
				weight: sliceWeight(uint8(min(j, SliceCells-1))) / float64(len(c.Slices)),
			})
		}
	}
	return all
}

// length is the time the whole ramp takes.
func (r *Rollout) length() (sum time.Duration) {
	for _, s := range r.Steps {
		sum += s.soak()
	}
	return sum
}
