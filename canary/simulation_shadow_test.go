package canary_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow"
)

// A model that is random in a fifth of its answers disagrees with itself on every third input. A candidate that is as random is let alone, one that is wrong in 5 % more is
// found, through the real middleware.
func TestSimShadowNoiseFloor(t *testing.T) {
	const most = 25_000
	play := func(t *testing.T, seed uint64, wrong float64) (pairs int64, s canary.Snapshot) {
		inBubble(t, func(t *testing.T) {
			model := func(seed, wrong float64) canary.Predictor[string, string] {
				var mu sync.Mutex
				rng := rand.New(rand.NewPCG(uint64(seed), 1))
				return canary.Func(func(context.Context, string) (string, error) {
					mu.Lock()
					defer mu.Unlock()
					switch u := rng.Float64(); {
					case u < wrong:
						return "wrong", nil
					case u < wrong+0.2:
						return fmt.Sprint("random ", rng.IntN(10)), nil
					}
					return "right", nil
				})
			}
			cfg := config(t, 0)
			cfg.Stable.Predictor, cfg.Candidate.Predictor = model(float64(2*seed), 0), model(float64(2*seed+1), wrong)
			cfg.Criteria = []criteria.Criterion{criteria.Disagreement{Limit: criteria.Strict}}
			cfg.OperationalOnly = false
			cfg.Signals.Slices = canary.Slices[string]{"last": func(in string) string { return in[len(in)-1:] }}
			cfg.Shadow = shadow.Config[string, string]{Rate: 1, Rerun: 1, MaxInFlight: shadow.Ungated, Queue: 4096}
			c := open(t, cfg)
			for i := range most {
				if _, err := c.Predict(context.Background(), fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
				if i%64 == 63 {
					pass(12 * time.Millisecond)
					if s = c.Snapshot(); s.State.Tripped() {
						break
					}
				}
			}
			pass(time.Second)
			s = c.Snapshot()
		})
		return s.Shadow.Pairs, s
	}
	for seed := range uint64(3) {
		pairs, s := play(t, seed, 0)
		require.False(t, s.State.Tripped(), "as random as stable: %s", s.State.Cause.Reason)
		require.InDelta(t, most, pairs, most/100, "%+v", s.Shadow)
		require.InDelta(t, 0.36, float64(s.Shadow.RerunsDiffer)/float64(s.Shadow.Reruns), 0.03)
		pairs, s = play(t, seed, 0.05)
		require.True(t, s.State.Tripped(), "wrong in 5 %% more, after %d pairs: %v", pairs, s.Verdicts)
		t.Logf("wrong in 5 %% more: rolled back after %d pairs", pairs)
	}
}
