package canary_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
)

// heavy is a model that is loaded and closed.
type heavy struct {
	loads, closes atomic.Int64
	err           atomic.Pointer[error]
	hold          chan struct{} // loads wait for it
}

func (h *heavy) Predict(_ context.Context, in string) (string, error) {
	if h.closes.Load() >= h.loads.Load() {
		return "", errors.New("used after it was closed")
	}
	return "candidate: " + in, nil
}

func (h *heavy) Close() error {
	h.closes.Add(1)
	return nil
}

func (h *heavy) MemoryBytes() int64 { return 123 }

func (h *heavy) load(ctx context.Context) (canary.Predictor[string, string], error) {
	select {
	case <-h.hold:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := h.err.Load(); err != nil {
		return nil, *err
	}
	h.loads.Add(1)
	return h, nil
}

func loading(t *testing.T, percent any) (canary.Config[string, string], *heavy) {
	t.Helper()
	cfg := config(t, percent)
	h := &heavy{hold: make(chan struct{})}
	cfg.Candidate = canary.Model[string, string]{Version: candidate, Load: h.load, Warm: []string{"hello"}}
	return cfg, h
}

// Nobody waits for a load: stable serves until the candidate has answered its samples.
func TestLoadInTheBackground(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg, h := loading(t, 100)
		c := open(t, cfg)
		requireShare(t, c, 0, canary.ReasonLoading)
		out, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
		require.Equal(t, canary.ReasonLoading, d.Reason)
		require.Equal(t, "loading", c.Snapshot().Model.State)

		close(h.hold)
		pass(time.Second)
		requireShare(t, c, 0.95, canary.ReasonSplit)
		key := keyOf(t, c, canary.Candidate)
		out, err = c.Predict(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "candidate: "+key, out)
		m := c.Snapshot().Model
		require.Equal(t, "ready", m.State)
		require.EqualValues(t, 123, m.Memory)
		require.True(t, m.MemoryReported)
	})
}

// A candidate that has no share is not loaded; one that was rolled back is closed after the cool-down, when its last call has ended.
func TestLoadIsClosedAfterARollback(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 0)
		cfg, h := loading(t, 0)
		cfg.Flags.Client = client
		cfg.Candidate.Cooldown = 30 * time.Second
		var j journal
		cfg.OnEvent = j.note
		close(h.hold)
		c := open(t, cfg)
		pass(time.Minute)
		require.Zero(t, h.loads.Load())
		require.NoError(t, hand.Set(rollout, 50))
		pass(3 * time.Second)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.True(t, c.Rollback(t.Context(), "alice", "worse").Durable)
		pass(29 * time.Second)
		require.Zero(t, h.closes.Load())
		pass(3 * time.Second)
		require.EqualValues(t, 1, h.closes.Load())
		require.Equal(t, "idle", c.Snapshot().Model.State)
		require.Len(t, j.all(canary.Loaded), 1)
		require.Len(t, j.all(canary.Unloaded), 1)
	})
}

// A load that fails is tried again, says so without the text of its error, and is no verdict.
func TestLoadFailsAndIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg, h := loading(t, 50)
		var j journal
		cfg.OnEvent = j.note
		secret := errors.New("no such bucket: secret")
		h.err.Store(&secret)
		close(h.hold)
		c := open(t, cfg)
		pass(10 * time.Second)
		requireShare(t, c, 0, canary.ReasonLoading)
		s := c.Snapshot()
		require.Greater(t, s.Model.Failures, 1)
		require.NotContains(t, s.Model.Failure, "secret")
		require.False(t, s.State.Tripped())
		require.NotEmpty(t, j.all(canary.LoadFailed))
		h.err.Store(nil)
		pass(time.Minute)
		requireShare(t, c, 0.5, canary.ReasonSplit)
	})
}

// A promoted model that was loaded serves until the canary ends, and is closed then.
func TestLoadAndPromote(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg, h := loading(t, 100)
		close(h.hold)
		c := promotable(t, cfg)
		require.NoError(t, c.Promote(t.Context(), "alice"))
		out, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "candidate: x", out)
		require.Equal(t, canary.ReasonPromoted, d.Reason)
		require.Equal(t, canary.Stable, d.Arm)
		require.Equal(t, candidate, d.Version)
		pass(time.Hour)
		require.Zero(t, h.closes.Load())
		require.NoError(t, c.Shutdown(t.Context()))
		require.EqualValues(t, 1, h.closes.Load())
		out, err = c.Predict(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
	})
}
