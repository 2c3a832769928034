package canary_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// Afterwards every request is stable's, answered as by a direct call, and nothing is recorded.
func TestPredictAfterShutdown(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		cfg.Key = func(_ context.Context, in string) string {
			if in == "panic" {
				panic("key")
			}
			return in
		}
		c, err := canary.NewOfSlots(cfg, 64)
		require.NoError(t, err)
		require.NoError(t, c.Shutdown(t.Context()))
		before := c.Snapshot()
		for i := range 1000 { // more than the ledger has room for
			in := fmt.Sprint(i)
			if i%2 == 0 {
				in = "panic"
			}
			out, err := w.call(c, t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, "stable: "+in, out)
		}
		_, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, canary.ReasonClosed, d.Reason)
		require.Equal(t, canary.Stable, d.Arm)
		require.Equal(t, stableIs, d.Version)
		require.Zero(t, d.Share)
		_, d, err = c.Decide(t.Context(), "panic")
		require.NoError(t, err)
		require.Equal(t, canary.ReasonClosed, d.Reason)
		after := c.Snapshot()
		require.Equal(t, before.Requests, after.Requests)
		require.Zero(t, after.Thinned)
	})
}

// What ended before Shutdown has returned is in the counts, to the last request.
func TestShutdownFoldsEverything(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 50)
		slow := canary.Func(func(_ context.Context, in string) (string, error) {
			<-time.After(700 * time.Millisecond)
			return in, nil
		})
		cfg.Stable.Predictor, cfg.Candidate.Predictor = slow, slow
		c := open(t, cfg)
		for i := range 200 {
			go func() { _, _ = c.Predict(context.Background(), fmt.Sprint(i)) }()
		}
		<-time.After(100 * time.Millisecond)
		began := time.Now()
		require.NoError(t, c.Shutdown(t.Context()))
		require.InDelta(t, 600, time.Since(began).Milliseconds(), 20)
		s := c.Snapshot()
		require.EqualValues(t, 200, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
		require.EqualValues(t, 200, s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted)
		require.Zero(t, s.UnderWay)
	})
}

func TestShutdownTwiceAndConcurrently(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, config(t, 50))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := c.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		done, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 {
			require.NoError(t, c.Shutdown(done), "everything has ended: there is nothing to wait for")
		}
	})
}

// Calls that hang are told by number; a second Shutdown waits for them.
func TestShutdownWithHungCalls(t *testing.T) {
	for _, arm := range []canary.Arm{canary.Stable, canary.Candidate} {
		for _, timeout := range []time.Duration{time.Second, -1} {
			t.Run(fmt.Sprintf("%v/timeout %v", arm, timeout), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					release := make(chan struct{})
					hang := canary.Func(func(context.Context, string) (string, error) { <-release; return "late", nil })
					cfg := config(t, map[canary.Arm]int{canary.Stable: 0, canary.Candidate: 100}[arm])
					cfg.CandidateTimeout = timeout
					if arm == canary.Stable {
						cfg.Stable.Predictor = hang
					} else {
						cfg.Candidate.Predictor = hang
					}
					c, err := canary.New(cfg)
					require.NoError(t, err)
					answers := make(chan string, 3)
					for range 3 {
						go func() {
							out, _ := c.Predict(context.Background(), "user-2")
							answers <- out
						}()
					}
					<-time.After(10 * time.Millisecond)
					requireGivesUp(t, c, 50*time.Millisecond, "3 calls still under way")
					if arm == canary.Candidate && timeout > 0 {
						for range 3 {
							require.Equal(t, "stable: user-2", <-answers, "their callers are not forgotten")
						}
						requireGivesUp(t, c, time.Minute, "3 candidate calls have not returned")
					} else {
						requireGivesUp(t, c, time.Minute, "3 calls still under way")
					}
					close(release)
					require.NoError(t, c.Shutdown(t.Context()))
				})
			})
		}
	}
}

// The timeout goes on while Shutdown waits: its own patience is not the caller's.
func TestTimeoutDuringShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := config(t, 100)
		cfg.Candidate.Predictor = canary.Func(func(context.Context, string) (string, error) { <-release; return "late", nil })
		c, err := canary.New(cfg)
		require.NoError(t, err)
		began := time.Now()
		answered := make(chan time.Duration, 1)
		go func() {
			_, _ = c.Predict(context.Background(), "user-2")
			answered <- time.Since(began)
		}()
		<-time.After(10 * time.Millisecond)
		requireGivesUp(t, c, time.Minute, "1 candidate calls have not returned")
		require.Equal(t, time.Second, <-answered)
		s := c.Snapshot()
		require.EqualValues(t, 1, s.Requests[canary.Candidate].Fallbacks, "it is counted")
		require.Zero(t, s.UnderWay)
		close(release)
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// requireGivesUp asserts that Shutdown gives up in time and says what hangs, and nothing else.
func requireGivesUp(t *testing.T, c *canary.Canary[string, string], patience time.Duration, saying string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	err := c.Shutdown(ctx)
	require.ErrorContains(t, err, saying)
	require.NotContains(t, err.Error(), "hang", "nobody is accused who was not asked")
	require.InDelta(t, patience, time.Since(began), float64(time.Millisecond))
}

// A call past the settle deadline is overdue, and still waited for.
func TestShutdownWaitsForOverdueCalls(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 0)
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			<-time.After(time.Minute)
			return in, nil
		})
		c := open(t, cfg)
		go func() { _, _ = c.Predict(context.Background(), "x") }()
		pass(10 * time.Second)
		s := c.Snapshot()
		require.EqualValues(t, 1, s.Requests[canary.Stable].Failed["overdue"])
		require.Equal(t, 1, s.UnderWay)
		began := time.Now()
		require.NoError(t, c.Shutdown(t.Context()))
		require.InDelta(t, 50, time.Since(began).Seconds(), 0.1)
	})
}

// One thing that hangs does not use up the time of the others.
func TestShutdownWithAHangingProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		provider := &hanging{Provider: local.New(), release: make(chan struct{})}
		require.NoError(t, provider.Set(rollout, 50))
		cfg := configOf(clientOf(t, provider))
		store := newShelf()
		cfg.Store = store
		c, err := canary.New(cfg)
		require.NoError(t, err)
		_, err = c.Predict(t.Context(), "x")
		require.NoError(t, err)
		provider.hangs.Store(true)
		pass(3 * time.Second) // the poll hangs now

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = c.Shutdown(ctx)
		require.ErrorContains(t, err, "evaluation still running")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotContains(t, err.Error(), "under way")
		require.NotContains(t, err.Error(), "saved")
		require.NotContains(t, err.Error(), "delivered")
		close(provider.release)
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// hanging is a provider whose evaluations hang, minding no context.
type hanging struct {
	*local.Provider
	hangs   atomic.Bool
	release chan struct{}
}

func (h *hanging) FloatEvaluation(ctx context.Context, flag string, fallback float64, flat openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	if h.hangs.Load() {
		<-h.release
	}
	return h.Provider.FloatEvaluation(ctx, flag, fallback, flat)
}

// A store that minds its context is told to give up when Shutdown does.
func TestShutdownWithAHangingStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		cfg := config(t, 50)
		cfg.Store = store
		c, err := canary.New(cfg)
		require.NoError(t, err)
		store.breakSwap(func(ctx context.Context, _ rollback.State) error { <-ctx.Done(); return ctx.Err() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Error(t, c.Rollback(ctx, "alice", "worse").Err)
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.Shutdown(ctx), "the state is still being saved")
		synctest.Wait()
		err = c.Shutdown(t.Context())
		require.ErrorContains(t, err, "the state could not be saved")
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestShutdownFromOnEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var c *canary.Canary[string, string]
		errs := make(chan error, 1)
		cfg := config(t, 50)
		cfg.OnEvent = func(e canary.Event) {
			if e.Kind == canary.RolledBack {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				errs <- c.Shutdown(ctx)
			}
		}
		c = open(t, cfg)
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		require.ErrorContains(t, <-errs, "events and telemetry are still being delivered", "it is called by the delivery")
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// Requests go on while the canary is shut down: each gets an answer of one of the models.
func TestShutdownDuringTraffic(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			for range 4 {
				cfg := config(t, 50)
				c, err := canary.New(cfg)
				require.NoError(t, err)
				var wg sync.WaitGroup
				stop := make(chan struct{})
				ready := make(chan struct{}, 8)
				for g := range 8 {
					in := fmt.Sprint(g)
					wg.Go(func() {
						for i := 0; ; i++ {
							select {
							case <-stop:
								return
							default:
							}
							out, err := w.call(c, context.Background(), in)
							if err != nil || (out != "stable: "+in && out != "candidate: "+in) {
								t.Errorf("got %q, %v", out, err)
							}
							if i == 10 {
								ready <- struct{}{}
							}
						}
					})
				}
				for range 8 {
					<-ready
				}
				require.NoError(t, c.Shutdown(context.Background()))
				for i := range 100 {
					_, d, err := c.Decide(context.Background(), fmt.Sprint(i))
					require.NoError(t, err)
					require.Equal(t, canary.Stable, d.Arm, "no request that starts later is the candidate's")
				}
				close(stop)
				wg.Wait()
			}
		})
	}
}

// A canary leaves nothing behind.
func TestAThousandLives(t *testing.T) {
	client, _ := flagAt(t, 50)
	cfg := configOf(client)
	before := runtime.NumGoroutine()
	for i := range 1000 {
		c, err := canary.NewOfSlots(cfg, 64)
		require.NoError(t, err)
		_, err = c.Predict(t.Context(), fmt.Sprint(i))
		require.NoError(t, err)
		require.NoError(t, c.Shutdown(t.Context()))
	}
	require.Less(t, runtime.NumGoroutine(), before+20)
}
