package criteria

import (
	"fmt"
	"math"
)

// verdict explains the criterion as it stands.
func (w *watch) verdict(s *session, alpha float64) Verdict {
	if w.failed != nil {
		return *w.failed
	}
	e, words := w.book.leader(&w.sums)
	if e == nil {
		e = &event{}
	}
	v := Verdict{
		Criterion: w.criterion, Name: w.criterion.Name(), Role: w.role,
		Tolerance: w.tolerance, Weight: w.share,
		Stable:    w.estimate(e, s, Stable, alpha),
		Candidate: w.estimate(e, s, Candidate, alpha),
		Ratio:     w.ratio(e, s, alpha),
		LogE:      w.logE, Limit: math.Log(1/alpha) - w.logShare,
	}
	v.Finding = w.finding(words, &v)
	v.Reason = w.reason(s, &v)
	return v
}

// fail freezes the verdict.
func (w *watch) fail(s *session, alpha float64, reason string) {
	v := w.verdict(s, alpha)
	v.Result, v.Reason = Fail, reason
	w.failed = &v
}

// finding words what the loudest event shows.
func (w *watch) finding(words string, v *Verdict) string {
	switch {
	case words == "":
		return ""
	case w.everyCall:
		return fmt.Sprintf("%s: %s of candidate calls", words, percent(v.Candidate.Rate))
	}
	return fmt.Sprintf("%s: %s of candidate, %s of stable calls", words, percent(v.Candidate.Rate), percent(v.Stable.Rate))
}

// reason says why there is no evidence yet.
func (w *watch) reason(s *session, v *Verdict) string {
	switch {
	case s.shares == [NumStrata]float64{}:
		return "nothing counts now: no share is between 0 and 1"
	case v.Candidate.Calls == 0:
		return "no call of the candidate counted yet"
	case w.book.starved():
		return fmt.Sprintf("no bets before %d values are known", valuesForBets)
	}
	return "its evidence is below the limit"
}

// estimate counts an event in one arm over the epoch.
func (w *watch) estimate(e *event, s *session, arm Arm, alpha float64) Estimate {
	var events, calls uint64
	for i := range NumStrata {
		for _, c := range []*counts{&s.closed, &s.round} {
			shown, all := w.shown(e, c.row(i, int(arm)))
			events, calls = events+shown, calls+all
		}
	}
	return newEstimate(events, calls, alpha)
}

// ratio is from one stratum of one step, the larger one, because counts of
// different shares must not be added.
func (w *watch) ratio(e *event, s *session, alpha float64) Interval {
	best, most := Interval{0, math.Inf(1)}, uint64(0)
	for i, share := range s.shares {
		if n := s.step.stratum(i) + s.round.stratum(i); n > most {
			candidate, stable := w.inStep(e, s, i, Candidate), w.inStep(e, s, i, Stable)
			best, most = RatioInterval(candidate, candidate+stable, share, alpha), n
		}
	}
	return best
}

// inStep counts an event in one arm and stratum of the current step.
func (w *watch) inStep(e *event, s *session, stratum int, arm Arm) uint64 {
	closed, _ := w.shown(e, s.step.row(stratum, int(arm)))
	open, _ := w.shown(e, s.round.row(stratum, int(arm)))
	return closed + open
}

// shown counts an event for people: with stable's cells in both arms, and
// without the calls that had no value.
func (w *watch) shown(e *event, row []uint64) (events, calls uint64) {
	row = row[w.offset : w.offset+w.meter.cells()]
	for _, n := range row {
		calls += n
	}
	for _, s := range e.stable {
		for _, n := range row[s.from:s.to] {
			events += n
		}
	}
	return events, calls
}
