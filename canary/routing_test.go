package canary_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// assigned are the arms of many keys.
func assigned(t *testing.T, c *canary.Canary[string, string], keys int) []canary.Arm {
	t.Helper()
	arms := make([]canary.Arm, keys)
	for i := range arms {
		arms[i] = armOf(t, c, fmt.Sprintf("user-%d", i))
	}
	return arms
}

func candidates(arms []canary.Arm) (n float64) {
	for _, arm := range arms {
		if arm == canary.Candidate {
			n++
		}
	}
	return n
}

func TestShareFollowsTheFlag(t *testing.T) {
	const keys = 4000
	for _, tc := range []struct {
		percent any
		share   float64
	}{
		{0, 0}, {0.0, 0}, {math.Copysign(0, -1), 0}, {1, 0.01}, {5, 0.05}, {12.5, 0.125}, {50, 0.5}, {94.9, 0.949}, {95, 0.95}, {96, 0.95}, {100, 0.95}, {100.0, 0.95},
	} {
		t.Run(fmt.Sprint(tc.percent), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := open(t, config(t, tc.percent))
				requireShare(t, c, tc.share, canary.ReasonSplit)
				got := candidates(assigned(t, c, keys))
				sd := math.Sqrt(keys * tc.share * (1 - tc.share))
				require.InDelta(t, keys*tc.share, got, 4*sd, "the share that is served is the share that is said")
				pass(time.Second)
				s := c.Snapshot()
				require.InDelta(t, got, s.Requests[canary.Candidate].Calls, 1, "requireShare asks once, too")
				require.EqualValues(t, keys+1, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
			})
		})
	}
}

// Without keys every request is assigned by itself.
func TestWithoutKeys(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cfg := config(t, 50)
				cfg.Key = nil
				c := open(t, cfg)
				n := 0
				for range 2000 {
					out, err := w.call(c, t.Context(), "x")
					require.NoError(t, err)
					if out == "candidate: x" {
						n++
					}
				}
				require.InDelta(t, 1000, n, 100)
				pass(time.Second)
				s := c.Snapshot()
				require.EqualValues(t, 2000, s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted, "each is evidence")
			})
		})
	}
}

// A key meets the same model as long as the share stays, and a growing share only ever adds keys.
func TestAssignmentSticks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 5)
		store := newShelf()
		cfg := configOf(client)
		cfg.Store = store
		c := open(t, cfg)
		first := assigned(t, c, 1000)
		require.Equal(t, first, assigned(t, c, 1000))

		before := first
		for _, percent := range []int{10, 25, 60, 100} {
			require.NoError(t, hand.Set(rollout, percent))
			pass(time.Second)
			after := assigned(t, c, 1000)
			require.Greater(t, candidates(after), candidates(before))
			for i := range before {
				require.True(t, before[i] == canary.Stable || after[i] == canary.Candidate, "key %d went back at %d %%", i, percent)
			}
			before = after
		}

		require.NoError(t, hand.Set(rollout, 5))
		pass(time.Second)
		require.Equal(t, first, assigned(t, c, 1000), "the same share, the same keys")
		require.NoError(t, c.Shutdown(t.Context()))
		c = open(t, cfg)
		require.Equal(t, first, assigned(t, c, 1000), "after a restart, too")

		cfg.Name = "another"
		cfg.Store = rollback.NewMemory()
		require.NotEqual(t, first, assigned(t, open(t, cfg), 1000), "another canary splits by itself")
	})
}

// A request without a usable key is stable's and no evidence.
func TestNoKey(t *testing.T) {
	for _, tc := range []struct {
		name   string
		key    func(context.Context, string) string
		reason canary.Reason
		panics int64
	}{
		{"empty", func(context.Context, string) string { return "" }, canary.ReasonEmptyKey, 0},
		{"panic", func(context.Context, string) string { panic("key") }, canary.ReasonKeyFailed, 201},
		{"panic with nil", func(context.Context, string) string { panic(nil) }, canary.ReasonKeyFailed, 201},
		{"nasty panic", func(context.Context, string) string { panic(nasty{}) }, canary.ReasonKeyFailed, 201},
	} {
		for _, w := range ways[string, string]() {
			t.Run(tc.name+"/"+w.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					cfg := config(t, 100)
					cfg.Key = tc.key
					c := open(t, cfg)
					for range 200 {
						out, err := w.call(c, t.Context(), "x")
						require.NoError(t, err)
						require.Equal(t, "stable: x", out)
					}
					_, d, err := c.Decide(t.Context(), "x")
					require.NoError(t, err)
					require.Equal(t, tc.reason, d.Reason)
					require.Equal(t, canary.Stable, d.Arm)
					pass(time.Second)
					s := c.Snapshot()
					require.EqualValues(t, 201, s.Requests[canary.Stable].Calls)
					require.Zero(t, s.Requests[canary.Stable].Counted)
					require.Equal(t, tc.panics, s.CallbackPanics["key"])
				})
			})
		}
	}
}

// Stable's own panic passes after the key's, too.
func TestStablePanicsAfterTheKey(t *testing.T) {
	for _, w := range ways[request, answer]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				stable := stableScript()
				cfg := scriptedConfig(t, stable, candidateScript())
				cfg.Key = func(context.Context, request) string { panic("key") }
				c := open(t, cfg)
				for d := range hangs {
					r := request{stable: d}
					requireSame(t, watch(func() (answer, error) { return stable.Predict(t.Context(), r) }), watch(func() (answer, error) { return w.call(c, t.Context(), r) }))
				}
				pass(time.Second)
				s := c.Snapshot()
				require.Zero(t, s.UnderWay, "every slot is returned")
				require.EqualValues(t, hangs, s.Requests[canary.Stable].Calls)
			})
		})
	}
}

// Huge and strange keys are keys.
func TestStrangeKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		huge := string(make([]byte, 1<<20))
		c := open(t, config(t, 50))
		for _, key := range []string{huge, "\xff\xfe", "\x00", " ", "\u2028", "日本"} {
			require.Equal(t, armOf(t, c, key), armOf(t, c, key))
		}
		require.NotEmpty(t, keyOf(t, c, canary.Candidate))
	})
}

func TestFlagChangesByEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 5)
		c := open(t, configOf(client))
		pass(time.Minute)
		require.NoError(t, hand.Set(rollout, 50))
		pass(100 * time.Millisecond)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.NoError(t, hand.Set(rollout, 0))
		pass(100 * time.Millisecond)
		requireShare(t, c, 0, canary.ReasonSplit)
	})
}

// mute is a provider that tells nobody of its changes.
type mute struct{ inner *local.Provider }

func (m mute) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: "mute"} }
func (m mute) Hooks() []openfeature.Hook      { return nil }
func (m mute) BooleanEvaluation(ctx context.Context, flag string, d bool, flat openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return m.inner.BooleanEvaluation(ctx, flag, d, flat)
}

func (m mute) StringEvaluation(ctx context.Context, flag, d string, flat openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return m.inner.StringEvaluation(ctx, flag, d, flat)
}

func (m mute) FloatEvaluation(ctx context.Context, flag string, d float64, flat openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return m.inner.FloatEvaluation(ctx, flag, d, flat)
}

func (m mute) IntEvaluation(ctx context.Context, flag string, d int64, flat openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return m.inner.IntEvaluation(ctx, flag, d, flat)
}

func (m mute) ObjectEvaluation(ctx context.Context, flag string, d any, flat openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	return m.inner.ObjectEvaluation(ctx, flag, d, flat)
}

func TestFlagChangesByPoll(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		provider := local.New()
		require.NoError(t, provider.Set(rollout, 5))
		c := open(t, configOf(clientOf(t, mute{provider})))
		requireShare(t, c, 0.05, canary.ReasonSplit)
		require.NoError(t, provider.Set(rollout, 50))
		pass(2100 * time.Millisecond)
		requireShare(t, c, 0.5, canary.ReasonSplit)
	})
}

// A flag that cannot be believed never raises the share; the last good one is held for a while, without being evidence.
func TestFlagTrouble(t *testing.T) {
	for _, tc := range []struct {
		name string
		to   func(hand *local.Provider) error
	}{
		{"out of range", func(hand *local.Provider) error { return hand.Set(rollout, 150) }},
		{"negative", func(hand *local.Provider) error { return hand.Set(rollout, -5) }},
		{"a text", func(hand *local.Provider) error { return hand.Set(rollout, "50%") }},
		{"a boolean", func(hand *local.Provider) error { return hand.Set(rollout, true) }},
		{"an object", func(hand *local.Provider) error { return hand.Set(rollout, map[string]any{"percent": 50}) }},
		{"missing", func(hand *local.Provider) error { return hand.Delete(rollout) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client, hand := flagAt(t, 25)
				cfg := configOf(client)
				var j journal
				cfg.OnEvent = j.note
				c := open(t, cfg)
				ask(t, c, "before", 100)
				pass(time.Second)
				counted := c.Snapshot().Requests

				require.NoError(t, tc.to(hand))
				pass(time.Second)
				requireShare(t, c, 0.25, canary.ReasonFlagError)
				require.Error(t, c.Snapshot().FlagError)
				ask(t, c, "held", 400)
				pass(time.Second)
				during := c.Snapshot().Requests
				require.Greater(t, during[canary.Candidate].Calls, counted[canary.Candidate].Calls+50, "the share is held")
				for arm := range during {
					require.Equal(t, counted[arm].Counted, during[arm].Counted, "but nothing is evidence")
				}
				pass(30 * time.Second)
				requireShare(t, c, 0, canary.ReasonFlagError)
				require.Len(t, j.all(canary.FlagTrouble), 1)

				require.NoError(t, hand.Set(rollout, 25))
				pass(5 * time.Second)
				requireShare(t, c, 0.25, canary.ReasonSplit)
				ask(t, c, "after", 100)
				pass(time.Second)
				require.Greater(t, c.Snapshot().Requests[canary.Stable].Counted, counted[canary.Stable].Counted)
			})
		})
	}
}

// ask makes requests with keys that nobody else uses.
func ask(t *testing.T, c *canary.Canary[string, string], who string, n int) {
	t.Helper()
	for i := range n {
		_, err := c.Predict(t.Context(), fmt.Sprintf("%s-%d", who, i))
		require.NoError(t, err)
	}
}

func TestFlagMissingFromTheStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := configOf(clientOf(t, local.New()))
		var j journal
		cfg.OnEvent = j.note
		began := time.Now()
		c := open(t, cfg)
		require.Less(t, time.Since(began), time.Second)
		requireShare(t, c, 0, canary.ReasonFlagError)
		pass(time.Second)
		require.Contains(t, j.only(t, canary.FlagTrouble).Message, rollout)
	})
}

// A flag provider that hangs from the start does not keep New waiting for long.
func TestFlagHangsFromTheStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		provider := &hanging{Provider: local.New(), release: make(chan struct{})}
		require.NoError(t, provider.Set(rollout, 50))
		provider.hangs.Store(true)
		client := clientOf(t, provider)
		began := time.Now()
		c := open(t, configOf(client))
		require.Equal(t, time.Second, time.Since(began))
		requireShare(t, c, 0, canary.ReasonStarting)
		pass(10 * time.Second)
		requireShare(t, c, 0, canary.ReasonFlagError)
		provider.hangs.Store(false)
		close(provider.release)
		pass(5 * time.Second)
		requireShare(t, c, 0.5, canary.ReasonSplit)
	})
}

func TestFlagBelowOnePercentIsPercent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 0.5)
		var j journal
		cfg.OnEvent = j.note
		c := open(t, cfg)
		requireShare(t, c, 0.005, canary.ReasonSplit)
		pass(time.Second)
		require.Contains(t, j.only(t, canary.FlagWarning).Message, "read as percent")
	})
}

// The flag is a person's hand: it can lower, never undo a rollback.
func TestFlagCannotUndoARollback(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 50)
		c := open(t, configOf(client))
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		for _, value := range []any{100, 0, 50, "nonsense", 100, 99.5} {
			require.NoError(t, hand.Set(rollout, value))
			for range 40 {
				pass(time.Second)
				requireShare(t, c, 0, canary.ReasonRolledBack)
				require.Zero(t, candidates(assigned(t, c, 20)))
			}
		}
	})
}

func TestDecisionSaysWhatWasDecided(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, config(t, 50))
		key := keyOf(t, c, canary.Candidate)
		_, d, err := c.Decide(t.Context(), key)
		require.NoError(t, err)
		requireDecided(t, canary.Decision{Canary: "test", Arm: canary.Candidate, Version: candidate, Epoch: 1, Share: 0.5, Reason: canary.ReasonSplit}, d)
		require.Equal(t, "test: candidate candidate-2 (split, share 50 %, epoch 1)", d.String())

		_, d, err = c.Decide(t.Context(), keyOf(t, c, canary.Stable))
		require.NoError(t, err)
		requireDecided(t, canary.Decision{Canary: "test", Arm: canary.Stable, Version: stableIs, Epoch: 1, Share: 0.5, Reason: canary.ReasonSplit}, d)
	})
}

func TestDecisionSaysThatStableStoodIn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 50)
		cfg.Candidate.Predictor = failing(errModel)
		c := open(t, cfg)
		for i := range 20 {
			out, d, err := c.Decide(t.Context(), fmt.Sprintf("user-%d", i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("stable: user-%d", i), out)
			require.Equal(t, stableIs, d.Version, "the model that answered")
			if d.Fallback {
				require.Equal(t, canary.Candidate, d.Arm, "the arm it was assigned to")
				require.Contains(t, d.String(), "stable answered after the candidate had failed")
				return
			}
		}
		require.Fail(t, "no request met the candidate")
	})
}
