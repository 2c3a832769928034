package canary_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// Checks are asked of answers, each on its own.
func TestChecks(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Labels = canary.Labels[string, string]{"in": func(in, _ string) string { return in }}
		cfg.Signals.Checks = canary.Checks[string, string]{}
		const checks = 32
		for i := range checks {
			cfg.Signals.Checks[string(rune('a'+i%26))+strings.Repeat("_", i/26)] = func(in, _ string) bool { return len(in)>>(i%5)&1 == 1 }
		}
		c, seen := openObserved(t, cfg)
		bits := map[int]uint32{}
		for n := range 31 {
			_, err := w.call(c, t.Context(), strings.Repeat("x", n+1))
			require.NoError(t, err)
			pass(time.Second)
			all := seen.take()
			require.Len(t, all, 1)
			require.Zero(t, all[0].Unchecked)
			require.Len(t, all[0].Labels, 1)
			bits[n+1] = all[0].Checks
		}
		require.EqualValues(t, ^uint32(0), bits[31], "every check says yes")
		for i := range 5 {
			require.NotZero(t, bits[1<<i])
			for k := range i {
				require.Zero(t, bits[1<<i]&bits[1<<k])
			}
		}
	})
}

// A check that panics costs its request the signals; off, it has no values, and the others have.
func TestChecksThatPanic(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Checks = canary.Checks[string, string]{
			"bad":  func(string, string) bool { panic(nasty{}) },
			"good": func(string, string) bool { return true },
		}
		var j journal
		cfg.OnEvent = j.note
		c, seen := openObserved(t, cfg)
		for range 10 {
			_, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
		}
		pass(time.Second)
		require.Equal(t, map[string]int64{"check:bad": 3}, c.Snapshot().CallbackPanics)
		require.Contains(t, j.only(t, canary.CallbackFailed).Message, "check bad")
		values := map[[2]uint32]int{}
		for _, o := range seen.take() {
			values[[2]uint32{o.Unchecked & 0b11, o.Checks}]++
		}
		require.Equal(t, map[[2]uint32]int{{0b11, 0b00}: 3, {0b01, 0b10}: 7}, values)
	})
}

var errInvalid = errors.New("too short")

// An invalid answer is served untouched; it counts as invalid and has no signals. Who comes after it in its slot is not invalid.
func TestValidate(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals = canary.Signals[string, string]{
			Numbers: canary.Numbers[string, string]{"third": func(in, _ string) float64 { return float64(in[2]) }},
			Labels:  canary.Labels[string, string]{"third": func(in, _ string) string { return in[2:3] }},
			Checks:  canary.Checks[string, string]{"third": func(in, _ string) bool { return in[2] > 'a' }},
			Slices:  canary.Slices[string]{"in": func(in string) string { return in }},
			Validate: func(in, _ string) error {
				if len(in) < 3 {
					return errInvalid
				}
				return nil
			},
		}
		var seen observed
		c, err := canary.NewObserved(cfg, 64, seen.note)
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Shutdown(context.Background())) }()
		for i := range 200 {
			in := "xyz"
			if i%2 == 0 {
				in = "x"
			}
			if i%49 == 0 {
				pass(time.Second)
			}
			out, err := w.call(c, t.Context(), in)
			require.NoError(t, err)
			require.True(t, strings.HasSuffix(out, ": "+in), "%q", out)
		}
		pass(time.Second)
		require.Zero(t, c.Snapshot().Thinned)
		all := seen.take()
		require.Len(t, all, 200)
		for _, o := range all {
			invalid := canary.SliceText(c, 0, o.Slices[0]) == "x"
			require.Equal(t, criteria.Fine, o.Outcome)
			require.Equal(t, invalid, o.Invalid)
			require.Equal(t, invalid, o.Unchecked&1 == 1)
			require.Equal(t, invalid, o.Missing&1 == 1)
			require.Equal(t, invalid, o.Labels[0] >= criteria.MaxLabels)
		}
		s := c.Snapshot()
		require.Empty(t, s.CallbackPanics, "no function has met an answer it was not written for")
		require.Empty(t, s.Requests[canary.Candidate].Failed, "the caller was served")
		require.Zero(t, s.Requests[canary.Candidate].Fallbacks)
	})
}

// Validate alone is a signal, too, and one that fails calls no answer invalid.
func TestValidateThatPanics(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		calls := 0
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Signals.Checks = canary.Checks[string, string]{"yes": func(string, string) bool { return true }}
		cfg.Signals.Validate = func(string, string) error {
			if calls++; calls <= 5 {
				return errInvalid
			}
			panic(nasty{})
		}
		c, seen := openObserved(t, cfg)
		for range 20 {
			_, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
		}
		pass(time.Second)
		require.Equal(t, 8, calls)
		require.Equal(t, map[string]int64{"validate": 3}, c.Snapshot().CallbackPanics)
		invalid, yes := 0, 0
		for _, o := range seen.take() {
			if o.Invalid {
				invalid++
			}
			yes += int(o.Checks & 1)
		}
		require.Equal(t, 5, invalid)
		require.Equal(t, 12, yes, "while it panics the request has no signals, then all but this one")
	})
}

// Everything at once from many goroutines: what belongs to one request arrives together.
func TestSignalsConcurrentSafe(t *testing.T) {
	cfg := config(t, 50)
	cfg.Signals = canary.Signals[string, string]{
		Numbers:  canary.Numbers[string, string]{"first": func(in, _ string) float64 { return float64(in[0]) }},
		Checks:   canary.Checks[string, string]{"odd": func(in, _ string) bool { return in[0]%2 == 1 }},
		Slices:   canary.Slices[string]{"a": func(in string) string { return in[:1] }, "b": func(in string) string { return in[:1] }, "c": func(in string) string { return in[:1] }},
		Validate: func(in, _ string) error { return map[bool]error{true: errInvalid}[in[0] == 'z'] },
	}
	var bad observed
	var c *canary.Canary[string, string]
	var ready sync.WaitGroup
	ready.Add(1)
	var err error
	c, err = canary.NewObserved(cfg, 0, func(s criteria.Stratum, o *criteria.Observation) {
		ready.Wait()
		first := canary.SliceText(c, 0, o.Slices[0])
		valid := first != "z"
		if o.Slices[0] != o.Slices[1] && first != canary.SliceText(c, 1, o.Slices[1]) || first != canary.SliceText(c, 2, o.Slices[2]) ||
			o.Invalid == valid || valid && (o.Numbers[0] != float64(first[0]) || o.Checks&1 != uint32(first[0]%2)) {
			bad.note(s, o)
		}
	})
	ready.Done()
	require.NoError(t, err)
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 5000 {
				_, _ = c.Predict(context.Background(), string(rune('a'+(i*7+g)%26))+"-user")
			}
		})
	}
	wait.Wait()
	require.NoError(t, c.Shutdown(t.Context()))
	require.Empty(t, bad.take())
	s := c.Snapshot()
	require.EqualValues(t, 40_000, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
}
