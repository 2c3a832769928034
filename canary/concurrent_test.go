package canary_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// Ten thousand requests at once in the first moment of a canary: right answers, every one counted.
func TestTenThousandAtOnce(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			const requests = 10_000
			cfg := config(t, 50)
			cfg.CandidateTimeout = 10 * time.Minute // real time, on any machine
			c := open(t, cfg)
			var wg sync.WaitGroup
			var stable, candidate atomic.Int64
			start := make(chan struct{})
			for i := range requests {
				in := fmt.Sprint(i)
				wg.Go(func() {
					<-start
					switch out, err := w.call(c, context.Background(), in); {
					case err != nil:
						t.Error(err)
					case out == "stable: "+in:
						stable.Add(1)
					case out == "candidate: "+in:
						candidate.Add(1)
					default:
						t.Errorf("asked %q, answered %q", in, out)
					}
				})
			}
			close(start)
			wg.Wait()
			require.NoError(t, c.Shutdown(context.Background()))
			s := c.Snapshot()
			require.EqualValues(t, stable.Load(), s.Requests[canary.Stable].Calls)
			require.EqualValues(t, candidate.Load(), s.Requests[canary.Candidate].Calls)
			require.InDelta(t, requests/2, candidate.Load(), 300)
			require.Empty(t, s.Requests[canary.Candidate].Failed)
			require.Zero(t, s.UnderWay)
		})
	}
}

// Everything at the same time: requests of both kinds with all faults, looks, flag changes, and in the end a rollback, after which no request that starts is the
// candidate's.
func TestEverythingConcurrentSafe(t *testing.T) {
	client, hand := flagAt(t, 50)
	cfg := configOf(client)
	cfg.Key = func(_ context.Context, in string) string {
		if in == "panic" {
			panic("key")
		}
		return in
	}
	cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Categories{Signal: "first", Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}}
	var flaky atomic.Int64
	cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
		switch flaky.Add(1) % 7 {
		case 0:
			panic(in)
		case 1:
			return "", errModel
		}
		return "candidate: " + in, nil
	})
	cfg.Signals.Numbers = canary.Numbers[string, string]{"size": func(_, out string) float64 { return float64(len(out)) }}
	cfg.Signals.Labels = canary.Labels[string, string]{"first": func(_, out string) string {
		if flaky.Add(1)%5 == 0 {
			panic("label")
		}
		return out[:1]
	}}
	store := newShelf()
	var j journal
	cfg.Store, cfg.OnEvent = store, j.note
	c := open(t, cfg)

	var wg, others sync.WaitGroup
	stop := make(chan struct{})
	until := func(f func(i int)) {
		others.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					f(i)
				}
			}
		})
	}
	until(func(i int) { _ = hand.Set(rollout, 20+i%60) })
	until(func(int) { _ = c.Snapshot() })
	var out atomic.Bool // the rollback has returned
	for g := range 8 {
		wg.Go(func() {
			for i := range 1500 {
				in := fmt.Sprintf("user-%d-%d", g, i)
				if i%50 == 0 {
					in = "panic"
				}
				was := out.Load()
				answer, d, err := c.Decide(context.Background(), in)
				if err != nil || (answer != "stable: "+in && answer != "candidate: "+in) {
					t.Errorf("asked %q, answered %q, %v", in, answer, err)
				}
				if was && d.Arm == canary.Candidate {
					t.Errorf("%v after the rollback", d)
				}
				if _, err := c.Predict(context.Background(), in); err != nil {
					t.Error(err)
				}
				if g == 0 && i == 750 {
					if err := c.Rollback(context.Background(), "alice", "enough").Err; err != nil {
						t.Error(err)
					}
					out.Store(true)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	others.Wait()
	require.NoError(t, c.Shutdown(context.Background()))
	s := c.Snapshot()
	require.EqualValues(t, 2*8*1500, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls, "every request is in the totals")
	require.Positive(t, s.Requests[canary.Candidate].Failed["panic"])
	require.Positive(t, s.Requests[canary.Candidate].Failed["error"])
	require.True(t, store.stored().Tripped())
	require.Len(t, j.all(canary.RolledBack), 1)
}

// A full ledger costs evidence, never an answer or a count.
func TestThinnedRequestsAreServedAndCounted(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				const requests = 500
				release := make(chan struct{})
				slow := func(name string) canary.Predictor[string, string] {
					return canary.Func(func(_ context.Context, in string) (string, error) {
						<-release
						return name + ": " + in, nil
					})
				}
				cfg := config(t, 50)
				cfg.CandidateTimeout = -1
				cfg.Stable.Predictor, cfg.Candidate.Predictor = slow("stable"), slow("candidate")
				cfg.Signals.Numbers = canary.Numbers[string, string]{"size": func(_, out string) float64 { return float64(len(out)) }}
				c, err := canary.NewOfSlots(cfg, 64)
				require.NoError(t, err)
				var wg sync.WaitGroup
				for i := range requests {
					in := fmt.Sprint(i)
					wg.Go(func() {
						out, err := w.call(c, context.Background(), in)
						if err != nil || (out != "stable: "+in && out != "candidate: "+in) {
							t.Errorf("asked %q, answered %q, %v", in, out, err)
						}
					})
				}
				pass(100 * time.Millisecond)
				close(release)
				wg.Wait()
				require.NoError(t, c.Shutdown(t.Context()))
				s := c.Snapshot()
				require.EqualValues(t, requests, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
				require.EqualValues(t, requests-64, s.Thinned)
				require.LessOrEqual(t, s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted, uint64(64))
			})
		})
	}
}
