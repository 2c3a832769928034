package criteria

import (
	"fmt"
	"math"
	"strings"
)

// A Result is what the evidence says about one criterion so far.
type Result uint8

const (
	// NoEvidence is the zero value: nothing is proven, which is never a pass.
	NoEvidence Result = iota
	// Pass is a proof of not being worse, within the margin of the criterion, in
	// this step; see [Judge.Promotion]. It turns back to NoEvidence when the next
	// step begins or when calls speak against it, and never comes after Fail.
	Pass
	// Fail is a refuted criterion. It never turns back.
	Fail
)

// String returns "no evidence", "pass" or "fail".
func (r Result) String() string {
	switch r {
	case NoEvidence:
		return "no evidence"
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	}
	return "result(?)"
}

// A Ruling is what the evidence demands after a [Judge.Fold]. It is plain data.
type Ruling struct {
	// RollBack says that the guardrails are breached. Once true it stays true.
	RollBack bool
	// Hold says that criteria with role Hold are breached. It stays, too.
	Hold bool
	// LogE is the evidence of the guardrails, in nats: the largest of the groups'
	// weighted sums, see [Judge]. It starts at 0 or less; 0 without any.
	LogE float64
	// HoldLogE is the same for the criteria with role Hold.
	HoldLogE float64
	// Limit is ln(1/alpha): what LogE has to reach.
	Limit float64
	// Culprit names the criterion that weighed most when RollBack became true.
	Culprit string
	// HoldCulprit is the same for Hold.
	HoldCulprit string
	// Carves is how many slices were given to stable; see [Judge.Carves].
	Carves int
}

// An Estimate is how often an event was seen in one arm over the whole epoch.
type Estimate struct {
	// Events of Calls, the calls that had a value.
	Events, Calls uint64
	// Rate is Events/Calls in [0, 1], 0 without calls.
	Rate float64
	// Interval is the time-uniform interval of the rate at level 1 - alpha; see
	// [RateInterval] for what it assumes.
	Interval Interval
}

func newEstimate(t tallied, alpha float64) Estimate {
	events, calls := uint64(math.Round(t.events)), uint64(t.calls)
	return Estimate{Events: events, Calls: calls, Rate: t.rate(), Interval: RateInterval(events, calls, alpha)}
}

// String returns "5.2 % [2.1 %, 9.9 %] of 310".
func (e Estimate) String() string {
	if e.Calls == 0 {
		return "no calls"
	}
	return fmt.Sprintf("%s [%s, %s] of %d",
		percent(e.Rate), percent(e.Interval.Lower), percent(e.Interval.Upper), e.Calls)
}

// A Verdict is what one criterion has to say, for people. The intervals are for
// reading: the decision rests on LogE alone.
type Verdict struct {
	// Criterion is the declared one; Name is its name.
	Criterion Criterion
	Name      string
	Role      Role
	// Result is what is proven at the moment, by two separate tests: Fail against the
	// candidate, Pass in its favour. A failed verdict is the one of the moment the
	// criterion failed and no longer changes. A criterion that does not gate promotion
	// never passes.
	Result Result
	// Finding is the event that speaks loudest against the candidate, with how
	// often each arm showed it; empty as long as nothing can be bet on. A label
	// that is given too seldom is shown by how often it is given.
	Finding string
	// Slice names the slice in which it does, as in `country="is"`, when that is
	// more convincing than all traffic; empty otherwise. Stable and Candidate are
	// then of the slice alone.
	Slice string
	// Stable and Candidate are the estimates of that event. For a [Mean] the rate is
	// the mean, as the part of the range that it is above Min, and the events are what
	// the calls add up to; for a [Disagreement] it is (1 + d)/2, d being the part of the
	// pairs by which the candidate differs more than stable from itself.
	Stable, Candidate Estimate
	// Ratio is the interval of the candidate's rate over stable's at level
	// 1 - alpha, from the larger stratum of the current step; [0, +Inf] without
	// data. See [RatioInterval].
	Ratio Interval
	// Quantiles of a latency or a number, for reading; nil for other criteria and
	// while an arm has no value.
	Quantiles []Quantile
	// Tolerance is the relative excess allowed, 0 for [Strict]. For a criterion
	// without stable it is the rate allowed: the limit of a [Backstop] or an
	// [ErrorObjective], what the quantile of a [LatencyObjective] leaves; and that of
	// a [Disagreement].
	Tolerance float64
	// Weight is the criterion's fraction of the budget of its role.
	Weight float64
	// LogE is its evidence against the candidate in nats, 0 at the start; Limit is what LogE must
	// reach for the criterion to fail on its own, ln(1/(alpha Weight)).
	LogE, Limit float64
	// Reason says in words why the result is what it is.
	Reason string
}

// String returns one readable line.
func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, evidence %.2f of %.2f (%s, weight %.3g)", v.Name, v.Result, v.LogE, v.Limit, v.Role, v.Weight)
	if v.Finding != "" {
		fmt.Fprintf(&b, "; %s", v.Finding)
	}
	if v.Slice != "" {
		fmt.Fprintf(&b, " in %s", v.Slice)
	}
	fmt.Fprintf(&b, "; candidate %v, stable %v; tolerance %s", v.Candidate, v.Stable, percent(v.Tolerance))
	if v.Reason != "" {
		fmt.Fprintf(&b, "; %s", v.Reason)
	}
	return b.String()
}

// percent writes a fraction with three digits, or all before the point.
func percent(x float64) string {
	if x >= 1 {
		return fmt.Sprintf("%.0f %%", 100*x)
	}
	return fmt.Sprintf("%.3g %%", 100*x)
}
