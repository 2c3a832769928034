package canary_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
	"github.com/modelcanary/go-sdk/shadow"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// shadowed is a canary whose candidate serves nobody and runs in the shadow of every request, at once.
func shadowed(t testing.TB) canary.Config[string, string] {
	t.Helper()
	cfg := config(t, 0)
	cfg.Shadow = shadow.Config[string, string]{Rate: 1, Rerun: 1, MaxInFlight: shadow.Ungated}
	return cfg
}

// askAll makes requests, and lets the shadow of each run.
func askAll(c *canary.Canary[string, string], n int) {
	for i := range n {
		_, _ = c.Predict(context.Background(), fmt.Sprint(i))
		pass(time.Millisecond)
	}
	pass(20 * time.Millisecond)
}

func TestShadowServesNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var j journal
		cfg := shadowed(t)
		cfg.OnEvent = j.note
		c := open(t, cfg)
		for i := range 50 {
			in := fmt.Sprint(i)
			out, d, err := c.Decide(context.Background(), in)
			require.NoError(t, err)
			require.Equal(t, "stable: "+in, out)
			require.Equal(t, canary.Stable, d.Arm)
			pass(20 * time.Millisecond)
		}
		s := c.Snapshot().Shadow
		require.Equal(t, 1.0, s.Rate)
		require.EqualValues(t, 50, s.Drawn)
		require.EqualValues(t, 50, s.Pairs)
		require.EqualValues(t, 50, s.Reruns)
		require.EqualValues(t, 50, s.Differ, "the names differ")
		require.Zero(t, s.RerunsDiffer)
		require.Equal(t, 1.0, s.Coverage)
		require.Equal(t, [shadow.NumQuadrants]int64{shadow.BothAnswered: 50}, s.Quadrants)
		require.Empty(t, s.Dropped)
		require.Zero(t, c.Snapshot().Requests[canary.Candidate].Calls)
		require.Equal(t, rollback.Shadow, c.Snapshot().State.Stage)
		require.Contains(t, j.kinds(), canary.ShadowChanged)
	})
}

// A candidate that is another model is out before it has served anybody.
func TestShadowRollsBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		cfg.Criteria = []criteria.Criterion{criteria.Disagreement{}}
		cfg.OperationalOnly = false
		c := open(t, cfg)
		askAll(c, 200)
		s := c.Snapshot()
		require.True(t, s.State.Tripped(), "%v", s.Verdicts)
		require.Contains(t, s.State.Cause.Reason, "disagreement")
		require.Zero(t, s.Requests[canary.Candidate].Calls)
		pairs := s.Shadow.Pairs
		require.Zero(t, s.Shadow.Rate, "after a rollback there is no shadow")
		askAll(c, 20)
		require.Equal(t, pairs, c.Snapshot().Shadow.Pairs)
	})
}

func TestShadowCountsQuadrants(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		failingOn := func(digits string) canary.Predictor[string, string] {
			return canary.Func(func(_ context.Context, in string) (string, error) {
				if strings.Contains(digits, in[len(in)-1:]) {
					return "", errModel
				}
				return "same", nil
			})
		}
		cfg.Stable.Predictor, cfg.Candidate.Predictor = failingOn("013"), failingOn("12")
		c := open(t, cfg)
		askAll(c, 100)
		s := c.Snapshot().Shadow
		require.Equal(t, [shadow.NumQuadrants]int64{
			shadow.BothAnswered: 60, shadow.OnlyStableAnswered: 10, shadow.OnlyCandidateAnswered: 20, shadow.NeitherAnswered: 10,
		}, s.Quadrants)
		require.EqualValues(t, 30, s.Differ, "an answer differs from none")
	})
}

// What the caller gets is what a direct call would have given, whatever the shadow does.
func TestShadowChangesNothing(t *testing.T) {
	for name, candidate := range map[string]func(ctx context.Context, in string) (string, error){
		"answers": func(context.Context, string) (string, error) { return "x", nil },
		"errs":    func(context.Context, string) (string, error) { return "", errors.New("no") },
		"panics":  func(context.Context, string) (string, error) { panic(errors.New("no")) },
		"exits":   func(context.Context, string) (string, error) { runtime.Goexit(); return "", nil },
		"hangs":   func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() },
	} {
		for _, w := range ways[string, string]() {
			t.Run(name+"/"+w.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					cfg := shadowed(t)
					cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
						switch in[len(in)-1] {
						case '1':
							return "half", errModel
						case '2':
							panic("stable's own")
						}
						return "stable", nil
					})
					cfg.Candidate.Predictor = canary.Func(candidate)
					c := open(t, cfg)
					began := time.Now()
					for i := range 30 {
						in := fmt.Sprint(i)
						switch in[len(in)-1] {
						case '1':
							out, err := w.call(c, context.Background(), in)
							require.Equal(t, "half", out)
							require.Same(t, errModel, err)
						case '2':
							require.PanicsWithValue(t, "stable's own", func() { _, _ = w.call(c, context.Background(), in) })
						default:
							out, err := w.call(c, context.Background(), in)
							require.NoError(t, err)
							require.Equal(t, "stable", out)
						}
					}
					require.Zero(t, time.Since(began), "nobody waited")
					pass(time.Minute)
					s := c.Snapshot()
					require.EqualValues(t, 30, s.Shadow.Drawn)
					require.EqualValues(t, 30, s.Requests[canary.Stable].Calls)
					require.EqualValues(t, map[string]int64{"error": 3, "panic": 3}, s.Requests[canary.Stable].Failed)
				})
			})
		}
	}
}

func TestShadowDrawsUnits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var mu sync.Mutex
		seen := map[string]int{}
		cfg := shadowed(t)
		cfg.Shadow.Rate, cfg.Shadow.Rerun = 0.3, -1
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			seen[in]++
			return "", nil
		})
		c := open(t, cfg)
		for range 3 {
			askAll(c, 400)
		}
		require.InDelta(t, 120, len(seen), 40)
		for unit, n := range seen {
			require.Equal(t, 3, n, "unit %s has a shadow always or never", unit)
		}
	})
}

func TestShadowFollowsItsFlag(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, provider := flagAt(t, 0)
		require.NoError(t, provider.Set("shadow", 0))
		cfg := configOf(client)
		cfg.Flags.Shadow = "shadow"
		cfg.Shadow.MaxInFlight = shadow.Ungated
		c := open(t, cfg)
		askAll(c, 20)
		require.Zero(t, c.Snapshot().Shadow.Drawn)
		require.NoError(t, provider.Set("shadow", 100))
		pass(3 * time.Second)
		askAll(c, 20)
		s := c.Snapshot().Shadow
		require.Equal(t, 1.0, s.Rate)
		require.EqualValues(t, 20, s.Pairs)
		require.NoError(t, provider.Set("shadow", "all of them"))
		pass(10 * time.Second)
		s = c.Snapshot().Shadow
		require.Equal(t, 1.0, s.Rate, "the last good value is held")
		require.Error(t, s.FlagError)
		pass(time.Minute)
		require.Zero(t, c.Snapshot().Shadow.Rate, "not for ever")
		require.NoError(t, provider.Set("shadow", 100))
		pass(3 * time.Second)
		require.Equal(t, 1.0, c.Snapshot().Shadow.Rate)
		require.True(t, c.Rollback(context.Background(), "ann", "enough").Durable)
		require.Zero(t, c.Snapshot().Shadow.Rate, "the flag cannot undo a rollback")
	})
}

// A shadow that ends the process counts as an unclean end: three of them, and the candidate is out.
func TestShadowLightsTheBeacon(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := rollback.NewMemory()
		cfg := shadowed(t)
		cfg.Store = store
		c := open(t, cfg)
		require.EqualValues(t, 1, c.Snapshot().Shadow.Rate)
		state, err := store.Load(context.Background())
		require.NoError(t, err)
		require.EqualValues(t, 1, state.Beacon.Lit)
		require.Zero(t, state.Beacon.Out)
		require.Zero(t, state.HighestShare, "nobody was served")
		askAll(c, 3)
		require.NoError(t, c.Shutdown(context.Background()))
		state, err = store.Load(context.Background())
		require.NoError(t, err)
		require.EqualValues(t, 1, state.Beacon.Out)
	})
}

func TestShadowWaitsForTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakSwap(func(context.Context, rollback.State) error { return errDisk })
		cfg := shadowed(t)
		cfg.Store = store
		c := open(t, cfg)
		askAll(c, 10)
		require.Zero(t, c.Snapshot().Shadow.Drawn, "nobody would know of a crash")
		store.breakSwap(nil)
		pass(10 * time.Second)
		askAll(c, 10)
		require.EqualValues(t, 10, c.Snapshot().Shadow.Pairs)
	})
}

func TestShadowLoadsTheModel(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		loads := 0
		cfg.Candidate = canary.Model[string, string]{Version: candidate, Load: func(context.Context) (canary.Predictor[string, string], error) {
			loads++
			return answering("stable"), nil
		}}
		c := open(t, cfg)
		pass(3 * time.Second)
		require.Equal(t, 1, loads)
		askAll(c, 10)
		s := c.Snapshot().Shadow
		require.EqualValues(t, 10, s.Pairs)
		require.Zero(t, s.Differ)
	})
}

func TestShadowCoverageBySlice(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		cfg.Signals.Slices = canary.Slices[string]{"parity": func(in string) string {
			if strings.Contains("13579", in[len(in)-1:]) {
				return "odd"
			}
			return "even"
		}}
		cfg.Shadow.Size = func(in, _ string) int { // too large, in one slice
			if strings.Contains("13579", in[len(in)-1:]) {
				return math.MaxInt
			}
			return 1
		}
		cfg.Candidate.Predictor = answering("stable")
		c := open(t, cfg)
		askAll(c, 40)
		s := c.Snapshot().Shadow
		require.Equal(t, []canary.ShadowSlice{
			{Dimension: "parity", Slice: "even", Drawn: 20, Pairs: 20, Reruns: 20, Coverage: 1},
			{Dimension: "parity", Slice: "odd", Drawn: 20},
		}, s.Slices)
		require.Equal(t, map[string]int64{"too_large": 20}, s.Dropped)
	})
}

// How long a shadow takes decides nothing, but one that does not end is no answer.
func TestShadowLatencyDecidesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		out   bool
	}{"slow": {900 * time.Millisecond, false}, "hangs": {time.Minute, true}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cfg := shadowed(t)
				cfg.Criteria = []criteria.Criterion{criteria.Disagreement{}, criteria.Latency{}, criteria.ErrorRate{}}
				cfg.OperationalOnly = false
				cfg.Candidate.Predictor = canary.Func(func(ctx context.Context, in string) (string, error) {
					select {
					case <-time.After(c.takes):
						return "stable: " + in, nil
					case <-ctx.Done():
						return "", ctx.Err()
					}
				})
				canary := open(t, cfg)
				for i := range 200 {
					_, _ = canary.Predict(context.Background(), fmt.Sprint(i))
					pass(2 * time.Second)
				}
				s := canary.Snapshot()
				require.Equal(t, c.out, s.State.Tripped(), "%v", s.Verdicts)
				require.Equal(t, c.out, s.Shadow.Quadrants[shadow.OnlyStableAnswered] > 0)
			})
		})
	}
}

func TestShadowHeldBackByPreflight(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, provider := flagAt(t, 50)
		cfg := configOf(client)
		cfg.Shadow = shadow.Config[string, string]{Rate: 1, MaxInFlight: shadow.Ungated}
		cfg.Criteria = append(cfg.Criteria, criteria.Disagreement{Role: criteria.Observe})
		cfg.Preflight = 1000
		c := open(t, cfg)
		require.Zero(t, c.Snapshot().Shadow.Rate)
		askAll(c, 1100)
		pass(time.Second)
		require.Equal(t, 1.0, c.Snapshot().Shadow.Rate)
		require.NoError(t, provider.Set(rollout, 0))
	})
}

// sink keeps records.
type sink struct {
	mu      sync.Mutex
	records []*pairlog.Record
}

func (s *sink) Put(r *pairlog.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
}

func (s *sink) Counts() pairlog.Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pairlog.Counts{Written: int64(len(s.records)), Dropped: map[string]int64{"closed": 2}}
}

func TestShadowDescribesPairs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		log := new(sink)
		cfg := shadowed(t)
		cfg.Shadow.Log = log
		cfg.Shadow.Redact = func(out string) any { return len(out) }
		cfg.Signals = canary.Signals[string, string]{
			Numbers: canary.Numbers[string, string]{"length": func(_, out string) float64 { return float64(len(out)) }},
			Labels:  canary.Labels[string, string]{"model": func(_, out string) string { return out[:6] }},
			Checks:  canary.Checks[string, string]{"secret": func(_, out string) bool { return strings.Contains(out, "secret") }},
			Slices:  canary.Slices[string]{"kind": func(string) string { return "k" }},
		}
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			if in == "1" {
				return "", errModel
			}
			return "candidate's secret", nil
		})
		c := open(t, cfg)
		askAll(c, 2)
		require.Len(t, log.records, 2)
		one, two := log.records[0], log.records[1]
		require.Equal(t, "test", one.Canary)
		require.EqualValues(t, 1, one.Epoch)
		require.Equal(t, 1.0, one.Rate)
		require.Equal(t, map[string]string{"kind": "k"}, one.Slices)
		require.Nil(t, one.Input)
		require.True(t, one.Differs)
		require.False(t, one.RerunDiffers)
		require.Equal(t, pairlog.Answer{
			Version: stableIs, Outcome: "ok", Duration: one.Stable.Duration, Output: 9,
			Numbers: map[string]float64{"length": 9}, Labels: map[string]string{"model": "stable"}, Checks: map[string]bool{"secret": false},
		}, one.Stable)
		require.Equal(t, pairlog.Answer{
			Version: candidate, Outcome: "ok", Duration: one.Candidate.Duration, Output: 18,
			Numbers: map[string]float64{"length": 18}, Labels: map[string]string{"model": "candid"}, Checks: map[string]bool{"secret": true},
		}, one.Candidate)
		require.Equal(t, "stable", one.Rerun.Labels["model"])
		require.Equal(t, pairlog.Answer{Version: candidate, Outcome: "error", Class: "the model has failed", Duration: two.Candidate.Duration}, two.Candidate)
		s := c.Snapshot().Shadow
		require.EqualValues(t, 2, s.Logged)
		require.Equal(t, map[string]int64{"closed": 2}, s.LogDropped)
	})
}

// A candidate that is another model in one slice of ten is found in that slice, which is named, and with CarveOut given to stable: its pairs are evidence no more.
func TestShadowJudgesSlices(t *testing.T) {
	for name, action := range map[string]criteria.SliceAction{"roll back": criteria.RollBackAll, "carve out": criteria.CarveOut} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cfg := shadowed(t)
				cfg.Criteria = []criteria.Criterion{criteria.Disagreement{Limit: 0.2}}
				cfg.OperationalOnly = false
				cfg.SliceAction = action
				cfg.Signals.Slices = canary.Slices[string]{"last": func(in string) string { return in[len(in)-1:] }}
				cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
					if strings.HasSuffix(in, "7") {
						return "another", nil
					}
					return "stable: " + in, nil
				})
				c := open(t, cfg)
				askAll(c, 3000)
				s := c.Snapshot()
				if action == criteria.RollBackAll {
					require.True(t, s.State.Tripped(), "%v", s.Verdicts)
					require.Contains(t, s.State.Cause.Reason, `in last="7"`)
					return
				}
				require.False(t, s.State.Tripped(), "%v", s.State.Cause)
				require.Len(t, s.Carved, 1, "%v", s.Verdicts)
				require.Equal(t, "7", s.Carved[0].Slice)
			})
		})
	}
}

func TestShadowFeedsDifference(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		cfg.Shadow.Rerun = -1
		cfg.Shadow.Equal = func(_, _ string) bool { return true }
		cfg.Criteria = []criteria.Criterion{criteria.Difference{Signal: "length", Want: criteria.Lower}}
		cfg.OperationalOnly = false
		c := open(t, cfg) // "candidate" is longer than "stable"
		askAll(c, 100)
		s := c.Snapshot()
		require.True(t, s.State.Tripped(), "%v", s.Verdicts)
		require.Contains(t, s.State.Cause.Reason, "difference(length)")
		require.Zero(t, s.Shadow.Differ)
	})
}

// The pairs of before count after a restart.
func TestShadowGoesOnAfterARestart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := t.TempDir() + "/state"
		var logE float64
		for range 4 {
			store, err := rollback.OpenFile(path)
			require.NoError(t, err)
			cfg := shadowed(t)
			cfg.Criteria = []criteria.Criterion{criteria.Disagreement{Limit: criteria.Strict}}
			cfg.OperationalOnly = false
			cfg.Store = store
			c, err := canary.New(cfg)
			require.NoError(t, err)
			askAll(c, 4)
			require.NoError(t, c.Shutdown(context.Background()))
			s := c.Snapshot()
			require.Greater(t, s.LogE, logE)
			logE = s.LogE
			tripped := s.State.Tripped()
			require.NoError(t, store.Close())
			if tripped {
				return
			}
		}
		require.Fail(t, "16 different answers of 16 are not enough")
	})
}

func TestShadowHangsAreReported(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		let := make(chan struct{})
		cfg := shadowed(t)
		cfg.Candidate.Predictor = canary.Func(func(context.Context, string) (string, error) {
			<-let
			return "", nil
		})
		c, err := canary.New(cfg)
		require.NoError(t, err)
		for i := range 400 {
			_, _ = c.Predict(context.Background(), fmt.Sprint(i))
			pass(time.Second)
		}
		s := c.Snapshot().Shadow
		require.Equal(t, shadow.DefaultAbandoned, s.Abandoned)
		require.NotEmpty(t, s.Silent)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.Shutdown(ctx), "16")
		close(let)
		require.NoError(t, c.Shutdown(context.Background()))
	})
}

func TestShadowCountsFailingFunctions(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := shadowed(t)
		cfg.Shadow.Equal = func(_, _ string) bool { panic("no") }
		c := open(t, cfg)
		askAll(c, 10)
		s := c.Snapshot()
		require.EqualValues(t, 3, s.CallbackPanics["shadow:compare"], "%v", s.CallbackPanics)
		require.Equal(t, map[string]int64{"callback": 10}, s.Shadow.Dropped)
	})
}

func TestShadowFollowsTheEpoch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, shadowed(t))
		askAll(c, 10)
		require.NoError(t, c.Begin(context.Background(), "ann", canary.Model[string, string]{Version: "candidate-3", Predictor: answering("stable")}))
		pass(time.Second)
		askAll(c, 10)
		s := c.Snapshot()
		require.EqualValues(t, 10, s.Shadow.Pairs)
		require.Zero(t, s.Shadow.Differ, "it is another candidate")
		require.Equal(t, 1.0, s.Shadow.Rate)
	})
}

// Requests keep their input to themselves: callers and models write to it as they like.
func TestShadowSharesNoMemory(t *testing.T) {
	type document struct {
		words []int
		index map[int]int
	}
	sum := func(d *document) uint32 {
		keys := make([]int, 0, len(d.index))
		for k, v := range d.index {
			keys = append(keys, k<<8|v)
		}
		slices.Sort(keys)
		return crc32.ChecksumIEEE([]byte(fmt.Sprint(d.words, keys)))
	}
	scribble := func(_ context.Context, d *document) ([]int, error) {
		before := sum(d)
		for i := range d.words {
			d.words[i] = -1
		}
		clear(d.index)
		return []int{int(before), 1, 2}, nil
	}
	client, _ := flagAt(t, 0)
	var wrong atomic.Int64
	c := open(t, canary.Config[*document, []int]{
		Name:      "test",
		Stable:    canary.Model[*document, []int]{Version: stableIs, Predictor: canary.Func(scribble)},
		Candidate: canary.Model[*document, []int]{Version: candidate, Predictor: canary.Func(scribble)},
		Flags:     canary.Flags{Client: client, Rollout: rollout},
		Criteria:  []criteria.Criterion{criteria.Disagreement{}},
		Store:     rollback.NewMemory(),
		Shadow: shadow.Config[*document, []int]{
			Rate: 1, Rerun: 1, MaxInFlight: shadow.Ungated, Concurrency: 2, TTL: time.Minute,
			Clone: func(d *document) *document {
				return &document{words: slices.Clone(d.words), index: maps.Clone(d.index)}
			},
			CloneOutput: slices.Clone[[]int],
		},
	})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 200 {
				d := &document{words: []int{rand.IntN(100), rand.IntN(100)}, index: map[int]int{rand.IntN(100): 1}}
				want := sum(d)
				out, err := c.Predict(context.Background(), d)
				if err != nil || uint32(out[0]) != want {
					wrong.Add(1)
				}
				for i := range out { // the answer is the caller's own
					out[i] = 0
				}
				d.words = nil
			}
		})
	}
	callers.Wait()
	require.NoError(t, c.Shutdown(context.Background()))
	s := c.Snapshot()
	require.Zero(t, wrong.Load())
	require.Positive(t, s.Shadow.Pairs)
	require.Zero(t, s.Shadow.Differ, "every model was given what the caller gave")
	require.Zero(t, s.Shadow.RerunsDiffer)
	require.False(t, s.State.Tripped())
}

func TestShadowRefuses(t *testing.T) {
	type pointed struct{ Words []string }
	client, _ := flagAt(t, 0)
	with := canary.Config[pointed, string]{
		Name:            "test",
		Stable:          canary.Model[pointed, string]{Version: stableIs, Predictor: canary.Func(func(context.Context, pointed) (string, error) { return "", nil })},
		Candidate:       canary.Model[pointed, string]{Version: candidate, Predictor: canary.Func(func(context.Context, pointed) (string, error) { return "", nil })},
		Flags:           canary.Flags{Client: client, Rollout: rollout},
		Criteria:        []criteria.Criterion{criteria.ErrorRate{}},
		OperationalOnly: true,
		Shadow:          shadow.Config[pointed, string]{Rate: 1},
	}
	_, err := canary.New(with)
	require.ErrorContains(t, err, "canary: Shadow.Clone: ")
	require.ErrorContains(t, err, "Words")
	for want, change := range map[string]func(*canary.Config[string, string]){
		"canary: Shadow.Rate: ": func(c *canary.Config[string, string]) { c.Shadow.Rate = 1.5 },
		"canary: Shadow.Log: ": func(c *canary.Config[string, string]) {
			c.Shadow.Rate, c.Shadow.Log = 1, new(sink)
		},
		"canary: Shadow: is declared, but nobody asks for it": func(c *canary.Config[string, string]) { c.Shadow.Rerun = 0.5 },
		"canary: Flags.Shadow: ":                              func(c *canary.Config[string, string]) { c.Flags.Shadow = "\xff" },
		"canary: Criteria: disagreement is judged on inputs that both": func(c *canary.Config[string, string]) {
			c.Criteria = append(c.Criteria, criteria.Disagreement{})
		},
		"canary: Criteria: disagreement is judged on inputs that stable was asked twice": func(c *canary.Config[string, string]) {
			c.Criteria = append(c.Criteria, criteria.Disagreement{})
			c.Shadow.Rate, c.Shadow.Rerun = 1, -1
		},
	} {
		cfg := config(t, 0)
		change(&cfg)
		_, err := canary.New(cfg)
		require.ErrorContains(t, err, want)
	}
}
