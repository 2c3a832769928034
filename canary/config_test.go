package canary_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

type textConfig = canary.Config[string, string]

// modelOf is a pointer predictor, to be nil.
type modelOf struct{}

func (*modelOf) Predict(context.Context, string) (string, error) { return "", nil }

// problems are the configuration errors that New joined.
func problems(t *testing.T, err error) (found []*canary.ConfigError) {
	t.Helper()
	var visit func(err error)
	visit = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				visit(e)
			}
			return
		}
		var c *canary.ConfigError
		require.ErrorAs(t, err, &c, "every problem is a ConfigError")
		found = append(found, c)
	}
	visit(err)
	return found
}

func TestNewRefusesEachBadField(t *testing.T) {
	numbers := func(n int) canary.Numbers[string, string] {
		m := canary.Numbers[string, string]{}
		for i := range n {
			m[fmt.Sprintf("n%d", i)] = func(string, string) float64 { return 0 }
		}
		return m
	}
	for _, tc := range []struct {
		name  string
		spoil func(cfg *textConfig)
		field string
		says  string
	}{
		{"no name", func(c *textConfig) { c.Name = "" }, "Name", `"" is not 1 to 64`},
		{"upper case", func(c *textConfig) { c.Name = "Canary" }, "Name", `"Canary"`},
		{"line break", func(c *textConfig) { c.Name = "canary\n" }, "Name", `"canary\n"`},
		{"path", func(c *textConfig) { c.Name = "../canary" }, "Name", "../canary"},
		{"long name", func(c *textConfig) { c.Name = strings.Repeat("a", 65) }, "Name", "1 to 64"},
		{"no stable version", func(c *textConfig) { c.Stable.Version = "" }, "Stable.Version", "is empty"},
		{"no candidate version", func(c *textConfig) { c.Candidate.Version = "" }, "Candidate.Version", "is empty"},
		{"long version", func(c *textConfig) { c.Candidate.Version = strings.Repeat("v", rollback.MaxVersion+1) }, "Candidate.Version", "256 bytes"},
		{"no text", func(c *textConfig) { c.Stable.Version = "\xff" }, "Stable.Version", "UTF-8"},
		{"same version", func(c *textConfig) { c.Stable.Version = c.Candidate.Version }, "Candidate.Version", "must differ"},
		{"no stable", func(c *textConfig) { c.Stable.Predictor = nil }, "Stable.Predictor", "is nil"},
		{"no candidate", func(c *textConfig) { c.Candidate.Predictor = nil }, "Candidate.Predictor", "is nil"},
		{"nil pointer in the interface", func(c *textConfig) { c.Candidate.Predictor = (*modelOf)(nil) }, "Candidate.Predictor", "is nil"},
		{"nil function", func(c *textConfig) { c.Stable.Predictor = canary.Func[string, string](nil) }, "Stable.Predictor", "is nil"},
		{"no client", func(c *textConfig) { c.Flags.Client = nil }, "Flags.Client", "is nil"},
		{"nil client", func(c *textConfig) { c.Flags.Client = (*openfeature.Client)(nil) }, "Flags.Client", "is nil"},
		{"no flag", func(c *textConfig) { c.Flags.Rollout = "" }, "Flags.Rollout", "not a flag key"},
		{"bad flag", func(c *textConfig) { c.Flags.Rollout = "\xff" }, "Flags.Rollout", "not a flag key"},
		{"long timeout", func(c *textConfig) { c.CandidateTimeout = 10*time.Minute + 1 }, "CandidateTimeout", "above 10m0s"},
		{"no criteria", func(c *textConfig) { c.Criteria = nil }, "Criteria", "is empty"},
		{"nil criterion", func(c *textConfig) { c.Criteria = append(c.Criteria, nil) }, "Criteria", "criterion 1 is a <nil>"},
		{"nil pointer criterion", func(c *textConfig) { c.Criteria = append(c.Criteria, (*criteria.Latency)(nil)) }, "Criteria", "criterion 1 is a *criteria.Latency"},
		{"unknown number", func(c *textConfig) { c.Criteria = []criteria.Criterion{criteria.Distribution{Signal: "confidance"}} }, "Criteria", `unknown number signal "confidance"`},
		{"unknown label", func(c *textConfig) { c.Criteria = []criteria.Criterion{criteria.Categories{Signal: "lang"}} }, "Criteria", `unknown label signal "lang"`},
		{"bad tolerance", func(c *textConfig) { c.Criteria = []criteria.Criterion{criteria.ErrorRate{Tolerance: -0.5}} }, "Criteria", "error_rate: tolerance -0.5"},
		{"twice", func(c *textConfig) { c.Criteria = append(c.Criteria, c.Criteria[0]) }, "Criteria", "declared twice"},
		{"errors and latency only", func(c *textConfig) {
			c.OperationalOnly, c.Criteria = false, []criteria.Criterion{criteria.ErrorRate{}, criteria.Latency{}, criteria.Backstop{}}
		}, "Criteria", "OperationalOnly"},
		{"pairs without a shadow", func(c *canary.Config[string, string]) {
			c.Criteria = []criteria.Criterion{criteria.ErrorRate{}, criteria.Disagreement{}}
		}, "Criteria", "both models have answered"},
		{"validity without a validator", func(c *canary.Config[string, string]) {
			c.Criteria = []criteria.Criterion{criteria.ErrorRate{}, criteria.InvalidRate{}}
		}, "Criteria", "without Signals.Validate"},
		{"nil number", func(c *textConfig) { c.Signals.Numbers = canary.Numbers[string, string]{"x": nil} }, "Signals.Numbers", `"x" is a nil function`},
		{"nil label", func(c *textConfig) { c.Signals.Labels = canary.Labels[string, string]{"x": nil} }, "Signals.Labels", `"x" is a nil function`},
		{"name of a number", func(c *textConfig) {
			c.Signals.Numbers = canary.Numbers[string, string]{"X": func(string, string) float64 { return 0 }}
		}, "Signals.Numbers", `name "X"`},
		{"nameless label", func(c *textConfig) {
			c.Signals.Labels = canary.Labels[string, string]{"": func(string, string) string { return "" }}
		}, "Signals.Labels", `name ""`},
		{"observed answers only", func(c *textConfig) {
			c.OperationalOnly, c.Criteria = false, []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "length", Max: 100, Role: criteria.Observe}}
		}, "Criteria", "more than observe"},
		{"nil check", func(c *textConfig) { c.Signals.Checks = canary.Checks[string, string]{"x": nil} }, "Signals.Checks", `"x" is a nil function`},
		{"name of a check", func(c *textConfig) {
			c.Signals.Checks = canary.Checks[string, string]{"has citation": func(string, string) bool { return true }}
		}, "Signals.Checks", `name "has citation"`},
		{"nil slice", func(c *textConfig) { c.Signals.Slices = canary.Slices[string]{"x": nil} }, "Signals.Slices", `"x" is a nil function`},
		{"name of a slice", func(c *textConfig) {
			c.Signals.Slices = canary.Slices[string]{"Country": func(string) string { return "" }}
		}, "Signals.Slices", `name "Country"`},
		{"too many slices", func(c *textConfig) {
			c.Signals.Slices = canary.Slices[string]{}
			for i := range criteria.MaxDimensions + 1 {
				c.Signals.Slices[fmt.Sprint("s", i)] = func(string) string { return "" }
			}
		}, "Signals.Slices", "9 dimensions are more than 8"},
		{"no slices to carve", func(c *textConfig) { c.SliceAction = criteria.CarveOut }, "SliceAction", "Signals.Slices is empty"},
		{"unknown action", func(c *textConfig) { c.SliceAction = 7 }, "SliceAction", "7 is neither"},
		{"too many numbers", func(c *textConfig) { c.Signals.Numbers = numbers(criteria.MaxSignals + 1) }, "Signals.Numbers", "33 signals are more than 32"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config(t, 5)
			tc.spoil(&cfg)
			leak := goleak.IgnoreCurrent()
			c, err := canary.New(cfg)
			require.Nil(t, c)
			goleak.VerifyNone(t, leak)
			found := problems(t, err)
			require.Len(t, found, 1, "%v", err)
			require.Equal(t, tc.field, found[0].Field)
			require.Contains(t, found[0].Problem, tc.says)
			require.Equal(t, "canary: "+tc.field+": "+found[0].Problem, found[0].Error())
		})
	}
}

func TestNewReportsAllProblemsAtOnce(t *testing.T) {
	leak := goleak.IgnoreCurrent()
	c, err := canary.New(canary.Config[string, string]{
		Name:             "A",
		Candidate:        canary.Model[string, string]{Version: strings.Repeat("x", 300)},
		CandidateTimeout: time.Hour,
		Signals: canary.Signals[string, string]{
			Labels: canary.Labels[string, string]{"label": nil}, Checks: canary.Checks[string, string]{"check": nil}, Slices: canary.Slices[string]{"Slice": nil},
		},
		SliceAction: 9,
		Criteria:    []criteria.Criterion{criteria.Latency{Tolerance: -7}, nil, criteria.Categories{Signal: "lable"}},
	})
	require.Nil(t, c)
	goleak.VerifyNone(t, leak)
	fields := map[string]int{}
	for _, p := range problems(t, err) {
		fields[p.Field]++
	}
	require.Equal(t, map[string]int{
		"Name": 1, "Stable.Version": 1, "Stable.Predictor": 1, "Candidate.Version": 1, "Candidate.Predictor": 1, "Flags.Client": 1, "Flags.Rollout": 1,
		"CandidateTimeout": 1, "Signals.Labels": 1, "Signals.Checks": 1, "Signals.Slices": 2, "SliceAction": 1, "Criteria": 3,
	}, fields)
	var first *canary.ConfigError
	require.True(t, errors.As(err, &first))
	require.Equal(t, 16, strings.Count(err.Error(), "canary: "), "one line each:\n%v", err)
	require.Equal(t, 15, strings.Count(err.Error(), "\n"))
}

func TestNewAcceptsTheDomain(t *testing.T) {
	for name, change := range map[string]func(cfg *textConfig){
		"one letter":        func(c *textConfig) { c.Name = "a" },
		"longest name":      func(c *textConfig) { c.Name = strings.Repeat("a", 64) },
		"all letters":       func(c *textConfig) { c.Name = "az09._-" },
		"longest version":   func(c *textConfig) { c.Candidate.Version = strings.Repeat("v", rollback.MaxVersion) },
		"version of runes":  func(c *textConfig) { c.Candidate.Version = "modèle-2 ✓" },
		"longest timeout":   func(c *textConfig) { c.CandidateTimeout = 10 * time.Minute },
		"shortest timeout":  func(c *textConfig) { c.CandidateTimeout = 1 },
		"inline":            func(c *textConfig) { c.CandidateTimeout = -time.Hour },
		"no key":            func(c *textConfig) { c.Key = nil },
		"no store":          func(c *textConfig) { c.Store = nil },
		"a backstop of own": func(c *textConfig) { c.Criteria = append(c.Criteria, criteria.Backstop{Limit: 0.5}) },
		"all there is": func(c *textConfig) {
			c.Signals.Checks = canary.Checks[string, string]{"short": func(_, out string) bool { return len(out) < 10 }}
			c.Signals.Slices = canary.Slices[string]{}
			for i := range criteria.MaxDimensions {
				c.Signals.Slices[fmt.Sprint("s", i)] = func(in string) string { return in }
			}
			c.Signals.Validate = func(string, string) error { return nil }
			c.FailureClass, c.Redact = func(error) string { return "" }, func(text string) string { return text }
			c.SliceAction = criteria.CarveOut
		},
		"a derived signal beside a slice": func(c *textConfig) {
			c.OperationalOnly, c.Criteria = false, []criteria.Criterion{criteria.Distribution{Signal: "length", Max: 100}}
			c.Signals.Slices = canary.Slices[string]{"s": func(in string) string { return in }}
			c.Signals.Validate = func(string, string) error { return nil }
		},
		"a derived signal": func(c *textConfig) {
			c.OperationalOnly, c.Criteria = false, []criteria.Criterion{criteria.Distribution{Signal: "length", Max: 100}}
		},
		"flag of any text": func(c *textConfig) { c.Flags.Rollout = "a flag, any flag" },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cfg := config(t, 5)
				change(&cfg)
				c := open(t, cfg)
				_, err := c.Predict(t.Context(), "x")
				require.NoError(t, err)
				verdicts := c.Snapshot().Verdicts
				last, ok := verdicts[len(verdicts)-1].Criterion.(criteria.Backstop)
				require.True(t, ok, "there is always a backstop, the last")
				require.Equal(t, name == "a backstop of own", last.Limit != 0)
			})
		})
	}
}

// The configuration is read once: what its owner does with it afterwards is the owner's business.
func TestConfigIsReadOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		reader := measured(t)
		cfg := config(t, 5)
		cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}}
		cfg.Signals.Numbers = canary.Numbers[string, string]{"size": func(_, out string) float64 { return float64(len(out)) }}
		c := open(t, cfg)
		cfg.Criteria[0] = nil
		clear(cfg.Signals.Numbers)
		_, err := c.Predict(t.Context(), "x")
		require.NoError(t, err)
		pass(time.Second)
		s := c.Snapshot()
		require.Equal(t, "error_rate", s.Verdicts[0].Name)
		require.Empty(t, s.CallbackPanics)
		_, units := collect(t, reader)
		require.Contains(t, units, "model_canary.criterion.evaluation")
	})
}
