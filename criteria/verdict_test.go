package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVerdictOfARate(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Latency{Role: Observe}}})
	j.BeginStep(half)
	j.Fold(bulk(j, [2]uint64{99, 1}, [2]uint64{93, 7}), 0)
	v := j.Verdicts()[0]
	require.Equal(t, ErrorRate{}, v.Criterion)
	require.Equal(t, NoEvidence, v.Result)
	require.Equal(t, "failed: 7 % of candidate, 1 % of stable calls", v.Finding)
	require.Equal(t, newEstimate(tallied{1, 100}, DefaultAlpha), v.Stable)
	require.Equal(t, newEstimate(tallied{7, 100}, DefaultAlpha), v.Candidate)
	require.Equal(t, RatioInterval(7, 8, 0.5, DefaultAlpha), v.Ratio)
	require.Equal(t, "its evidence is below the limit", v.Reason)
	require.Equal(t, DefaultTolerance, v.Tolerance)
}

// Counts of different shares are added for the rates, but never for the ratio.
func TestVerdictOverSteps(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep([NumStrata]float64{0.1})
	j.Fold(bulk(j, [2]uint64{900, 9}, [2]uint64{100, 3}), 0)
	j.BeginStep([NumStrata]float64{0.2})
	v := j.Verdicts()[0]
	require.Equal(t, uint64(103), v.Candidate.Calls)
	require.Equal(t, Interval{0, math.Inf(1)}, v.Ratio, "the step has no calls yet")
	j.Fold(bulk(j, [2]uint64{80, 4}, [2]uint64{20, 2}), 0)
	v = j.Verdicts()[0]
	require.Equal(t, uint64(125), v.Candidate.Calls)
	require.Equal(t, RatioInterval(2, 6, 0.2, DefaultAlpha), v.Ratio)
}

func TestVerdictOfLatencyNamesTheLoudestEvent(t *testing.T) {
	j, _ := latencyJudge(t, Latency{Tolerance: 0.5})
	e := j.NewEvidence()
	for i := range 400 {
		d := time.Duration(1+i%100) * time.Millisecond
		e.Observe(Fresh, &Observation{Latency: d})
		if i%10 == 0 {
			d *= 20
		}
		e.Observe(Fresh, &Observation{Arm: Candidate, Latency: d})
	}
	j.Fold(e, 0)
	v := j.Verdicts()[0]
	require.Regexp(t, `^slower than (9\d\.\d|1\d\d) ms: [\d.]+ % of candidate, [\d.]+ % of stable calls$`, v.Finding)
	require.Greater(t, v.Candidate.Rate, v.Stable.Rate)
	require.Equal(t, uint64(400), v.Stable.Calls, "what people read is measured, not moved by the tolerance")
}

func TestVerdictReasons(t *testing.T) {
	j := mustJudge(t, everyKind())
	for _, v := range j.Verdicts()[:4] {
		require.Equal(t, "nothing counts now: no share is between 0 and 1", v.Reason)
	}
	require.Equal(t, "no call of the candidate counted yet", j.Verdicts()[4].Reason)
	j.BeginStep(half)
	e := j.NewEvidence()
	for range 10 {
		o := Observation{Numbers: []float64{0.5}, Labels: []uint16{1}}
		e.Observe(Fresh, &o)
		o.Arm = Candidate
		e.Observe(Fresh, &o)
	}
	j.Fold(e, 0)
	for _, v := range j.Verdicts()[1:4] {
		require.Equal(t, "no bets before 64 values are known", v.Reason, v.Name)
		require.Equal(t, uint64(10), v.Candidate.Calls, "calls are reported before there are bets")
		require.Empty(t, v.Finding)
	}
}

func TestVerdictString(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Backstop{}}})
	j.BeginStep(half)
	j.Fold(bulk(j, [2]uint64{100, 0}, [2]uint64{80, 20}), 0)
	require.Equal(t, "error_rate: fail, evidence 11.36 of 4.71 (guardrail, weight 0.9); "+
		"failed: 20 % of candidate, 0 % of stable calls; "+
		"candidate 20 % [8 %, 37.4 %] of 100, stable 0 % [0 %, 7.21 %] of 100; "+
		"tolerance 10 %; its evidence reached the limit", j.Verdicts()[0].String())
	require.Equal(t, "backstop: no evidence, evidence 0.00 of 6.91 (guardrail, weight 0.1); "+
		"failed where stable answered: 0 % of candidate calls; "+
		"candidate no calls, stable no calls; tolerance 20 %; "+
		"no call of the candidate counted yet", j.Verdicts()[1].String())
}

func TestPercent(t *testing.T) {
	for x, want := range map[float64]string{0: "0 %", 0.00012: "0.012 %", 0.1234: "12.3 %", 1: "100 %", 100: "10000 %"} {
		require.Equal(t, want, percent(x))
	}
}
