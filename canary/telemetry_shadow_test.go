package canary_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// What the shadow does is told apart from what requests do, and goes on over epochs.
func TestShadowInstruments(t *testing.T) {
	reader := measured(t)
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		cfg.Shadow.Log, cfg.Shadow.SafeOutputs = pairlog.Sink(new(sink)), true
		cfg.Flags.Shadow = "" // the rate is the configuration's
		model := func(in string) (string, error) {
			switch in[len(in)-1] {
			case '1':
				return "", errModel
			case '2':
				panic(in)
			case '3':
				runtime.Goexit()
			case '4':
				return "another", nil
			}
			return "stable: " + in, nil
		}
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) { return model(in) })
		c := open(t, cfg)
		askAll(c, 100)
		pass(2 * time.Second)
		values, units := collect(t, reader)
		for name, want := range map[string]float64{
			"model_canary.shadow.comparison{model_canary.comparison.result=match}":           60,
			"model_canary.shadow.comparison{model_canary.comparison.result=mismatch}":        10,
			"model_canary.shadow.comparison{model_canary.comparison.result=candidate_error}": 30,
			"model_canary.shadow.duration{model_canary.arm=candidate}":                       70,
			"model_canary.shadow.duration{error.type=error model_canary.arm=candidate}":      10,
			"model_canary.shadow.duration{error.type=panic model_canary.arm=candidate}":      10,
			"model_canary.shadow.duration{error.type=goexit model_canary.arm=candidate}":     10,
			"model_canary.shadow.duration{model_canary.arm=stable}":                          100,
			"model_canary.prediction.duration{model_canary.arm=stable}":                      100,
			"model_canary.shadow.active{}":                                                   0,
			"model_canary.shadow.log.dropped{model_canary.reason=closed}":                    2,
		} {
			require.Contains(t, values, name)
			require.InDelta(t, want, values[name], 0, name)
		}
		require.NotContains(t, values, "model_canary.prediction.duration{model_canary.arm=candidate}", "the candidate has served nobody")
		require.Equal(t, "histogram s", units["model_canary.shadow.duration"])
		require.Equal(t, "counter {comparison}", units["model_canary.shadow.comparison"])
		require.Equal(t, "updowncounter {request}", units["model_canary.shadow.active"])

		require.NoError(t, c.Begin(t.Context(), "ann", canary.Model[string, string]{Version: "candidate-3", Predictor: answering("stable")}))
		pass(time.Second)
		askAll(c, 50)
		values, _ = collect(t, reader)
		require.InDelta(t, 110, values["model_canary.shadow.comparison{model_canary.comparison.result=match}"], 0)
	})
}
