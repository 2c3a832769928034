package report_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

// trial makes pairs whose candidate fails, and whose score is worse, with some probability; both arms fail with the base.
func trial(seed uint64, pairs int, base, fails, lower float64) (out []pairlog.Record) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range pairs {
		r := pair(i)
		again := r.Stable
		r.Rerun = &again
		x := rng.Float64()
		r.Stable.Numbers["score"], r.Candidate.Numbers["score"] = x, x
		if rng.Float64() < lower {
			r.Candidate.Numbers["score"] = x / 2
		}
		if rng.Float64() < base {
			r.Stable = failed("1")
		}
		if rng.Float64() < base+fails {
			r.Candidate = failed("2")
		}
		r.Differs = r.Stable.Outcome != r.Candidate.Outcome
		out = append(out, r)
	}
	return out
}

func judged(t *testing.T, pairs []pairlog.Record, list ...criteria.Criterion) *report.Judgement {
	t.Helper()
	return read(t, report.Config{Criteria: list}, logOf(t, pairs...)).Judgement
}

func TestCriteriaRollBackAWorseCandidate(t *testing.T) {
	for name, c := range map[string]struct {
		criterion criteria.Criterion
		pairs     []pairlog.Record
	}{
		"fails":    {criteria.ErrorRate{}, trial(1, 4000, 0.01, 0.1, 0)},
		"rescued":  {criteria.Backstop{Limit: 0.05}, trial(2, 4000, 0.01, 0.2, 0)},
		"lower":    {criteria.Distribution{Signal: "score"}, trial(3, 8000, 0, 0, 0.5)},
		"mean":     {criteria.Mean{Signal: "score", Want: criteria.Higher}, trial(4, 8000, 0, 0, 0.5)},
		"sign":     {criteria.Difference{Signal: "score", Want: criteria.Higher}, trial(5, 4000, 0, 0, 0.5)},
		"differs":  {criteria.Disagreement{Limit: 0.01}, trial(6, 4000, 0, 0.2, 0)},
		"new mode": {criteria.FailureModes{}, trial(7, 8000, 0, 0.1, 0)},
	} {
		j := judged(t, c.pairs, c.criterion)
		require.NotNil(t, j.RolledBack, name)
		require.Equal(t, c.criterion.Name(), j.Culprit, name)
		require.Equal(t, criteria.Fail, j.Verdicts[0].Result, name)
		require.NotEmpty(t, j.Verdicts[0].Finding, name)
		require.Equal(t, j.RolledBack.Pair, j.RolledBack.Line, "one pair a line")
		require.True(t, strings.HasSuffix(j.RolledBack.File, "pairs.jsonl"))
		require.Equal(t, pair(int(j.RolledBack.Pair)-1).Time, j.RolledBack.Time)
		require.Zero(t, j.RolledBack.Pair%25, "it is asked after every 25 pairs")
	}
}

func TestCriteriaPassAnEqualCandidate(t *testing.T) {
	s := read(t, report.Config{Criteria: []criteria.Criterion{
		criteria.ErrorRate{Margin: 0.02}, criteria.Difference{Signal: "score"}, criteria.Disagreement{},
	}}, logOf(t, trial(8, 20000, 0.01, 0, 0)...))
	require.Nil(t, s.Judgement.RolledBack)
	require.False(t, s.Judgement.Ready, "a difference that is always a tie is no evidence")
	require.Equal(t, criteria.NoEvidence, s.Judgement.Verdicts[1].Result)
	require.Equal(t, criteria.Pass, s.Judgement.Verdicts[0].Result, "%+v", s.Judgement.Verdicts[0])
	require.True(t, s.Judgement.Verdicts[0].Gate.Proven)
}

// The coin keeps the promise: of equal candidates, whose answers to the same input go together as they will, hardly any is rolled back. Taking both answers of
// each pair for observations would break it no less than it would lose power.
func TestEqualCandidatesAreNotRolledBack(t *testing.T) {
	const runs = 60
	false_ := 0
	for seed := range uint64(runs) {
		j := judged(t, trial(100+seed, 1500, 0.1, 0, 0), criteria.ErrorRate{Tolerance: criteria.Strict}, criteria.Distribution{Signal: "score", Tolerance: criteria.Strict})
		if j.RolledBack != nil {
			false_++
		}
	}
	require.LessOrEqual(t, false_, 3, "of %d at alpha 0.01", runs)
}

func TestHoldIsNoRollback(t *testing.T) {
	s := read(t, report.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Role: criteria.Hold}}}, logOf(t, trial(9, 4000, 0, 0.03, 0)...))
	require.Nil(t, s.Judgement.RolledBack)
	require.NotNil(t, s.Judgement.Held)
	require.Contains(t, textOf(t, s), "would have held the ramp at pair")
	require.NotEqual(t, criteria.Pass, s.Headline.Result)
}

func TestWhatAShadowCannotSayIsSkipped(t *testing.T) {
	s := read(t, report.Config{Criteria: []criteria.Criterion{
		criteria.Latency{}, criteria.TimeoutRate{}, criteria.CancelRate{}, criteria.SessionErrorRate{}, criteria.InvalidRate{},
		criteria.LatencyObjective{Quantile: 0.9, Limit: 1},
	}}, logOf(t, trial(10, 100, 0, 0, 0)...))
	require.Len(t, s.Judgement.Skipped, 6)
	require.Empty(t, s.Judgement.Verdicts)
	require.Contains(t, textOf(t, s), "latency was skipped: shadows run in quiet moments")
	require.Contains(t, textOf(t, s), "None of the criteria can be judged")
}

func TestPairsAreJudgedBySlice(t *testing.T) {
	pairs := trial(11, 6000, 0, 0, 0)
	for i := range pairs {
		pairs[i].Slices = map[string]string{"country": "de"}
		if i%20 == 0 {
			pairs[i].Slices["country"], pairs[i].Differs = "is", true
		}
	}
	j := judged(t, pairs, criteria.Disagreement{Limit: 0.1})
	require.Equal(t, []string{"country"}, j.Dimensions)
	require.NotNil(t, j.RolledBack)
	require.Equal(t, `country="is"`, j.Verdicts[0].Slice)
}

func TestReadCriteria(t *testing.T) {
	got, err := report.ReadCriteria(strings.NewReader(`[{"kind":"error_rate","tolerance":0.2,"role":"hold"},{"kind":"mean","signal":"x","max":10,"want":"higher"},{"kind":"disagreement","limit":-1}]`))
	require.NoError(t, err)
	require.Equal(t, []criteria.Criterion{
		criteria.ErrorRate{Tolerance: 0.2, Role: criteria.Hold}, criteria.Mean{Signal: "x", Max: 10, Want: criteria.Higher}, criteria.Disagreement{Limit: criteria.Strict},
	}, got)
	for text, says := range map[string]string{
		``:                                    "want a list",
		`{}`:                                  "want a list",
		`[] []`:                               "something follows",
		`[{}]`:                                "criterion 1: kind",
		`[{"kind":"nonsense"}]`:               `unknown kind "nonsense"`,
		`[{"kind":"mean","a":1}]`:             `mean: json: unknown field "a"`,
		`[{"kind":"rate","want":"sideways"}]`: "rate: ",
	} {
		_, err := report.ReadCriteria(strings.NewReader(text))
		require.ErrorContains(t, err, says, text)
	}
}

// Every criterion has a kind, which is what its name begins with.
func TestEveryCriterionHasAKind(t *testing.T) {
	for _, c := range []criteria.Criterion{
		criteria.Backstop{}, criteria.CancelRate{}, criteria.Categories{}, criteria.Difference{}, criteria.Disagreement{}, criteria.Distribution{}, criteria.ErrorObjective{},
		criteria.ErrorRate{}, criteria.FailureModes{}, criteria.InvalidRate{}, criteria.Latency{}, criteria.LatencyObjective{}, criteria.Mean{}, criteria.Rate{},
		criteria.SessionErrorRate{}, criteria.TimeoutRate{},
	} {
		kind, _, _ := strings.Cut(c.Name(), "(")
		got, err := report.ReadCriteria(strings.NewReader(`[{"kind":"` + kind + `"}]`))
		require.NoError(t, err)
		require.Equal(t, []criteria.Criterion{c}, got)
	}
}
