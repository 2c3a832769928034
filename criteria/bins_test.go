package criteria

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowBin is the definition that latencyBin looks up.
func slowBin(d time.Duration) int {
	bin := 0
	for bin < latencyBins-1 && int64(d) >= latencyEdges[bin+1] {
		bin++
	}
	return bin
}

func TestLatencyBinAgreesWithItsEdges(t *testing.T) {
	for _, edge := range latencyEdges {
		for _, d := range []int64{edge - 1, edge, edge + 1} {
			require.Equal(t, slowBin(time.Duration(d)), latencyBin(time.Duration(d)), "%d ns", d)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100_000 {
		d := time.Duration(rng.Uint64() >> (1 + rng.IntN(63)))
		require.Equal(t, slowBin(d), latencyBin(d), "%d ns", d)
	}
	require.Zero(t, latencyBin(0))
	require.Equal(t, latencyBins-1, latencyBin(math.MaxInt64))
}

func TestLatencyEdgesGrowByATenth(t *testing.T) {
	for i := 1; i < latencyBins; i++ {
		require.InDelta(t, latencyFloor*math.Pow(latencyGrowth, float64(i)), float64(latencyEdges[i]), 1+1e-9*float64(latencyEdges[i]))
		require.Greater(t, latencyEdges[i], latencyEdges[i-1])
	}
	require.Greater(t, time.Duration(latencyEdges[latencyBins-1]), 59*time.Minute)
}

func TestScaleCells(t *testing.T) {
	unit, log := newScale(0, 1, false), newScale(1, 1024, true)
	for _, c := range []struct {
		scale scale
		value float64
		cell  int
	}{
		{unit, math.NaN(), nanCell},
		{unit, math.Inf(-1), belowCell},
		{unit, -1e-300, belowCell},
		{unit, 0, firstBin},
		{unit, math.Copysign(0, -1), firstBin},
		{unit, 0.5, firstBin + 32},
		{unit, math.Nextafter(1, 0), aboveCell - 1},
		{unit, 1, aboveCell - 1},
		{unit, math.Nextafter(1, 2), aboveCell},
		{unit, math.Inf(1), aboveCell},
		{log, 0, belowCell},
		{log, -5, belowCell},
		{log, 1, firstBin},
		{log, 33, firstBin + 32},
		{log, 1024, aboveCell - 1},
		{log, 1025, aboveCell},
		{log, math.NaN(), nanCell},
	} {
		require.Equal(t, c.cell, c.scale.cell(c.value), "%v on [%v, %v]", c.value, c.scale.low, c.scale.high)
	}
}

func TestScaleEdgesStartTheirBins(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		low := math.Exp(20*rng.Float64() - 10)
		s := newScale(low, low*(1.01+1000*rng.Float64()), rng.IntN(2) == 0)
		for i := range numberBins {
			middle := (s.edge(i) + s.edge(i+1)) / 2
			require.Equal(t, firstBin+i, s.cell(middle), "%+v bin %d", s, i)
		}
		require.InEpsilon(t, s.high, s.edge(numberBins), 1e-9)
	}
}

func TestDurationText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		110:                     "110 ns",
		1230:                    "1.23 us",
		999_600:                 "1000 us",
		1_234_567:               "1.23 ms",
		12_345_678:              "12.3 ms",
		123_456_789:             "123 ms",
		3900 * time.Second:      "3900 s",
		1500 * time.Millisecond: "1.50 s",
	} {
		require.Equal(t, want, durationText(d))
	}
}
