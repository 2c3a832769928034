package main

import (
	"math"
	"slices"
)

// A summary is how a contestant did in the trials of a row.
type summary struct {
	trials int
	early  int   // rolled back before there was anything to find
	delays []int // sorted candidate calls of those that found it
}

// newSummary collects one contestant's outcomes.
func newSummary(outcomes [][]outcome, contestant int) *summary {
	s := &summary{trials: len(outcomes)}
	for _, trial := range outcomes {
		switch o := trial[contestant]; {
		case o.early:
			s.early++
		case o.fired:
			s.delays = append(s.delays, o.calls)
		}
	}
	slices.Sort(s.delays)
	return s
}

// rolledBack is the number of trials that ended so, early or not.
func (s *summary) rolledBack() int { return s.early + len(s.delays) }

// rate is the fraction of trials that were rolled back.
func (s *summary) rate() float64 { return float64(s.rolledBack()) / float64(s.trials) }

// delay is a quantile of the candidate calls, over the trials that were not over
// before the candidate was bad. A trial that never found it counts as endless.
func (s *summary) delay(q float64) float64 {
	if k := int(q * float64(s.trials-s.early)); k < len(s.delays) {
		return float64(s.delays[k])
	}
	return math.Inf(1)
}

// mean is the mean of the candidate calls; endless if a trial was.
func (s *summary) mean() float64 {
	if len(s.delays) == 0 || len(s.delays) < s.trials-s.early {
		return math.Inf(1)
	}
	sum := 0.0
	for _, d := range s.delays {
		sum += float64(d)
	}
	return sum / float64(len(s.delays))
}

// wilsonLower is the lower end of the 95 % interval of a rate of k in n.
func wilsonLower(k, n int) float64 {
	const z = 1.959963984540054
	p, size := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*size)
	spread := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return (centre - spread) / (1 + z*z/size)
}
