package canary_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// promotable is a canary whose candidate has its full share and all the proof it needs.
func promotable(t *testing.T, cfg canary.Config[string, string]) *canary.Canary[string, string] {
	t.Helper()
	cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Margin: 0.5}}
	cfg.Ramp.MinCalls = 20
	c := open(t, cfg)
	for user := 0; !c.Snapshot().Promotion.Ready; user++ {
		require.Less(t, user, 100, c.Snapshot().Promotion.Reason)
		for i := range 200 {
			_, err := c.Predict(t.Context(), fmt.Sprint("user ", user, i))
			require.NoError(t, err)
		}
		pass(time.Second)
	}
	return c
}

// Promote makes the candidate the stable model; Rollback gives the service back at once.
func TestPromoteAndBack(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		cfg.Ramp.Bake = time.Hour
		c := promotable(t, cfg)
		require.ErrorContains(t, c.Promote(t.Context(), "alice"), "refused: the candidate has to bake for another 59m")
		pass(time.Hour)
		require.NoError(t, c.Promote(t.Context(), "alice"))
		for i := range 100 {
			out, err := w.call(c, t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("candidate: ", i), out)
		}
		requireShare(t, c, 0, canary.ReasonPromoted)
		s := c.Snapshot()
		require.Equal(t, candidate, s.Stable)
		require.Equal(t, stableIs, s.Previous)
		require.Empty(t, s.Candidate)

		require.Equal(t, rollback.Trip{Applied: true, Durable: true}, c.Rollback(t.Context(), "alice", "users complain"))
		out, err := w.call(c, t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
		s = c.Snapshot()
		require.Equal(t, stableIs, s.Stable)
		require.Equal(t, candidate, s.Candidate)
		require.Empty(t, s.Previous)
		require.ErrorIs(t, c.Promote(t.Context(), "alice"), canary.ErrRefused)
	})
}

// moody is a model that can be told to fail.
type moody struct {
	err    atomic.Pointer[error]
	panics atomic.Bool
}

var errMood = errors.New("mood")

func (m *moody) Predict(_ context.Context, in string) (string, error) {
	if m.panics.Load() {
		panic("mood")
	}
	if err := m.err.Load(); err != nil {
		return "", *err
	}
	return "candidate: " + in, nil
}

// A promoted model is stable: its errors and panics reach the caller untouched, as of a direct call.
func TestPromotedIsTransparent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 100)
		model := &moody{}
		cfg.Candidate.Predictor = model
		c := promotable(t, cfg)
		require.NoError(t, c.Promote(t.Context(), "alice"))
		model.err.Store(&errMood)
		_, err := c.Predict(t.Context(), "x")
		require.Equal(t, errMood, err)
		model.panics.Store(true)
		require.PanicsWithValue(t, "mood", func() { _, _ = c.Predict(t.Context(), "x") })
	})
}

func TestRampOfACanary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 100)
		cfg.Ramp = rollback.Ramp{Steps: []float64{0.05, 0.5, 1}, Soak: time.Minute}
		c := promotable(t, cfg)
		requireShare(t, c, 0.05, canary.ReasonSplit)
		require.ErrorIs(t, c.Promote(t.Context(), "alice"), canary.ErrRefused)
		require.NoError(t, c.Approve(t.Context(), "alice"))
		pass(2 * time.Minute)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.NoError(t, c.Jump(t.Context(), "bob", "I know it", 1))
		requireShare(t, c, 0.95, canary.ReasonSplit)
		require.Equal(t, rollback.Promoted, c.Snapshot().State.Stage)
		require.NoError(t, c.Jump(t.Context(), "bob", "or not", 0.05))
		requireShare(t, c, 0.05, canary.ReasonSplit)
		require.Equal(t, "bob", c.Snapshot().State.Hold.Cause.Actor)
		require.NoError(t, c.Resume(t.Context(), "bob"))
		require.NoError(t, c.Hold(t.Context(), "bob", "lunch"))
		require.ErrorIs(t, c.Approve(t.Context(), ""), nil)
	})
}

func TestRampThatMakesNoSense(t *testing.T) {
	cfg := config(t, 100)
	for _, c := range []struct {
		ramp    rollback.Ramp
		problem string
	}{
		{rollback.Ramp{Steps: []float64{5, 25}}, "Ramp.Steps[0]: 5 is not above 0 and at most 1; the steps are shares, not percent, and rise"},
		{rollback.Ramp{Steps: []float64{0.5, 0.05}}, "Ramp.Steps[1]: 0.05 is not above 0.5"},
		{rollback.Ramp{Steps: []float64{0}}, "Ramp.Steps[0]"},
		{rollback.Ramp{Soak: -1}, "Ramp.Soak: -1ns is negative"},
		{rollback.Ramp{Bake: -1}, "Ramp.Bake"},
		{rollback.Ramp{Auto: true}, "Ramp.Auto: without Steps"},
		{rollback.Ramp{MinCalls: -1}, "min calls -1 is negative"},
	} {
		cfg.Ramp = c.ramp
		_, err := canary.New(cfg)
		require.ErrorContains(t, err, c.problem)
	}
	cfg.Ramp, cfg.Beta = rollback.Ramp{}, 2
	_, err := canary.New(cfg)
	require.ErrorContains(t, err, "beta 2 is outside (0, 1)")
}
