package criteria

import (
	"fmt"
	"math"
)

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

// verdict explains the criterion as it stands.
func (w *watch) verdict(s *session, alpha float64) Verdict {
	if w.failed != nil {
		return *w.failed
	}
	v := Verdict{
		Criterion: w.criterion, Name: w.criterion.Name(), Role: w.role,
		Tolerance: w.tolerance, Weight: w.share,
		LogE: w.logE, Limit: math.Log(1/alpha) - w.logShare,
		Ratio: Interval{0, math.Inf(1)},
	}
	total := w.totals(&s.closed, &s.round)
	e, words := w.book.leader(&w.sums)
	if e == nil {
		e = &event{}
	}
	v.Stable, v.Candidate = total.estimate(e, Stable, alpha), total.estimate(e, Candidate, alpha)
	if words != "" {
		v.Finding = finding(words, &v, w.everyCall)
		v.Ratio = w.ratio(e, s, alpha)
	}
	v.Reason = w.reason(s, &v)
	return v
}

// fail freezes the verdict.
func (w *watch) fail(s *session, alpha float64, reason string) {
	v := w.verdict(s, alpha)
	v.Result, v.Reason = Fail, reason
	w.failed = &v
}

// reason says why there is no evidence yet.
func (w *watch) reason(s *session, v *Verdict) string {
	switch {
	case v.Candidate.Calls == 0:
		return "no call of the candidate counted yet"
	case w.book.starved():
		return fmt.Sprintf("no bets before %d values are known", valuesForBets)
	case s.shares == [NumStrata]float64{}:
		return "nothing counts in this step: it has no share between 0 and 1"
	}
	return "the evidence is below its limit"
}

// totals adds up counts of the criterion over their strata, in stratum 0.
func (w *watch) totals(parts ...*counts) *sums {
	all := newCounts(len(w.before.stable))
	for _, part := range parts {
		for s := range NumStrata {
			for a := range numArms {
				all.seen[a] += part.seen[s*numArms+a]
				into := all.row(0, a)
				for j := range into {
					into[j] += part.row(s, a)[w.offset+j]
				}
			}
		}
	}
	t := newSums(all.width - 1)
	t.read(&all, 0)
	return &t
}

// estimate counts an event in one arm for people: stable's cells for both arms,
// and calls without a value left out.
func (t *sums) estimate(e *event, arm Arm, alpha float64) Estimate {
	return newEstimate(t.arms[0][arm].in(e.stable), t.arms[0][arm].values(), alpha)
}

// ratio is from one step and stratum, because counts of different shares must
// not be added: from the stratum that has more calls.
func (w *watch) ratio(e *event, s *session, alpha float64) Interval {
	best, most, share := Interval{0, math.Inf(1)}, uint64(0), s.shares
	for i := range NumStrata {
		t := newSums(len(w.before.stable) - 1)
		both := newCounts(s.round.width)
		both.add(&s.step, i)
		both.add(&s.round, i)
		t.read(&both, w.offset)
		candidate, stable := t.arms[i][Candidate].in(e.stable), t.arms[i][Stable].in(e.stable)
		if n := both.stratum(i); n > most {
			best, most = RatioInterval(candidate, candidate+stable, share[i], alpha), n
		}
	}
	return best
}

// finding words what the loudest event shows.
func finding(words string, v *Verdict, candidateOnly bool) string {
	text := fmt.Sprintf("%s: %s of candidate", words, percent(v.Candidate.Rate))
	if !candidateOnly {
		text += fmt.Sprintf(", %s of stable", percent(v.Stable.Rate))
	}
	return text + " calls"
}
