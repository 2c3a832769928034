package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
)

// headlineOf puts together what is asked of a candidate: that it differs no more than the limit beyond the noise floor, over all and in no slice, that it fails no
// more often, and what the criteria say. One that fails is enough for a Fail, all have to pass for a Pass.
func headlineOf(s *Summary, cfg Config) Headline {
	h := Headline{Limit: cfg.limit(), FailureLimit: cfg.failureLimit()}
	if s.Pairs == 0 {
		h.Title = "No pairs, so nothing is known of the candidate"
		return h
	}
	h.Reasons = []Reason{s.differing(h.Limit), s.failing(h.FailureLimit)}
	if f, ok := s.worstSlice(h.Limit); ok {
		h.Reasons = append(h.Reasons, f)
	}
	if s.Judgement != nil {
		h.Reasons = append(h.Reasons, s.Judgement.reason())
	}
	h.Result = criteria.Pass
	for _, r := range h.Reasons {
		h.Result = graver(h.Result, r.Result)
	}
	slices.SortStableFunc(h.Reasons, func(a, b Reason) int { return gravity(b.Result) - gravity(a.Result) })
	h.Title = title(h.Result)
	return h
}

func title(r criteria.Result) string {
	switch r {
	case criteria.Pass:
		return "Ready to ramp: it answers as stable does, within the limits"
	case criteria.Fail:
		return "Not ready: it is proven not to answer as stable does"
	}
	return "Not proven: these pairs do not settle it"
}

func gravity(r criteria.Result) int {
	return map[criteria.Result]int{criteria.Fail: 2, criteria.NoEvidence: 1}[r]
}

func graver(a, b criteria.Result) criteria.Result {
	if gravity(b) > gravity(a) {
		return b
	}
	return a
}

// differing judges the excess over the noise floor. The candidate cannot exceed it by more than it differs at all, so few differences are enough without a rerun.
func (s *Summary) differing(limit float64) Reason {
	e := s.Excess
	differs := 1 - s.Agreement.Lower
	allowed := percent(limit)
	if e.Of > 0 && e.Lower > limit {
		return Reason{criteria.Fail, fmt.Sprintf("It differs on %s more of the inputs than stable differs from itself, at least %s; %s is allowed.",
			percent(e.Excess), percent(e.Lower), allowed)}
	}
	if differs <= limit {
		return Reason{criteria.Pass, fmt.Sprintf("It differs on %s of the inputs, at most %s; %s beyond the noise is allowed.",
			percent(1-s.Agreement.Rate), percent(differs), allowed)}
	}
	if e.Of > 0 && e.Upper <= limit {
		return Reason{criteria.Pass, fmt.Sprintf("It differs on %s more of the inputs than stable differs from itself, at most %s; %s is allowed.",
			points(e.Excess), percent(e.Upper), allowed)}
	}
	if e.Of == 0 {
		return Reason{criteria.NoEvidence, fmt.Sprintf("It differs on %s of the inputs, and without reruns nobody knows how much of that is stable's own noise.",
			percent(1-s.Agreement.Rate))}
	}
	return Reason{criteria.NoEvidence, fmt.Sprintf("It differs on %s more of the inputs than stable differs from itself, between %s and %s by %s reruns; %s is allowed.",
		points(e.Excess), points(e.Lower), points(e.Upper), count(e.Of), allowed)}
}

func (s *Summary) failing(limit float64) Reason {
	e := s.Failing
	allowed := percent(limit)
	if e.Lower > limit {
		return Reason{criteria.Fail, fmt.Sprintf("It fails on %s more of the inputs than stable, at least %s; %s is allowed.", percent(e.Excess), percent(e.Lower), allowed)}
	}
	if e.Upper <= limit {
		return Reason{criteria.Pass, fmt.Sprintf("It failed where stable answered on %s of %s inputs, and the reverse on %s: at most %s more, %s is allowed.",
			count(e.First), count(e.Of), count(e.Second), percent(math.Max(0, e.Upper)), allowed)}
	}
	return Reason{criteria.NoEvidence, fmt.Sprintf("It failed where stable answered on %s of %s inputs, and the reverse on %s: up to %s more cannot be ruled out, %s is allowed.",
		count(e.First), count(e.Of), count(e.Second), percent(e.Upper), allowed)}
}

// worstSlice is for the slice that is proven to differ too much, if there is one.
func (s *Summary) worstSlice(limit float64) (Reason, bool) {
	if len(s.Slices) == 0 || s.SelfAgreement.Of < ownReruns || s.Slices[0].Lower <= limit || s.Slices[0].Disagreement.Of == s.Pairs {
		return Reason{}, false
	}
	worst := s.Slices[0]
	text := fmt.Sprintf("In the slice %s = %s it differs on %s more of the inputs than the noise, at least %s over %s slices looked at.",
		short(worst.Dimension), "“"+short(worst.Value)+"”", percent(worst.Excess), percent(worst.Lower), count(int64(s.SlicesSeen)))
	return Reason{criteria.Fail, text}, true
}
