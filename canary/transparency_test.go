package canary_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// scriptedConfig is a canary of two scripted models that believes in its candidate whatever it does.
func scriptedConfig(t *testing.T, stable, candidate *scripted) canary.Config[request, answer] {
	client, _ := flagAt(t, 50)
	return canary.Config[request, answer]{
		Name:            "scripted",
		Stable:          canary.Model[request, answer]{Version: "1", Predictor: stable},
		Candidate:       canary.Model[request, answer]{Version: "2", Predictor: candidate},
		Key:             func(_ context.Context, r request) string { return r.key },
		Flags:           canary.Flags{Client: client, Rollout: rollout},
		Criteria:        []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}},
		OperationalOnly: true,
		Store:           rollback.NewMemory(),
	}
}

// requireSame asserts that a caller could not tell two calls apart.
func requireSame(t *testing.T, want, got ending) {
	t.Helper()
	require.Equal(t, want.returned, got.returned)
	require.True(t, want.out.same(got.out), "want %+v, got %+v", want.out, got.out)
	require.True(t, want.err == got.err, "want the very error %v, got %v", want.err, got.err) //nolint:errorlint,testifylint // identity is the point
	if _, isNil := want.panicked.(*runtime.PanicNilError); isNil {
		require.IsType(t, want.panicked, got.panicked)
	} else {
		require.True(t, want.panicked == got.panicked, "want the very panic value")
	}
	if want.panicked != nil {
		require.Contains(t, got.stack, "canary_test.blowUp", "the stack of the panic is the model's own")
		require.NotContains(t, got.stack, "[recovered]")
	}
}

// Whatever the candidate does, and whatever stable does, the caller cannot tell the canary from the model that answers.
func TestTransparency(t *testing.T) {
	const requests = 600
	signals := canary.Signals[request, answer]{
		Numbers: canary.Numbers[request, answer]{"score": func(_ request, a answer) float64 { return a.score }},
		Labels:  canary.Labels[request, answer]{"model": func(_ request, a answer) string { return a.model }},
	}
	for _, w := range ways[request, answer]() {
		for _, timeout := range []time.Duration{time.Second, -1} {
			for _, measured := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/timeout %v/signals %v", w.name, timeout, measured), func(t *testing.T) {
					inBubble(t, func(t *testing.T) {
						stable, candidate := stableScript(), candidateScript()
						cfg := scriptedConfig(t, stable, candidate)
						cfg.CandidateTimeout = timeout
						if measured {
							cfg.Signals = signals
						}
						c := open(t, cfg)
						seen := map[string]int{}
						random := rand.New(rand.NewPCG(1, 2))
						for i := range requests {
							r := request{key: fmt.Sprint(i), n: i, stable: answers, candidate: deed(random.IntN(int(numDeeds)))}
							if random.IntN(2) == 0 {
								r.stable = deed(random.IntN(int(hangs)))
							}
							if timeout < 0 && r.candidate == hangs {
								r.candidate = fails // inline it would hang its caller, as in a direct call
							}
							compare(t, c, w, r, timeout > 0, stable, candidate, seen)
						}
						for d := range numDeeds {
							if timeout < 0 && d == hangs {
								continue
							}
							require.Positive(t, seen["candidate "+d.String()])
							require.True(t, d == hangs || seen["stable "+d.String()] > 0, "stable never %v", d)
						}
						pass(time.Second)
						s := c.Snapshot()
						require.Equal(t, rollback.Ramping, s.State.Stage, "the comparison went on to the end")
						fallbacks := s.Requests[canary.Candidate].Fallbacks
						require.EqualValues(t, seen["fallback"]-seen["fallback failed"], fallbacks, "only answers of stable are counted as such")
					})
				})
			}
		}
	}
}

// compare makes one request directly and through the canary.
func compare(t *testing.T, c *canary.Canary[request, answer], w way[request, answer], r request, isolated bool, stable, candidate *scripted, seen map[string]int) {
	ctx := t.Context()
	_, d, err := c.Decide(ctx, request{key: r.key})
	require.NoError(t, err)
	served := d.Arm == canary.Candidate

	model, ended := stable, false
	if served && r.candidate.good() {
		model = candidate
	}
	want := watch(func() (answer, error) { return model.Predict(ctx, r) })
	if served {
		seen["candidate "+r.candidate.String()]++
		if ended = r.candidate == exits && !isolated; ended {
			want = ending{} // it ends its caller, as in a direct call
		}
	}
	if model == stable && !ended {
		seen["stable "+r.stable.String()]++
	}

	stable.calls.Store(0)
	candidate.calls.Store(0)
	got := watch(func() (answer, error) { return w.call(c, ctx, r) })
	requireSame(t, want, got)

	calls := int64(0)
	if model == stable && !ended {
		calls = 1
	}
	require.Equal(t, calls, stable.calls.Load(), "stable answers once, or not at all")
	if served {
		require.EqualValues(t, 1, candidate.calls.Load())
		if !r.candidate.good() && !ended {
			seen["fallback"]++
			if !r.stable.good() {
				seen["fallback failed"]++
			}
		}
	} else {
		require.Zero(t, candidate.calls.Load())
	}
}

// A caller that has left gets the candidate's own error and no second call.
func TestNoFallbackForACallerWhoHasLeft(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		var stableCalls int
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			stableCalls++
			return "stable: " + in, nil
		})
		cfg.Candidate.Predictor = canary.Func(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "half", ctx.Err()
		})
		c := open(t, cfg)
		key := "user-2"
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		out, err := w.call(c, ctx, key)
		require.Equal(t, context.DeadlineExceeded, err)
		require.Equal(t, "half", out)
		require.Equal(t, 100*time.Millisecond, time.Since(began))
		require.Zero(t, stableCalls)
		pass(time.Second)
		s := c.Snapshot().Requests[canary.Candidate]
		require.EqualValues(t, 1, s.Cancelled)
		require.Empty(t, s.Failed)
		require.Zero(t, s.Fallbacks)
	})
}

// A context of nil reaches the models as it would without us, and so do contexts and errors whose methods panic.
func TestHostileContextsAndErrors(t *testing.T) {
	for _, w := range ways[string, string]() {
		for _, arm := range []canary.Arm{canary.Stable, canary.Candidate} {
			t.Run(w.name+"/"+arm.String(), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					percent := map[canary.Arm]int{canary.Stable: 0, canary.Candidate: 100}[arm]
					cfg := config(t, percent)
					cfg.Key = func(context.Context, string) string { return "user-2" } // the candidate's at 95 %
					cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}}
					cfg.Stable.Predictor, cfg.Candidate.Predictor = failing(nastyError{}), failing(nastyError{})
					c := open(t, cfg)
					for _, ctx := range []context.Context{nil, nastyContext{t.Context()}, t.Context()} {
						require.NotPanics(t, func() {
							_, err := w.call(c, ctx, "x")
							require.IsType(t, nastyError{}, err)
						})
					}
					pass(time.Second)
					require.EqualValues(t, 3, c.Snapshot().Requests[arm].Failed["error"])
				})
			})
		}
	}
}

type nastyError struct{}

func (nastyError) Error() string   { panic("Error") }
func (nastyError) Is(error) bool   { panic("Is") }
func (nastyError) Unwrap() []error { panic("Unwrap") }

type nastyContext struct{ context.Context }

func (nastyContext) Err() error { panic("Err") }
