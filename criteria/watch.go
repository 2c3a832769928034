package criteria

import "math"

// A watch is a criterion at work.
type watch struct {
	criterion Criterion
	plan
	share     float64 // of the budget of its role
	logShare  float64
	everyCall bool // counts every call of the candidate, whatever its coin

	offset int // of its columns
	sums   sums
	logE   float64
	failed *Verdict // from the moment it failed

	before past // scratch of past
}

func newWatch(c Criterion, p plan) *watch {
	_, everyCall := c.(Backstop)
	cells := p.meter.cells()
	return &watch{
		criterion: c, plan: p, everyCall: everyCall, sums: newSums(cells),
		before: past{stable: make([]float64, cells+1), candidate: make([]float64, cells+1)},
	}
}

// repeats reports whether two criteria could not be told apart in a ruling.
func (w *watch) repeats(o *watch) bool {
	return w.role == o.role && w.criterion.Name() == o.criterion.Name()
}

// setShare gives the criterion its fraction of the budget.
func (w *watch) setShare(x float64) { w.share, w.logShare = x, math.Log(x) }

// weighed is the evidence as it counts in a sum.
func (w *watch) weighed() float64 { return w.logShare + w.logE }

// read takes over the criterion's columns of the open round.
func (w *watch) read(round *counts) { w.sums.read(round, w.offset) }

// past collects the criterion's columns of closed rounds and the seed. It is
// overwritten by the next call.
func (w *watch) past(s *session) *past {
	p := &w.before
	copy(p.stable, s.seed[w.offset:])
	clear(p.candidate)
	for i := range NumStrata {
		stable, candidate := s.closed.row(i, int(Stable))[w.offset:], s.closed.row(i, int(Candidate))[w.offset:]
		for j := range p.stable {
			p.stable[j] += float64(stable[j])
			p.candidate[j] += float64(candidate[j])
		}
	}
	return p
}
