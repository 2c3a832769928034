package canary_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// A signal function that fails costs its request the signals, never the answer; after three failures in a row it is off.
func TestSignalFunctionsThatPanic(t *testing.T) {
	for _, kind := range []string{"number", "label"} {
		everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
			var calls, bad atomic.Int64
			bad.Store(3)
			fail := func() {
				calls.Add(1)
				if bad.Add(-1) >= 0 {
					panic(nasty{})
				}
			}
			cfg := config(t, 50)
			cfg.CandidateTimeout = timeout
			cfg.Signals.Numbers = canary.Numbers[string, string]{"good": func(_, out string) float64 { return float64(len(out)) }}
			cfg.Signals.Labels = canary.Labels[string, string]{"good": func(_, out string) string { return out[:1] }}
			if kind == "number" {
				cfg.Signals.Numbers["bad"] = func(string, string) float64 { fail(); return 1 }
			} else {
				cfg.Signals.Labels["bad"] = func(string, string) string { fail(); return "x" }
			}
			var j journal
			cfg.OnEvent = j.note
			c := open(t, cfg)
			for range 20 {
				out, err := w.call(c, t.Context(), "x")
				require.NoError(t, err)
				require.True(t, strings.HasSuffix(out, ": x"), "%q", out)
			}
			pass(time.Second)
			require.EqualValues(t, 3, calls.Load(), "it is not called any more")
			s := c.Snapshot()
			require.Equal(t, map[string]int64{kind + ":bad": 3}, s.CallbackPanics)
			require.Contains(t, j.only(t, canary.CallbackFailed).Message, kind+" bad")
			require.EqualValues(t, 20, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
			require.Empty(t, s.Requests[canary.Stable].Failed, "a signal is not the model")
			require.Empty(t, s.Requests[canary.Candidate].Failed)
		})
	}
}

// A request whose signals failed has none: not those of the request that had its slot before.
func TestFailedSignalsHaveNoValue(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		const requests = 3000
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Criteria = []criteria.Criterion{criteria.Categories{Signal: "parity", Role: criteria.Observe}}
		n := 0
		cfg.Signals.Labels = canary.Labels[string, string]{"parity": func(string, string) string {
			if n++; n%3 == 0 {
				panic("label")
			}
			return []string{"even", "odd"}[n%2]
		}}
		c, err := canary.NewOfSlots(cfg, 64)
		require.NoError(t, err)
		for i := range requests {
			_, err := w.call(c, t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			if i%50 == 0 {
				pass(10 * time.Millisecond)
			}
		}
		require.NoError(t, c.Shutdown(t.Context()))
		s := c.Snapshot()
		require.Zero(t, s.Thinned)
		v := s.Verdicts[0]
		require.EqualValues(t, requests*2/3, v.Stable.Calls+v.Candidate.Calls)
	})
}

// Only failures in a row turn a function off.
func TestSignalFunctionsThatPanicNowAndThen(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		calls := 0
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Numbers = canary.Numbers[string, string]{"moody": func(string, string) float64 {
			if calls++; calls%3 != 0 {
				panic("mood")
			}
			return 1
		}}
		var j journal
		cfg.OnEvent = j.note
		c := open(t, cfg)
		for range 300 {
			_, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
		}
		require.Equal(t, 300, calls)
		require.EqualValues(t, 200, c.Snapshot().CallbackPanics["number:moody"])
		pass(time.Second)
		require.Empty(t, j.all(canary.CallbackFailed))
	})
}

// A function that ends its goroutine ends the caller's, which nobody can prevent; but not more often than three times, and nothing is lost by it.
func TestSignalFunctionsThatExit(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Labels = canary.Labels[string, string]{"bad": func(string, string) string { runtime.Goexit(); return "" }}
		var j journal
		cfg.OnEvent = j.note
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
		require.Contains(t, j.only(t, canary.CallbackFailed).Message, "label bad")
		s := c.Snapshot()
		require.EqualValues(t, 20, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
		require.Zero(t, s.UnderWay)
	})
}

// A key function that ends its goroutine leaves no slot behind.
func TestKeyThatExits(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Key = func(context.Context, string) string { runtime.Goexit(); return "" }
		c := open(t, cfg)
		for range 20 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.call(c, context.Background(), "x")
				t.Error("the caller goes on")
			}()
			<-done
		}
		pass(time.Second)
		s := c.Snapshot()
		require.Zero(t, s.UnderWay)
		require.EqualValues(t, 20, s.CallbackPanics["key"])
	})
}

// A signal function that hangs, hangs its caller; the call is overdue, and Shutdown says so.
func TestSignalFunctionsThatHang(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		release := make(chan struct{})
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Numbers = canary.Numbers[string, string]{"stuck": func(string, string) float64 { <-release; return 1 }}
		c := open(t, cfg)
		answers := make(chan string, 1)
		go func() {
			out, _ := w.call(c, context.Background(), "x")
			answers <- out
		}()
		pass(3 * time.Second)
		require.Equal(t, 1, c.Snapshot().UnderWay)
		requireGivesUp(t, c, time.Second, "1 calls still under way")
		close(release)
		require.Contains(t, <-answers, ": x")
	})
}

// Answers of any size and kind are signals.
func TestSignalsOfStrangeAnswers(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.OperationalOnly = false
		cfg.Criteria = []criteria.Criterion{criteria.Distribution{Signal: "bits"}, criteria.Categories{Signal: "text"}}
		random := uint64(1)
		cfg.Signals.Numbers = canary.Numbers[string, string]{"bits": func(string, string) float64 {
			random = random*6364136223846793005 + 1442695040888963407
			return floatOf(random)
		}}
		cfg.Signals.Labels = canary.Labels[string, string]{"text": func(in, _ string) string { return in + strings.Repeat("\xff", int(random%100_000)) }}
		c := open(t, cfg)
		for i := range 3000 {
			_, err := w.call(c, t.Context(), strings.Repeat("x", i%300))
			require.NoError(t, err)
		}
		pass(time.Second)
		s := c.Snapshot()
		require.Empty(t, s.CallbackPanics)
		for _, v := range s.Verdicts {
			require.NotEmpty(t, v.String())
		}
	})
}

// OnEvent may panic and end its goroutine: that is counted, and it is called again.
func TestOnEventThatFails(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic":       func() { panic("hook") },
		"nasty panic": func() { panic(nasty{}) },
		"exit":        runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client, hand := flagAt(t, 1)
				cfg := configOf(client)
				var j journal
				cfg.OnEvent = func(e canary.Event) { j.note(e); fail() }
				c := open(t, cfg)
				for percent := 2; percent < 12; percent++ {
					require.NoError(t, hand.Set(rollout, percent))
					pass(time.Second)
				}
				require.Len(t, j.all(canary.ShareChanged), 11, "no event is lost")
				require.EqualValues(t, len(j.kinds()), c.Snapshot().HookFailures)
				requireShare(t, c, 0.11, canary.ReasonSplit)
			})
		})
	}
}

// While OnEvent hangs, events wait, then are dropped and counted; a trip does not wait for it.
func TestOnEventThatHangs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 1)
		release := make(chan struct{})
		var j journal
		cfg := configOf(client)
		cfg.OnEvent = func(e canary.Event) { <-release; j.note(e) }
		c := open(t, cfg)
		const changes = 400
		for i := range changes {
			require.NoError(t, hand.Set(rollout, 1+i%2))
			pass(50 * time.Millisecond)
		}
		dropped := c.Snapshot().EventsDropped
		require.Greater(t, dropped, int64(changes-270))
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		requireShare(t, c, 0, canary.ReasonRolledBack)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.Shutdown(ctx), "events and telemetry are still being delivered")
		close(release)
		require.NoError(t, c.Shutdown(t.Context()))
		require.Len(t, j.kinds(), 257, "one was being delivered, 256 waited")
	})
}

// OnEvent is outside every lock: it may ask and act.
func TestOnEventMayCallTheCanary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 5)
		var c *canary.Canary[string, string]
		var mu sync.Mutex
		var shares []float64
		rollbacks := make(chan error, 1)
		cfg := configOf(client)
		cfg.OnEvent = func(e canary.Event) {
			mu.Lock()
			defer mu.Unlock()
			if c == nil || e.Kind == canary.RolledBack {
				return
			}
			s := c.Snapshot()
			shares = append(shares, s.Share)
			_, err := c.Predict(context.Background(), "from the hook")
			require.NoError(t, err)
			if e.Share > 0.4 {
				rollbacks <- c.Rollback(context.Background(), "hook", "too much").Err
			}
		}
		mu.Lock()
		c = open(t, cfg)
		mu.Unlock()
		require.NoError(t, hand.Set(rollout, 50))
		pass(time.Second)
		require.NoError(t, <-rollbacks)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		require.Contains(t, shares, 0.5)
	})
}

// Events print themselves in one line, and name what they are about.
func TestEventString(t *testing.T) {
	e := canary.Event{Canary: "langdetect", Kind: canary.RolledBack, Message: "worse"}
	require.Equal(t, "langdetect: rolled_back: worse", e.String())
	e.Actor, e.NotDurable = "alice", errDisk
	require.Equal(t, "langdetect: rolled_back: worse (by alice) [not durable: the disk is full]", e.String())
}

// The log has what the hook has, in the same order, one line each whatever stands in it, and a handler that panics takes nothing from the hook.
func TestEventsAreLogged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var lines bytes.Buffer
		var j journal
		cfg := config(t, 50)
		cfg.OnEvent = j.note
		cfg.Logger = slog.New(slog.NewJSONHandler(&lines, nil))
		c := open(t, cfg)
		c.Rollback(t.Context(), "alice", "worse\n\x1b[31m\u202e {\"level\": \"INFO\"}")
		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("3")))
		require.NoError(t, c.Shutdown(t.Context()))
		var kinds []canary.EventKind
		levels := map[canary.EventKind]string{}
		for line := range bytes.Lines(lines.Bytes()) {
			var entry struct {
				Kind          canary.EventKind
				Level, Canary string
				Epoch         uint64
			}
			require.NoError(t, json.Unmarshal(line, &entry), "%s", line)
			require.Equal(t, "test", entry.Canary)
			kinds, levels[entry.Kind] = append(kinds, entry.Kind), entry.Level
		}
		require.Equal(t, j.kinds(), kinds)
		require.Equal(t, "ERROR", levels[canary.RolledBack])
		require.Equal(t, "INFO", levels[canary.Begun])
	})
	inBubble(t, func(t *testing.T) {
		var j journal
		cfg := config(t, 50)
		cfg.OnEvent = j.note
		cfg.Logger = slog.New(panicky{slog.DiscardHandler})
		c := open(t, cfg)
		pass(time.Second)
		require.Contains(t, j.kinds(), canary.ShareChanged)
		require.GreaterOrEqual(t, c.Snapshot().HookFailures, int64(2))
	})
}

// panicky is a handler that panics.
type panicky struct{ slog.Handler }

func (panicky) Enabled(context.Context, slog.Level) bool  { return true }
func (panicky) Handle(context.Context, slog.Record) error { panic("no") }
func (p panicky) WithAttrs([]slog.Attr) slog.Handler      { return p }
