package criteria

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewJudgeRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	score := func(d Distribution) Criterion { d.Signal = "score"; return d }
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"nothing", Config{}, "config: no criteria"},
		{"nil", Config{Criteria: []Criterion{nil}}, "config: criterion 0 is a <nil>"},
		{"nil pointer", Config{Criteria: []Criterion{(*Latency)(nil)}}, "config: criterion 0 is a *criteria.Latency"},
		{"alpha NaN", Config{Alpha: nan, Criteria: []Criterion{Latency{}}}, "config: alpha NaN is outside (0, 1)"},
		{"alpha 1", Config{Alpha: 1, Criteria: []Criterion{Latency{}}}, "config: alpha 1 is outside (0, 1)"},
		{"alpha negative", Config{Alpha: -0.1, Criteria: []Criterion{Latency{}}}, "config: alpha -0.1 is outside"},
		{"beta NaN", Config{Beta: nan, Criteria: []Criterion{Latency{}}}, "config: beta NaN is outside (0, 1)"},
		{"beta 1", Config{Beta: 1, Criteria: []Criterion{Latency{}}}, "config: beta 1 is outside (0, 1)"},
		{"min calls", Config{MinCalls: -1, Criteria: []Criterion{Latency{}}}, "config: min calls -1 is negative"},
		{"margin NaN", Config{Criteria: []Criterion{ErrorRate{Margin: nan}}}, "error_rate: margin NaN is outside [0, 1)"},
		{"margin 1", Config{Criteria: []Criterion{Latency{Margin: 1}}}, "latency: margin 1 is outside [0, 1)"},
		{"nothing to prove", Config{Criteria: []Criterion{Latency{Allowance: 0.5, Margin: 0.5}}}, "latency: allowance and margin add up to 1: with 1 or more nothing is left to be proven"},
		{"margin negative", Config{Criteria: []Criterion{score(Distribution{Margin: Strict})}}, "margin -1 is outside [0, 1)"},
		{"margin huge", Config{Labels: []string{"x"}, Criteria: []Criterion{Categories{Signal: "x", Margin: inf}}}, "margin +Inf is outside [0, 1)"},
		{"tolerance NaN", Config{Criteria: []Criterion{ErrorRate{Tolerance: nan}}}, "error_rate: tolerance NaN is neither"},
		{"tolerance negative", Config{Criteria: []Criterion{ErrorRate{Tolerance: -0.5}}}, "error_rate: tolerance -0.5 is neither"},
		{"allowance 1", Config{Criteria: []Criterion{Latency{Allowance: 1}}}, "latency: allowance 1 is neither in [0, 1) nor Strict"},
		{"allowance negative", Config{Criteria: []Criterion{Latency{Allowance: -0.1}}}, "latency: allowance -0.1 is neither"},
		{"allowance NaN", Config{Criteria: []Criterion{Latency{Allowance: nan}}}, "latency: allowance NaN is neither"},
		{"tolerance huge", Config{Criteria: []Criterion{Latency{Tolerance: 101}}}, "latency: tolerance 101 is neither in [0, 100]"},
		{"weight NaN", Config{Criteria: []Criterion{ErrorRate{Weight: nan}}}, "error_rate: weight NaN is outside [0, 1000000]"},
		{"weight negative", Config{Criteria: []Criterion{Latency{Weight: -1}}}, "latency: weight -1 is outside"},
		{"weight infinite", Config{Criteria: []Criterion{Latency{Weight: inf}}}, "latency: weight +Inf is outside"},
		{"role", Config{Criteria: []Criterion{Latency{Role: 9}}}, "latency: role 9 is not"},
		{"twice", Config{Criteria: []Criterion{Latency{}, Latency{Tolerance: 0.3}}}, "latency: declared twice as guardrail"},
		{"two backstops", Config{Criteria: []Criterion{Backstop{}, Backstop{Limit: 0.5}}}, "backstop: declared twice"},
		{"limit 1", Config{Criteria: []Criterion{Backstop{Limit: 1}}}, "backstop: limit 1 is outside (0, 1)"},
		{"limit NaN", Config{Criteria: []Criterion{Backstop{Limit: nan}}}, "backstop: limit NaN is outside"},
		{"backstop weight", Config{Criteria: []Criterion{Backstop{Weight: 1}}}, "backstop: weight 1 is outside (0, 1)"},
		{"no such number", Config{Labels: []string{"x"}, Criteria: []Criterion{Distribution{Signal: "x"}}}, `distribution(x): unknown number signal "x"`},
		{"no such label", Config{Criteria: []Criterion{Categories{Signal: "x"}}}, `categories(x): unknown label signal "x"`},
		{"inverted range", Config{Criteria: []Criterion{score(Distribution{Min: 2, Max: 1})}}, "min 2 is not below max 1"},
		{"empty range", Config{Criteria: []Criterion{score(Distribution{Min: 1, Max: 1})}}, "min 1 is not below max 1"},
		{"infinite range", Config{Criteria: []Criterion{score(Distribution{Max: inf})}}, "range [0, +Inf] is not finite"},
		{"NaN range", Config{Criteria: []Criterion{score(Distribution{Min: nan, Max: 1})}}, "range [NaN, 1] is not finite"},
		{"too wide", Config{Criteria: []Criterion{score(Distribution{Min: -1e308, Max: 1e308})}}, "cannot be cut"},
		{"too narrow", Config{Criteria: []Criterion{score(Distribution{Max: 5e-324})}}, "cannot be cut"},
		{"log from 0", Config{Criteria: []Criterion{score(Distribution{Max: 1, Log: true})}}, "log needs 0 < min, got min 0"},
		{"log without range", Config{Criteria: []Criterion{score(Distribution{Log: true})}}, "log needs 0 < min"},
		{"nameless", Config{Numbers: []string{""}, Criteria: []Criterion{Latency{}}}, "numbers: signal 0 has no name"},
		{"same name", Config{Labels: []string{"a", "a"}, Criteria: []Criterion{Latency{}}}, `labels: signal "a" is declared twice`},
		{"too many", Config{Labels: make([]string, 33), Criteria: []Criterion{Latency{}}}, "labels: 33 signals, at most 32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.config.Numbers == nil {
				c.config.Numbers = []string{"score"}
			}
			j, err := NewJudge(c.config)
			require.Nil(t, j)
			require.ErrorContains(t, err, c.want)
			require.Regexp(t, "^criteria: ", err.Error())
			var problem *ConfigError
			require.True(t, errors.As(err, &problem))
		})
	}
}

func TestNewJudgeReportsAllAtOnce(t *testing.T) {
	_, err := NewJudge(Config{
		Alpha:    2,
		Criteria: []Criterion{ErrorRate{Tolerance: -3, Weight: -1, Role: 7}, Categories{Signal: "x"}},
	})
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, joined.Unwrap(), 5, "%v", err)
}

func TestNewJudgeAccepts(t *testing.T) {
	for _, criteria := range [][]Criterion{
		{ErrorRate{}},
		{Backstop{}},
		{Backstop{Limit: 0.999, Weight: 0.5}, ErrorRate{Tolerance: Strict}},
		{ErrorRate{Tolerance: 100, Weight: 1e6}, Latency{Tolerance: 100}},
		{Latency{}, Latency{Role: Hold}, Latency{Role: Observe}},
		{Distribution{Signal: "score", Min: -5, Max: 5}, Distribution{Signal: "score", Min: 1e-300, Max: 1e300, Log: true, Role: Hold}},
	} {
		_, err := NewJudge(Config{Numbers: []string{"score"}, Criteria: criteria})
		require.NoError(t, err, "%v", criteria)
	}
}

// The parts of the budget add up to one in each role.
func TestBudget(t *testing.T) {
	all := []Criterion{
		ErrorRate{}, Latency{Weight: 3}, Backstop{Weight: 0.2},
		Latency{Role: Hold, Weight: 5}, ErrorRate{Role: Hold, Weight: 15}, Latency{Role: Observe},
	}
	j := mustJudge(t, Config{Criteria: all})
	want := []float64{0.2, 0.6, 0.2, 0.25, 0.75, 1}
	for i, v := range j.Verdicts() {
		require.InDelta(t, want[i], v.Weight, 1e-12, "%s as %s", v.Name, v.Role)
		require.InDelta(t, math.Log(100/want[i]), v.Limit, 1e-12)
	}
	alone := mustJudge(t, Config{Criteria: []Criterion{Backstop{}, Latency{Role: Hold}}})
	require.Equal(t, 1.0, alone.Verdicts()[0].Weight)
}

func TestCriteriaAreComparableAndPrintThemselves(t *testing.T) {
	seen := map[Criterion]bool{}
	for text, c := range map[string]Criterion{
		"error_rate at most 1.1 x stable's":                                         ErrorRate{},
		"error_rate at most stable's":                                               ErrorRate{Tolerance: Strict},
		"latency at most 1.2 x stable's at every quantile":                          Latency{Tolerance: 0.2},
		"distribution(score) above and below every quantile at most 1.1 x stable's": Distribution{Signal: "score"},
		"categories(class) with and without every label at most 1.5 x stable's":     Categories{Signal: "class", Tolerance: 0.5},
		"backstop: at most 20 % of candidate calls rescued by stable":               Backstop{},
	} {
		require.Equal(t, text, c.String())
		require.Contains(t, text, c.Name())
		seen[c] = true
	}
	require.True(t, seen[ErrorRate{}])
	require.False(t, seen[ErrorRate{Weight: 2}])
}

func TestWordsOfTheSmallTypes(t *testing.T) {
	require.Equal(t, []string{"stable", "candidate", "arm(?)"}, texts(Stable, Candidate, Arm(9)))
	require.Equal(t, []string{"fine", "failed", "cancelled", "overdue", "outcome(?)"}, texts(Fine, Failed, Cancelled, Overdue, Outcome(9)))
	require.Equal(t, []string{"guardrail", "hold", "observe", "role(?)"}, texts(Guardrail, Hold, Observe, Role(9)))
	require.Equal(t, []string{"no evidence", "pass", "fail", "result(?)"}, texts(NoEvidence, Pass, Fail, Result(9)))
}

func texts[T interface{ String() string }](list ...T) (all []string) {
	for _, x := range list {
		all = append(all, x.String())
	}
	return all
}
