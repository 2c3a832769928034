package canary_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Nobody meets the candidate before stable has been compared with itself.
func TestPreflightComesFirst(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		var j journal
		var met atomic.Int64
		cfg := config(t, 100)
		cfg.Preflight, cfg.OnEvent, cfg.CandidateTimeout = 1000, j.note, timeout
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			met.Add(1)
			return "candidate: " + in, nil
		})
		c := open(t, cfg)
		require.Equal(t, canary.PreflightWaiting, c.Snapshot().Preflight.Stage)
		for i := range 1000 {
			out, err := w.call(c, t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("stable: %d", i), out)
		}
		requireShare(t, c, 0, canary.ReasonPreflight)
		require.Zero(t, met.Load())

		pass(2 * time.Second)
		p := c.Snapshot().Preflight
		require.Equal(t, canary.PreflightDone, p.Stage)
		require.GreaterOrEqual(t, p.Requests, int64(1000))
		require.Len(t, p.Verdicts, 3, "error rate, the latency that was added, backstop")
		require.NotNil(t, p.Overhead)
		for _, v := range p.Verdicts {
			require.NotEqual(t, criteria.Fail, v.Result)
			require.InDelta(t, 500, float64(v.Candidate.Calls), 100, v.Name)
		}
		require.Contains(t, p.String(), "preflight passed: 1001 of 1000 requests")
		j.only(t, canary.PreflightPassed)
		require.Empty(t, j.all(canary.PreflightFailed))
		requireShare(t, c, 0.95, canary.ReasonSplit)
		keyOf(t, c, canary.Candidate)
		require.NotZero(t, met.Load())
		requests := c.Snapshot().Requests
		require.Zero(t, requests[canary.Candidate].Fallbacks)
		require.GreaterOrEqual(t, requests[canary.Stable].Calls, int64(1000), "all of the preflight are stable's")
	})
}

// A timeout that stable itself does not keep is found before a candidate pays for it, and every request has stable's answer.
func TestPreflightFails(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var j journal
				cfg := config(t, 100)
				cfg.Preflight, cfg.OnEvent, cfg.CandidateTimeout = 1000, j.note, 300*time.Millisecond
				cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
					<-time.After(500 * time.Millisecond)
					return "stable: " + in, nil
				})
				c := open(t, cfg)
				for i := range 100 {
					out, err := w.call(c, t.Context(), fmt.Sprint(i))
					require.NoError(t, err)
					require.Equal(t, fmt.Sprintf("stable: %d", i), out)
				}
				pass(2 * time.Second)
				requireShare(t, c, 0, canary.ReasonPreflightFailed)
				require.Equal(t, canary.Stable, armOf(t, c, "anybody"))
				p := c.Snapshot().Preflight
				require.Equal(t, canary.PreflightStopped, p.Stage)
				require.NotEmpty(t, p.Problem)
				require.Contains(t, j.only(t, canary.PreflightFailed).Message, "stable against itself")
				require.Empty(t, j.all(canary.RolledBack), "no candidate is to blame")
				require.Zero(t, c.Snapshot().State.HighestShare)
			})
		})
	}
}

// What stable returns reaches the caller, asked for once: an error is an answer.
func TestPreflightAsksStableOnce(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		asked := 0
		cfg := config(t, 100)
		cfg.Preflight, cfg.CandidateTimeout = 1000, timeout
		cfg.Stable.Predictor = canary.Func(func(context.Context, string) (string, error) { asked++; return "", errModel })
		c := open(t, cfg)
		for i := range 200 {
			_, err := w.call(c, t.Context(), fmt.Sprint(i))
			require.Same(t, errModel, err)
			require.Equal(t, i+1, asked)
		}
	})
}

// A candidate that was exposed before the restart is not compared with anything anew.
func TestPreflightIsForTheFirstExposure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 100)
		cfg.Store = rollback.NewMemory()
		first := open(t, cfg)
		keyOf(t, first, canary.Candidate)
		require.NoError(t, first.Shutdown(t.Context()))
		cfg.Preflight = 1000
		again := open(t, cfg)
		pass(2 * time.Second)
		require.Equal(t, canary.PreflightSkipped, again.Snapshot().Preflight.Stage)
		requireShare(t, again, 0.95, canary.ReasonSplit)
	})
}

// Without a share there is nothing to prepare.
func TestPreflightWaitsForTheFlag(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, flag := flagAt(t, 0)
		cfg := configOf(client)
		cfg.Preflight = 1000
		c := open(t, cfg)
		for i := range 2000 {
			_, err := c.Predict(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
		}
		pass(5 * time.Second)
		require.Equal(t, canary.PreflightWaiting, c.Snapshot().Preflight.Stage)
		requireShare(t, c, 0, canary.ReasonSplit)
		require.NoError(t, flag.Set(rollout, 1))
		pass(5 * time.Second)
		requireShare(t, c, 0, canary.ReasonPreflight)
	})
}

// A call that hangs in the preflight is reported by Shutdown, which does not wait longer than it may.
func TestShutdownDuringPreflight(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := config(t, 100)
		cfg.Preflight, cfg.CandidateTimeout = 1000, -1
		cfg.Stable.Predictor = hung(release, func() {})
		c, err := canary.New(cfg)
		require.NoError(t, err)
		go func() { _, _ = c.Predict(context.Background(), "x") }()
		pass(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.Shutdown(ctx), "preflight: canary: 1 calls still under way")
		close(release)
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestPreflightConfig(t *testing.T) {
	for _, n := range []int{-1, 1, 999, 10_000_001} {
		cfg := config(t, 100)
		cfg.Preflight = n
		_, err := canary.New(cfg)
		require.ErrorContains(t, err, "Preflight")
	}
}
