package criteria

import (
	"fmt"
	"math"
)

// verdict explains the criterion as it stands.
func (w *watch) verdict(s *session, names *names, alpha float64) Verdict {
	if w.failed != nil {
		return *w.failed
	}
	what := w.finding(s)
	v := w.unexplained(alpha)
	v.Stable, v.Candidate = newEstimate(what.stable, alpha), newEstimate(what.candidate, alpha)
	v.LogE, v.Finding = w.logE, what.words()
	v.Quantiles = w.quantiles(s)
	if what.slice != nil {
		v.Slice = names.slice(what.slice.dimension, what.slice.cell)
	} else if what.event != nil {
		v.Ratio = w.ratio(what.event, s, alpha)
	}
	v.Reason = w.reason(s, &v)
	if w.muted {
		v.LogE, v.Reason = 0, "no client has reported anything that no server has"
	}
	if why := s.doubt(); why != "" && w.role == Guardrail && v.LogE >= v.Limit {
		v.Reason = "its evidence is at the limit and only holds: " + why
	}
	return v
}

// unexplained is what is the same in all verdicts of the criterion.
func (w *watch) unexplained(alpha float64) Verdict {
	return Verdict{
		Criterion: w.criterion, Name: w.criterion.Name(), Role: w.role,
		Tolerance: w.tolerance, Weight: w.share,
		Ratio: Interval{0, math.Inf(1)},
		Limit: math.Log(1/alpha) - w.logShare,
	}
}

// fail freezes the verdict.
func (w *watch) fail(explain func(*watch) Verdict, reason string) {
	v := explain(w)
	v.Result, v.Reason = Fail, reason
	w.failed = &v
}

// A finding is the event that speaks loudest, as people are shown it.
type finding struct {
	what              string
	of                string // what is counted
	amount            func(rate float64) string
	alone             bool // about the candidate only
	event             *event
	slice             *slice // nil: in all traffic
	stable, candidate tallied
}

// tallied is an event of so many calls that had a value.
type tallied struct{ events, calls float64 }

func (t tallied) rate() float64 {
	if t.calls == 0 {
		return 0
	}
	return t.events / t.calls
}

func (f *finding) words() string {
	switch {
	case f.what == "":
		return ""
	case f.alone:
		return fmt.Sprintf("%s: %s of %s", f.what, f.amount(f.candidate.rate()), f.of)
	}
	return fmt.Sprintf("%s: %s of candidate, %s of stable %s", f.what, f.amount(f.candidate.rate()), f.amount(f.stable.rate()), f.of)
}

// finding looks for the loudest event, in all traffic or in the slice that weighs
// more than all traffic.
func (w *watch) finding(s *session) finding {
	if sl := w.slices.leader(); sl != nil && math.Log(sliceShare)+sl.weight+sl.logE > math.Log(1-sliceShare)+w.global && sl.logE > 0 {
		if f := w.sliceFinding(sl); f.what != "" {
			return f
		}
	}
	e := w.book.leader()
	f := w.blank()
	f.event = e
	if e == nil {
		e = &event{}
	} else {
		e, f.what = w.shown(w.newcomer(e, s))
		f.event = e
	}
	f.stable, f.candidate = w.estimate(e, s, Stable), w.estimate(e, s, Candidate)
	return f
}

// newcomer looks into the event of all labels that stable has not given: if half of
// the candidate's calls that showed it gave the same label, that is the event.
func (w *watch) newcomer(e *event, s *session) *event {
	if e.at != novelLabel {
		return e
	}
	most, all := event{}, 0.0
	best := 0.0
	for _, spans := range e.candidate {
		for id := spans.from; id < spans.to; id++ {
			one := event{stable: []span{{id, id + 1}}, at: id}
			n := w.estimate(&one, s, Candidate).events
			if all += n; n > best {
				most, best = one, n
			}
		}
	}
	if best == 0 || 2*best < all {
		return e
	}
	return &most
}

// shown is the event that people are shown for another: itself or its complement.
func (w *watch) shown(e *event) (*event, string) {
	what, complement := w.book.words(e)
	if complement {
		e = w.complement(e)
	}
	return e, what
}

// complement is what people are shown of an event whose rate reads better so.
func (w *watch) complement(e *event) *event {
	if _, is := w.meter.(feedbackMeter); is {
		fine := []span{{fineSilent, fineHeard + 1}}
		return &event{stable: fine, candidate: fine}
	}
	return e.complement()
}

// blank is a finding without an event.
func (w *watch) blank() finding {
	f := finding{of: w.group.noun() + "s", alone: w.book.null().m == 0, amount: percent}
	if f.alone && w.group != pairsGroup {
		f.of = "candidate " + f.of
	}
	if m, ok := w.book.(measure); ok {
		f.amount = m.amount
	}
	return f
}

// A measure is a book with other units than percent of calls.
type measure interface{ amount(rate float64) string }

// sliceFinding is the loudest event within a slice.
func (w *watch) sliceFinding(sl *slice) finding {
	i, _ := sl.leader()
	if i < 0 {
		return finding{slice: sl}
	}
	what, complement := w.book.words(&sl.events[i])
	n := sl.seen(i)
	if complement {
		n = shown{n.c0, n.c1, n.s0, n.s1}
	}
	f := w.blank()
	f.what, f.slice = what, sl
	f.stable, f.candidate = tallied{n.s1, n.s1 + n.s0}, tallied{n.c1, n.c1 + n.c0}
	return f
}

// reason says why there is no evidence yet.
func (w *watch) reason(s *session, v *Verdict) string {
	switch {
	case s.shares == [NumStrata]float64{}:
		return "nothing counts now: no share is between 0 and 1"
	case v.Candidate.Calls == 0 && w.group == pairsGroup:
		return "no pair counted yet"
	case v.Candidate.Calls == 0:
		return "no " + w.group.noun() + " of the candidate counted yet"
	case w.book.starved():
		return fmt.Sprintf("no bets before %d values are known", valuesForBets)
	}
	return "its evidence is below the limit"
}

// estimate counts an event in one arm over the epoch.
func (w *watch) estimate(e *event, s *session, arm Arm) (t tallied) {
	for i := range s.closed.strata {
		for _, c := range []*counts{&s.closed, &s.round} {
			t = t.plus(w.count(e, c.row(i, int(arm))))
		}
	}
	return t
}

func (t tallied) plus(o tallied) tallied { return tallied{t.events + o.events, t.calls + o.calls} }

// ratio is from one stratum of one step, the larger one, because counts of
// different shares must not be added.
func (w *watch) ratio(e *event, s *session, alpha float64) Interval {
	best, most := Interval{0, math.Inf(1)}, uint64(0)
	for i, share := range s.shares {
		if share == 0 {
			continue
		}
		if n := s.step.stratum(i) + s.round.stratum(i); n > most {
			candidate, stable := w.inStep(e, s, i, Candidate), w.inStep(e, s, i, Stable)
			best, most = RatioInterval(candidate, candidate+stable, share, alpha), n
		}
	}
	return best
}

// inStep counts an event in one arm and stratum of the current step.
func (w *watch) inStep(e *event, s *session, stratum int, arm Arm) uint64 {
	t := w.count(e, s.step.row(stratum, int(arm))).plus(w.count(e, s.round.row(stratum, int(arm))))
	return uint64(t.events)
}

// count counts an event for people: with stable's cells in both arms, and
// without the calls that had no value.
func (w *watch) count(e *event, row []uint64) (t tallied) {
	row = row[w.offset : w.offset+w.meter.cells()]
	for j, n := range row {
		t.calls += float64(n)
		if e.scores != nil {
			t.events += float64(n) * e.scores[j]
		}
	}
	for _, s := range e.stable {
		for _, n := range row[s.from:s.to] {
			t.events += float64(n)
		}
	}
	return t
}
