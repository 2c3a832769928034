package canary_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
)

func TestNewRefusesBadCoins(t *testing.T) {
	keyless := func(c *textConfig) { c.Key = nil }
	for _, tc := range []struct {
		name  string
		spoil func(c *textConfig)
		field string
		says  string
	}{
		{"negative sentinel", func(c *textConfig) { c.Sentinel = -0.01 }, "Sentinel", "-0.01 is outside [0, 0.5]"},
		{"large sentinel", func(c *textConfig) { c.Sentinel = math.Nextafter(0.5, 1) }, "Sentinel", "outside [0, 0.5]"},
		{"sentinel is not a number", func(c *textConfig) { c.Sentinel = math.NaN() }, "Sentinel", "NaN is outside"},
		{"sentinel without a key", func(c *textConfig) { keyless(c); c.Sentinel = 0.05 }, "Sentinel", "0.05 without a Key"},
		{"short reassignment", func(c *textConfig) { c.Reassign = time.Hour - 1 }, "Reassign", "59m59.999999999s is below 1h0m0s"},
		{"negative reassignment", func(c *textConfig) { c.Reassign = -time.Hour }, "Reassign", "-1h0m0s is below"},
		{"reassignment without a key", func(c *textConfig) { keyless(c); c.Reassign = time.Hour }, "Reassign", "1h0m0s without a Key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config(t, 5)
			tc.spoil(&cfg)
			_, err := canary.New(cfg)
			found := problems(t, err)
			require.Len(t, found, 1, "%v", err)
			require.Equal(t, tc.field, found[0].Field)
			require.Contains(t, found[0].Problem, tc.says)
		})
	}
	for _, sentinel := range []float64{0, math.SmallestNonzeroFloat64, 0.5} {
		cfg := config(t, 5)
		cfg.Sentinel, cfg.Reassign = sentinel, time.Hour
		open(t, cfg)
	}
}

// The sentinel takes requests of the candidate's units alone, as many as it says, and each of them is evidence.
func TestSentinel(t *testing.T) {
	const calls, sentinel = 4000, 0.25
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				plain := open(t, config(t, 50))
				mine, theirs := keyOf(t, plain, canary.Candidate), keyOf(t, plain, canary.Stable)
				cfg := config(t, 50)
				cfg.Sentinel = sentinel
				c := openSeeded(t, cfg)
				for range calls {
					_, err := w.call(c, t.Context(), mine)
					require.NoError(t, err)
				}
				pass(time.Second)
				s := c.Snapshot()
				diverted := s.Requests[canary.Stable]
				require.InDelta(t, calls*sentinel, diverted.Calls, 5*math.Sqrt(calls*sentinel*(1-sentinel)))
				require.EqualValues(t, diverted.Calls, diverted.Sentinel, "each is evidence")
				require.EqualValues(t, calls, s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted)
				require.EqualValues(t, 1, s.Testified, "by one unit")
				require.Empty(t, s.Blind, "there is evidence whoever has testified")

				for range calls {
					out, err := w.call(c, t.Context(), theirs)
					require.NoError(t, err)
					require.Equal(t, "stable: "+theirs, out)
				}
				pass(time.Second)
				after := c.Snapshot()
				require.Equal(t, diverted.Sentinel, after.Requests[canary.Stable].Sentinel, "stable's units are not the sentinel's")
				require.EqualValues(t, 2, after.Testified)
				require.Contains(t, after.Blind, "all 2 units have testified, and none of the candidate's asks")
			})
		})
	}
}

func TestSentinelTellsWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		plain := open(t, config(t, 50))
		mine := keyOf(t, plain, canary.Candidate)
		cfg := config(t, 50)
		cfg.Sentinel = 0.5
		c := openSeeded(t, cfg)
		seen := map[canary.Reason]canary.Arm{}
		for range 100 {
			out, d, err := c.Decide(t.Context(), mine)
			require.NoError(t, err)
			require.Equal(t, d.Arm.String()+": "+mine, out)
			require.False(t, d.Fallback)
			seen[d.Reason] = d.Arm
		}
		require.Equal(t, map[canary.Reason]canary.Arm{canary.ReasonSplit: canary.Candidate, canary.ReasonSentinel: canary.Stable}, seen)
	})
}

// What is served while a flag cannot be believed is no evidence for the sentinel either.
func TestSentinelIsSilentWhileTheFlagIsHeld(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, hand := flagAt(t, 50)
		cfg := configOf(client)
		cfg.Sentinel = 0.5
		c := openSeeded(t, cfg)
		ask := func() canary.Snapshot {
			for range 100 {
				_, err := c.Predict(t.Context(), "somebody")
				require.NoError(t, err)
				_, err = c.Predict(t.Context(), "somebody else")
				require.NoError(t, err)
				_, err = c.Predict(t.Context(), "a third")
				require.NoError(t, err)
			}
			pass(time.Second)
			return c.Snapshot()
		}
		counted := func(s canary.Snapshot) uint64 {
			return s.Requests[canary.Stable].Sentinel + s.Requests[canary.Candidate].Sentinel
		}
		before := counted(ask())
		require.NotZero(t, before)
		require.NoError(t, hand.Set(rollout, "nonsense"))
		pass(time.Second)
		held := ask()
		require.Equal(t, canary.ReasonFlagError, held.Reason)
		require.InDelta(t, 0.5, held.Share, 1e-12)
		require.Equal(t, before, counted(held))
		require.NoError(t, hand.Set(rollout, 50))
		pass(time.Second)
		require.Greater(t, counted(ask()), before)
	})
}

// The units that the sentinel has nothing to do with are told apart from those of an idle candidate.
func TestBlindWithoutASentinel(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, config(t, 50))
		for range 2000 {
			_, err := c.Predict(t.Context(), "somebody")
			require.NoError(t, err)
		}
		pass(time.Second)
		require.Equal(t, "all 1 units have testified: widen the share, or begin a new epoch", c.Snapshot().Blind)
	})
}

// openSeeded is open with coins of the sentinel that are the same in every run.
func openSeeded(t *testing.T, cfg canary.Config[string, string]) *canary.Canary[string, string] {
	t.Helper()
	c, err := canary.NewSeeded(cfg, 1)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	return c
}
