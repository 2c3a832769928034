package canary_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// Every call has its slices, whatever became of it.
func TestSlicesOfEveryCall(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		release := make(chan struct{})
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Key = nil
		model := canary.Func(func(ctx context.Context, in string) (string, error) {
			switch in {
			case "fail":
				return "", errModel
			case "panic":
				panic("model")
			case "leave":
				return "", context.Canceled
			case "hang":
				<-release
			}
			return in, nil
		})
		cfg.Stable.Predictor, cfg.Candidate.Predictor = model, model
		cfg.Signals.Slices = canary.Slices[string]{
			"a": func(in string) string { return in },
			"b": func(in string) string { return in[:1] },
			"c": func(string) string { return "" },
		}
		c, seen := openObserved(t, cfg)
		gone, leave := context.WithCancel(t.Context())
		leave()
		for _, in := range []string{"fine", "fail", "panic", "leave"} {
			ctx := t.Context()
			if in == "leave" {
				ctx = gone
			}
			for range 10 {
				func() {
					defer func() { _ = recover() }()
					_, _ = w.call(c, ctx, in)
				}()
			}
		}
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { _, _ = w.call(c, context.Background(), "hang") })
		}
		pass(5 * time.Second)
		outcomes := map[string]map[criteria.Outcome]bool{}
		n := 0
		for _, o := range seen.take() {
			n++
			require.Len(t, o.Slices, 3)
			a, b := canary.SliceText(c, 0, o.Slices[0]), canary.SliceText(c, 1, o.Slices[1])
			require.Equal(t, a[:1], b)
			require.Empty(t, canary.SliceText(c, 2, o.Slices[2]))
			if outcomes[a] == nil {
				outcomes[a] = map[criteria.Outcome]bool{}
			}
			outcomes[a][o.Outcome] = true
		}
		require.Equal(t, 50, n)
		require.Equal(t, map[criteria.Outcome]bool{criteria.Fine: true}, outcomes["fine"])
		require.True(t, outcomes["fail"][criteria.Failed])
		require.True(t, outcomes["panic"][criteria.Failed])
		require.True(t, outcomes["leave"][criteria.Cancelled])
		require.True(t, outcomes["hang"][criteria.Overdue])
		close(release)
		wait.Wait()
	})
}

// document is an input that models change.
type document struct{ country []byte }

// A model that changes its input does not change its slice.
func TestSlicesAreOfTheRequest(t *testing.T) {
	for _, w := range ways[document, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client, _ := flagAt(t, 50)
				spoil := canary.Func(func(_ context.Context, in document) (string, error) {
					copy(in.country, "XX")
					return "", nil
				})
				cfg := canary.Config[document, string]{
					Name:      "test",
					Stable:    canary.Model[document, string]{Version: stableIs, Predictor: spoil},
					Candidate: canary.Model[document, string]{Version: candidate, Predictor: spoil},
					Flags:     canary.Flags{Client: client, Rollout: rollout},
					Criteria:  []criteria.Criterion{criteria.ErrorRate{}}, OperationalOnly: true,
					Signals: canary.Signals[document, string]{Slices: canary.Slices[document]{"country": func(in document) string { return string(in.country) }}},
				}
				c, seen := openObserved(t, cfg)
				for range 50 {
					_, err := w.call(c, t.Context(), document{country: []byte("NZ")})
					require.NoError(t, err)
				}
				pass(time.Second)
				all := seen.take()
				require.Len(t, all, 50)
				for _, o := range all {
					require.Equal(t, "NZ", canary.SliceText(c, 0, o.Slices[0]))
				}
			})
		})
	}
}

// A slice function that panics costs the request its slice in that dimension: neither its answer, nor its arm, nor its other slices. After three in a row it is off.
func TestSliceFunctionsThatPanic(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		var calls atomic.Int64
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		plain := open(t, cfg)
		cfg.Signals.Slices = canary.Slices[string]{
			"after":  func(in string) string { return in },
			"bad":    func(string) string { calls.Add(1); panic(nasty{}) },
			"bad2":   func(string) string { panic("too") },
			"before": func(in string) string { return in },
		}
		var j journal
		cfg.OnEvent = j.note
		c, seen := openObserved(t, cfg)
		for i := range 40 {
			in := fmt.Sprint("user-", i)
			want, err := w.call(plain, t.Context(), in)
			require.NoError(t, err)
			got, err := w.call(c, t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, want, got, "the same arm")
		}
		pass(time.Second)
		require.EqualValues(t, 3, calls.Load())
		s := c.Snapshot()
		require.Equal(t, map[string]int64{"slice:bad": 3, "slice:bad2": 3}, s.CallbackPanics)
		events := j.all(canary.CallbackFailed)
		require.Len(t, events, 2)
		require.Contains(t, events[0].Message, "slice bad")
		all := seen.take()
		require.Len(t, all, 40)
		arms := map[canary.Arm]int{}
		for _, o := range all {
			arms[o.Arm]++
			require.Equal(t, criteria.Fine, o.Outcome)
			require.GreaterOrEqual(t, o.Slices[1], uint8(criteria.SliceCells))
			require.GreaterOrEqual(t, o.Slices[2], uint8(criteria.SliceCells))
			require.Less(t, o.Slices[0], uint8(criteria.SliceSlots))
			require.Equal(t, o.Slices[0], o.Slices[3])
		}
		require.Len(t, arms, 2)
	})
}

// Only failures in a row turn a slice function off.
func TestSliceFunctionsThatPanicNowAndThen(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		calls := 0
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Slices = canary.Slices[string]{"moody": func(string) string {
			if calls++; calls%3 != 0 {
				panic("mood")
			}
			return "good"
		}}
		c := open(t, cfg)
		for range 300 {
			_, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
		}
		require.Equal(t, 300, calls)
		require.EqualValues(t, 200, c.Snapshot().CallbackPanics["slice:moody"])
	})
}

// A slice function that ends its goroutine ends the caller's, three times; no slot is left behind.
func TestSliceFunctionsThatExit(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Slices = canary.Slices[string]{"bad": func(string) string { runtime.Goexit(); return "" }}
		c := open(t, cfg)
		answers := 0
		for range 20 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.call(c, context.Background(), "x")
				answers++
			}()
			<-done
		}
		require.Equal(t, 17, answers)
		pass(time.Second)
		s := c.Snapshot()
		require.EqualValues(t, 3, s.CallbackPanics["slice:bad"])
		require.Zero(t, s.UnderWay)
		require.EqualValues(t, 17, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
	})
}

// When slice, key and signal functions all panic, stable answers, once.
func TestEveryFunctionPanics(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Key = func(context.Context, string) string { panic("key") }
		cfg.Signals = canary.Signals[string, string]{
			Numbers:  canary.Numbers[string, string]{"n": func(string, string) float64 { panic("n") }},
			Checks:   canary.Checks[string, string]{"c": func(string, string) bool { panic("c") }},
			Slices:   canary.Slices[string]{"s": func(string) string { panic("s") }, "t": func(in string) string { return in }},
			Validate: func(string, string) error { panic("v") },
		}
		calls := 0
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) { calls++; return in, nil })
		c, seen := openObserved(t, cfg)
		for range 20 {
			out, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
			require.Equal(t, "x", out)
		}
		require.Equal(t, 20, calls)
		pass(time.Second)
		require.Equal(t, map[string]int64{"key": 20, "number:n": 3, "check:c": 3, "slice:s": 3, "validate": 3}, c.Snapshot().CallbackPanics)
		for _, o := range seen.take() {
			require.Equal(t, "x", canary.SliceText(c, 1, o.Slices[1]), "slices are cut before the key is asked for")
			require.False(t, o.Invalid)
		}
	})
}

// Values of any number and kind, from many goroutines, in bounded memory.
func TestSlicesAreBounded(t *testing.T) {
	cfg := config(t, 50)
	cfg.Signals.Slices = canary.Slices[string]{
		"any":   func(in string) string { return in },
		"bytes": func(in string) string { return in[:1] + "\xff" },
		"long":  func(in string) string { return strings.Repeat(in, 40) },
	}
	cfg.Signals.Labels = canary.Labels[string, string]{"any": func(in, _ string) string { return in }}
	c := open(t, cfg)
	before := heap()
	var wait sync.WaitGroup
	const goroutines, each = 4, 250_000
	for g := range goroutines {
		wait.Go(func() {
			for i := range each {
				_, _ = c.Predict(context.Background(), "value-"+strconv.Itoa(g*each+i))
			}
		})
	}
	wait.Wait()
	require.Less(t, heap()-before, int64(32<<20))
	require.Empty(t, c.Snapshot().CallbackPanics)
}

// heap is what is in use after a collection.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A carved slice is stable's from the next request on, and no evidence; the rest of the traffic, its step and its assignment go on.
func TestCarvedSlice(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		client, hand := flagAt(t, 50)
		cfg := configOf(client)
		cfg.CandidateTimeout = timeout
		cfg.SliceAction = criteria.CarveOut
		cfg.Key = nil
		cfg.Signals.Slices = canary.Slices[string]{"country": func(in string) string { return in }, "other": func(string) string { return "" }}
		var seen observed
		var carves []canary.Carve
		var mu sync.Mutex
		var j journal
		cfg.OnEvent = j.note
		c, err := canary.NewCarving(cfg, func() []canary.Carve {
			mu.Lock()
			defer mu.Unlock()
			return carves
		}, seen.note)
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Shutdown(context.Background())) }()
		both := func() (arms map[string]map[string]bool) {
			arms = map[string]map[string]bool{"DE": {}, "NZ": {}}
			for range 100 {
				for _, country := range []string{"DE", "NZ"} {
					out, err := w.call(c, t.Context(), country)
					require.NoError(t, err)
					arms[country][out] = true
				}
			}
			pass(time.Second)
			return arms
		}
		arms := both()
		require.Len(t, arms["DE"], 2)
		require.Len(t, arms["NZ"], 2)
		mu.Lock()
		carves = []canary.Carve{{Dimension: 0, Cell: 1, Slice: "NZ", Criterion: "error_rate", Finding: "9 % fail"}}
		mu.Unlock()
		both()
		seen.take()

		arms = both()
		require.Len(t, arms["DE"], 2)
		require.Equal(t, map[string]bool{"stable: NZ": true}, arms["NZ"])
		seen.mu.Lock()
		for i, o := range seen.all {
			require.Equal(t, o.Slices[0] == 1, seen.strs[i] == criteria.Uncounted, "carved requests are no evidence, all others are")
		}
		seen.mu.Unlock()
		_, d, err := c.Decide(t.Context(), "NZ")
		require.NoError(t, err)
		require.Equal(t, canary.ReasonCarved, d.Reason)
		require.InDelta(t, 0.5, d.Share, 1e-9)
		s := c.Snapshot()
		require.Len(t, s.Carved, 1)
		require.Equal(t, canary.CarvedSlice{Dimension: "country", Slice: "NZ", Criterion: "error_rate", Finding: "9 % fail", At: s.Carved[0].At}, s.Carved[0])
		require.Contains(t, j.only(t, canary.Carved).Message, `"NZ"`)

		require.NoError(t, hand.Set(rollout, 90))
		require.Equal(t, map[string]bool{"stable: NZ": true}, both()["NZ"], "a growing share does not give it back")
		require.NoError(t, c.Rollback(t.Context(), "alice", "enough").Err)
		_, d, err = c.Decide(t.Context(), "NZ")
		require.NoError(t, err)
		require.Equal(t, canary.ReasonRolledBack, d.Reason)
	})
}
