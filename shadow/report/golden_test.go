package report_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// pair is one in which both answered alike, a second after the last.
func pair(i int) pairlog.Record {
	answer := func(version string) pairlog.Answer {
		return pairlog.Answer{
			Version: version, Outcome: "ok", Duration: time.Millisecond,
			Numbers: map[string]float64{"score": 0.5}, Labels: map[string]string{"label": "a"}, Checks: map[string]bool{"cited": true}, Output: "a",
		}
	}
	return pairlog.Record{
		Time: noon.Add(time.Duration(i) * time.Second), Canary: "c", Epoch: 1, Rate: 0.25, Slices: map[string]string{"s": "x"},
		Stable: answer("1"), Candidate: answer("2"), RerunDistance: math.NaN(),
	}
}

func failed(version string) pairlog.Answer {
	return pairlog.Answer{Version: version, Outcome: "error", Class: "boom", Duration: time.Second}
}

// Twenty pairs: 1 to 5 have a rerun, of which 1 and 2 differ on the candidate alone and 3 on the rerun alone; 6 fails on the candidate, 7 on stable, 8 on both.
func twenty() []pairlog.Record {
	var out []pairlog.Record
	for i := range 20 {
		r := pair(i)
		switch n := i + 1; {
		case n <= 5:
			again := r.Stable
			r.Rerun, r.RerunDiffers, r.RerunDistance = &again, n == 3, 0
			if r.Differs = n <= 2; r.Differs {
				r.Candidate.Labels["label"], r.Candidate.Numbers["score"], r.Distance, r.Candidate.Output = "b", 0.25, float64(n), "b"
				r.Slices["s"] = "y"
			}
		case n == 6:
			r.Candidate, r.Differs, r.Distance = failed("2"), true, math.NaN()
		case n == 7:
			r.Stable, r.Differs, r.Distance = failed("1"), true, math.NaN()
		case n == 8:
			r.Stable, r.Candidate, r.Distance = failed("1"), failed("2"), math.NaN()
		case n == 9:
			r.Candidate.Checks["cited"] = false
			r.Candidate.Numbers["score"] = 0.75
		}
		out = append(out, r)
	}
	return out
}

func TestSummaryOfTwentyPairs(t *testing.T) {
	s := read(t, report.Config{}, logOf(t, twenty()...))

	require.Equal(t, report.Trial{Canary: "c", Epoch: 1, Stable: "1", Candidate: "2", Pairs: 20, First: noon, Last: noon.Add(19 * time.Second)}, s.Trial)
	require.InDelta(t, 0.25, s.Rate, 1e-12)
	require.InDelta(t, 80, s.Requests, 1e-9)
	require.Equal(t, report.Quadrants{Both: 17, OnlyStable: 1, OnlyCandidate: 1, Neither: 1}, s.Quadrants)
	require.Equal(t, []int64{16, 20}, []int64{s.Agreement.Count, s.Agreement.Of})
	require.Equal(t, []int64{4, 5}, []int64{s.SelfAgreement.Count, s.SelfAgreement.Of})
	require.Equal(t, []int64{2, 1, 5}, []int64{s.Excess.First, s.Excess.Second, s.Excess.Of})
	require.InDelta(t, 0.2, s.Excess.Excess, 1e-12)
	require.Equal(t, []int64{1, 1, 20}, []int64{s.Failing.First, s.Failing.Second, s.Failing.Of})
	require.Equal(t, []report.Failure{{Outcome: "error", Class: "boom", Stable: 2, Candidate: 2}}, s.Failures)
	require.Equal(t, []int64{18, 18}, []int64{s.Latency.StableCalls, s.Latency.CandidateCalls})
	require.InDelta(t, 1e-3, s.Latency.Stable[6], 1e-5, "failures are not timed")

	number := s.Numbers[0]
	require.Equal(t, []int64{1, 2, 14}, []int64{number.Higher, number.Lower, number.Ties})
	require.Equal(t, []int64{18, 2, 18, 2, 17, 3}, []int64{
		number.Stable.Count, number.Stable.Missing, number.Candidate.Count, number.Candidate.Missing, number.Difference.Count, number.Difference.Missing,
	})
	require.InDelta(t, (0.25-2*0.25)/17, number.Difference.Mean, 1e-12)

	label := s.Labels[0]
	require.Equal(t, []string{"a", "b", report.NoLabel}, label.Texts)
	require.Equal(t, [][]int64{{15, 2, 1}, {0, 0, 0}, {1, 0, 0}}, label.Confusion, "the pair in which neither has a label is in no cell")
	require.Equal(t, []int64{1, 3, 19}, []int64{label.Shares[0].First, label.Shares[0].Second, label.Shares[0].Of})

	check := s.Checks[0]
	require.Equal(t, []int64{18, 18, 17, 18}, []int64{check.Stable.Count, check.Stable.Of, check.Candidate.Count, check.Candidate.Of})
	require.Equal(t, []int64{0, 1, 17}, []int64{check.Excess.First, check.Excess.Second, check.Excess.Of})

	require.Equal(t, 2, s.SlicesSeen)
	require.Equal(t, "y", s.Slices[0].Value)
	require.Equal(t, []int64{2, 2}, []int64{s.Slices[0].Disagreement.Count, s.Slices[0].Disagreement.Of})

	first := s.Examples[0]
	require.Equal(t, int64(2), first.Line, "the biggest distance")
	require.Contains(t, first.Diff, `"b"`)
	require.Contains(t, first.Why, "changed label")
	require.Equal(t, criteria.NoEvidence, s.Headline.Result)
}

func TestHeadline(t *testing.T) {
	alike := func(n, differing, reruns int) (out []pairlog.Record) {
		for i := range n {
			r := pair(i)
			r.Differs = i < differing
			if i < reruns || i >= n-reruns {
				again := r.Stable
				r.Rerun = &again
			}
			out = append(out, r)
		}
		return out
	}
	failing := alike(2000, 0, 0)
	for i := range 60 {
		failing[i].Candidate, failing[i].Differs = failed("2"), true
	}
	sliced := alike(3000, 0, 3000)
	for i := range 100 {
		sliced[i].Slices = map[string]string{"s": "bad"}
		sliced[i].Differs = i%2 == 0
	}
	for _, c := range []struct {
		name  string
		pairs []pairlog.Record
		want  criteria.Result
		says  string
	}{
		{"none", nil, criteria.NoEvidence, "No pairs"},
		{"one", alike(1, 0, 0), criteria.NoEvidence, "Not proven"},
		{"few alike", alike(200, 0, 200), criteria.NoEvidence, "Not proven"},
		{"many alike", alike(2000, 0, 0), criteria.Pass, "Ready"},
		{"noise that nobody measured", alike(2000, 300, 0), criteria.NoEvidence, "Not proven"},
		{"differs beyond the noise", alike(2000, 300, 300), criteria.Fail, "Not ready"},
		{"fails more often", failing, criteria.Fail, "Not ready"},
		{"differs in one slice", sliced, criteria.Fail, "Not ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := read(t, report.Config{}, logOf(t, c.pairs...))
			require.Equal(t, c.want, s.Headline.Result, "%+v", s.Headline)
			require.Contains(t, s.Headline.Title, c.says)
		})
	}
}

// A candidate whose every difference stable shows too, on other inputs, is not beyond the noise.
func TestNoiseOfStableIsNotHeldAgainstTheCandidate(t *testing.T) {
	var pairs []pairlog.Record
	for i := range 4000 {
		r := pair(i)
		again := r.Stable
		r.Rerun, r.Differs, r.RerunDiffers = &again, i%5 == 0, i%5 == 1
		pairs = append(pairs, r)
	}
	s := read(t, report.Config{}, logOf(t, pairs...))
	require.Equal(t, criteria.Pass, s.Headline.Result, "%+v", s.Headline)
	require.InDelta(t, 0.8, s.Agreement.Rate, 1e-9)
}

// Of a thousand slices that differ alike, those of a few pairs must not lead because one of them happens to be bad.
func TestSmallSlicesDoNotLeadByChance(t *testing.T) {
	var pairs []pairlog.Record
	for i := range 6000 {
		r := pair(i)
		r.Differs = i%20 == 0
		r.Slices = map[string]string{"tenant": "small-" + report.Count(int64(i/6)), "kind": "broad"}
		if i%7 == 0 {
			r.Slices["kind"], r.Differs = "bad", i%14 == 0
		}
		pairs = append(pairs, r)
	}
	s := read(t, report.Config{}, logOf(t, pairs...))
	require.Equal(t, 1002, s.SlicesSeen)
	require.Equal(t, "bad", s.Slices[0].Value)
	require.Equal(t, "broad", s.Slices[1].Value)
}
