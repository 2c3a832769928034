package flags

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHoldingAgainstModel drives random outcomes and checks the promise itself: a share in force was good, is not
// older than the hold time, and only a good value ever raises it.
func TestHoldingAgainstModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		h := holding{hold: 30 * time.Second}
		now := time.Now()
		var lastGood float64
		var goodAt time.Time
		for range 200 {
			now = now.Add(time.Duration(rng.Int64N(int64(12 * time.Second))))
			before := h.share
			out := outcome{kind: Kind(rng.IntN(int(kinds))), percent: float64(rng.IntN(101))}
			if rng.IntN(3) == 0 {
				h.expire(now)
			} else {
				h.take(out, now, now)
				if out.kind == OK {
					lastGood, goodAt = out.percent/100, now
					require.Equal(t, lastGood, h.share)
					continue
				}
				if out.kind == Disabled {
					require.Zero(t, h.share)
				}
			}
			require.LessOrEqual(t, h.share, before)
			require.Contains(t, []float64{0, lastGood}, h.share)
			if now.Sub(goodAt) >= h.hold {
				require.Zero(t, h.share)
			}
		}
	}
}

func TestHoldingEndsExactlyAtHold(t *testing.T) {
	asked := time.Now()
	h := holding{hold: 30 * time.Second}
	h.take(outcome{kind: OK, percent: 50}, asked, asked.Add(4*time.Second))
	bad := outcome{kind: NotReady, percent: math.Inf(1)}

	h.take(bad, asked, asked.Add(30*time.Second-1))
	require.Equal(t, 0.5, h.share)
	h.take(bad, asked, asked.Add(30*time.Second))
	require.Zero(t, h.share)
	h.take(bad, asked, asked.Add(time.Second))
	require.Zero(t, h.share, "nothing comes back by itself")
}
