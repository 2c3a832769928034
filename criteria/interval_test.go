package criteria

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRateIntervalHoldsTheRateSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 2000 {
		n := 1 + rng.Uint64N(1<<rng.IntN(41))
		k := rng.Uint64N(n + 1)
		i := RateInterval(k, n, 0.01)
		seen := float64(k) / float64(n)
		require.True(t, 0 <= i.Lower && i.Lower <= seen && seen <= i.Upper && i.Upper <= 1, "%d of %d: %v", k, n, i)
		wider := RateInterval(k, n, 0.0001)
		require.True(t, wider.Lower <= i.Lower && i.Upper <= wider.Upper)
	}
}

func TestIntervalsOfNothingAreEverything(t *testing.T) {
	all := Interval{0, 1}
	require.Equal(t, all, RateInterval(0, 0, 0.05))
	for _, alpha := range []float64{0, 1, -1, math.NaN(), math.Inf(1)} {
		require.Equal(t, all, RateInterval(1, 2, alpha))
	}
	require.Equal(t, RateInterval(2, 2, 0.05), RateInterval(3, 2, 0.05), "k beyond n")
	every := Interval{0, math.Inf(1)}
	require.Equal(t, every, RatioInterval(0, 0, 0.5, 0.05))
	for _, share := range []float64{0, 1, -1, 2, math.NaN()} {
		require.Equal(t, every, RatioInterval(1, 2, share, 0.05))
	}
	require.Equal(t, "[0, +Inf]", every.String())
}
