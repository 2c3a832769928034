package canary_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// hung is a model that minds no context and does not return until release is closed.
func hung(release <-chan struct{}, started func()) canary.Predictor[string, string] {
	return canary.Func(func(context.Context, string) (string, error) {
		started()
		<-release
		return "late", nil
	})
}

// A candidate that hangs for ever: stable answers when the timeout passes, the calls are counted, and at the limit the candidate is out.
func TestHangingCandidateIsRolledBack(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				release := make(chan struct{})
				var mu sync.Mutex
				started := 0
				cfg := config(t, 100)
				cfg.CandidateTimeout = 300 * time.Millisecond
				cfg.Key = func(context.Context, string) string { return "user-2" }
				cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}} // leave it to the hang
				cfg.Candidate.Predictor = hung(release, func() { mu.Lock(); defer mu.Unlock(); started++ })
				var j journal
				cfg.OnEvent = j.note
				c := open(t, cfg)
				t.Cleanup(func() { close(release) })
				goroutines := runtime.NumGoroutine()

				for i := range canary.MaxAbandoned {
					began := time.Now()
					out, err := w.call(c, t.Context(), "x")
					require.NoError(t, err)
					require.Equal(t, "stable: x", out)
					require.Equal(t, 300*time.Millisecond, time.Since(began))
					require.Equal(t, i+1, c.Snapshot().Abandoned)
				}
				pass(time.Second)
				requireShare(t, c, 0, canary.ReasonRolledBack)
				require.Contains(t, j.only(t, canary.RolledBack).Message, "hang: 64 candidate calls")
				require.Contains(t, c.Snapshot().State.Cause.Reason, "hang")
				for range 10 * canary.MaxAbandoned {
					began := time.Now()
					out, err := w.call(c, t.Context(), "x")
					require.NoError(t, err)
					require.Equal(t, "stable: x", out)
					require.Zero(t, time.Since(began))
				}
				pass(10 * time.Minute)
				require.Equal(t, canary.MaxAbandoned, started, "no further call of the candidate")
				require.Less(t, runtime.NumGoroutine()-goroutines, canary.MaxAbandoned+10, "a few are of the flag provider and the keeper")
				s := c.Snapshot()
				require.EqualValues(t, canary.MaxAbandoned, s.Requests[canary.Candidate].Failed["timeout"])
				require.EqualValues(t, canary.MaxAbandoned, s.Requests[canary.Candidate].Fallbacks)
				require.Zero(t, s.UnderWay)
			})
		})
	}
}

// Requests that come while the limit is reached but the keeper has not looked yet do not start another call.
func TestHangingCandidateIsBoundedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := config(t, 100)
		cfg.CandidateTimeout = time.Millisecond // shorter than a pass of the keeper
		cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}}
		cfg.Candidate.Predictor = hung(release, func() {})
		c := open(t, cfg)
		t.Cleanup(func() { close(release) })
		for i := range 1000 {
			out, err := c.Predict(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("stable: %d", i), out)
			require.LessOrEqual(t, c.Snapshot().Abandoned, canary.MaxAbandoned)
		}
	})
}

// The timeout holds whatever the keeper's clock says: after a quiet minute it is a quarter of a second old.
func TestTimeoutAfterAQuietMinute(t *testing.T) {
	for _, timeout := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 300 * time.Millisecond, time.Second, 10 * time.Minute} {
		t.Run(timeout.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				release := make(chan struct{})
				cfg := config(t, 100)
				cfg.CandidateTimeout = timeout
				cfg.Key = func(context.Context, string) string { return "user-2" }
				cfg.Candidate.Predictor = hung(release, func() {})
				c := open(t, cfg)
				t.Cleanup(func() { close(release) })
				pass(time.Minute + 30*time.Millisecond)
				began := time.Now()
				out, err := c.Predict(t.Context(), "x")
				require.NoError(t, err)
				require.Equal(t, "stable: x", out)
				require.Equal(t, timeout, time.Since(began))
			})
		})
	}
}

// A late answer is discarded, and its goroutine serves again.
func TestLateAnswerIsDiscarded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 100)
		cfg.Key = func(context.Context, string) string { return "user-2" }
		first := true
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			if first {
				first = false
				<-time.After(5 * time.Second)
			}
			return "candidate: " + in, nil
		})
		c := open(t, cfg)
		out, err := c.Predict(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
		require.Equal(t, 1, c.Snapshot().Abandoned)
		pass(5 * time.Second)
		require.Zero(t, c.Snapshot().Abandoned)
		out, err = c.Predict(t.Context(), "y")
		require.NoError(t, err)
		require.Equal(t, "candidate: y", out)
		pass(time.Second)
		s := c.Snapshot().Requests[canary.Candidate]
		require.EqualValues(t, 2, s.Calls)
		require.EqualValues(t, 1, s.Failed["timeout"])
	})
}

// Callers that leave a healthy candidate are no evidence against it, however many.
func TestCancellationsAreNotHarmful(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				const leave = 100_000
				cfg := config(t, 50)
				answer := canary.Func(func(ctx context.Context, in string) (string, error) {
					if err := ctx.Err(); err != nil {
						return "", err
					}
					return in, nil
				})
				cfg.Stable.Predictor, cfg.Candidate.Predictor = answer, answer
				c := open(t, cfg)
				gone, cancel := context.WithCancel(t.Context())
				cancel()
				late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
				defer cancel()
				for i := range leave {
					ctx := []context.Context{gone, late, t.Context()}[i%3]
					_, err := w.call(c, ctx, fmt.Sprint(i)) // keys of its own: the same split in every run
					require.ErrorIs(t, err, ctx.Err())
					if i%1000 == 0 {
						pass(10 * time.Millisecond)
					}
				}
				pass(time.Second)
				s := c.Snapshot()
				require.Equal(t, rollback.Ramping, s.State.Stage, "%s", s.State.Cause.Reason)
				for _, r := range s.Requests {
					require.InDelta(t, leave/3, r.Cancelled, leave/100)
					require.Empty(t, r.Failed)
					require.Zero(t, r.Fallbacks)
				}
				require.Greater(t, s.Requests[canary.Candidate].Counted, uint64(leave/4), "they are counted")
			})
		})
	}
}

// A model's own deadline is its failure, the caller's is not.
func TestTimeoutOfTheModelItself(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		cfg.Key = func(context.Context, string) string { return "user-2" }
		cfg.Candidate.Predictor = failing(fmt.Errorf("upstream: %w", context.DeadlineExceeded))
		c := open(t, cfg)
		out, err := w.call(c, t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, "stable: x", out)
		pass(time.Second)
		require.EqualValues(t, 1, c.Snapshot().Requests[canary.Candidate].Failed["timeout"])
	})
}

// A stable call past the deadline is settled as overdue; its answer reaches the caller all the same, and is counted once.
func TestOverdueStableCalls(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 0)
		cfg.CandidateTimeout = timeout
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			<-time.After(10 * time.Second)
			return "stable: " + in, nil
		})
		c := open(t, cfg)
		answers := make(chan string, 100)
		for range 100 {
			go func() {
				out, _ := w.call(c, context.Background(), "x")
				answers <- out
			}()
		}
		pass(1900 * time.Millisecond)
		require.Empty(t, c.Snapshot().Requests[canary.Stable].Failed)
		pass(500 * time.Millisecond)
		s := c.Snapshot()
		require.EqualValues(t, 100, s.Requests[canary.Stable].Failed["overdue"])
		require.Equal(t, 100, s.UnderWay, "they are still running")
		for range 100 {
			require.Equal(t, "stable: x", <-answers)
		}
		pass(time.Second)
		s = c.Snapshot()
		require.EqualValues(t, 100, s.Requests[canary.Stable].Calls)
		require.Zero(t, s.UnderWay)
	})
}

// Thousands of calls that hang leave the ledger with room for those that do not.
func TestOverdueCallsDoNotFillTheLedger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := config(t, 0)
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			if in == "hang" {
				<-release
			}
			return in, nil
		})
		c, err := canary.NewOfSlots(cfg, 64)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() { _, _ = c.Predict(context.Background(), "hang") })
		}
		pass(5 * time.Second)
		for range 10_000 {
			_, err := c.Predict(t.Context(), "x")
			require.NoError(t, err)
			<-time.After(10 * time.Millisecond)
		}
		s := c.Snapshot()
		require.Less(t, s.Thinned, int64(3000), "half the slots are lost, not all")
		require.EqualValues(t, 10_032, s.Requests[canary.Stable].Calls, "and every request is in the totals")
		close(release)
		wg.Wait()
		synctest.Wait()
		require.NoError(t, c.Shutdown(t.Context()))
	})
}
