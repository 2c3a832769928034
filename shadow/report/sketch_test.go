package report_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/shadow/report"
)

func TestSketchKeepsQuantilesToAQuarterOfAPerCent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"scores":      rng.Float64,
		"latencies":   func() float64 { return 1e-4 * math.Exp(rng.NormFloat64()) },
		"differences": func() float64 { return 0.01 * rng.NormFloat64() },
		"huge":        func() float64 { return 1e15 * (rng.Float64() - 0.9) },
	} {
		numbers := make([]float64, 20000)
		for i := range numbers {
			numbers[i] = draw()
		}
		levels := []float64{0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1}
		got, _ := report.Sketched(numbers, levels, []float64{0, 1})
		slices.Sort(numbers)
		for i, level := range levels {
			want := numbers[int(level*float64(len(numbers)-1))]
			require.InDelta(t, want, got[i], 0.003*math.Abs(want)+1e-12, "%s at %v", name, level)
		}
	}
}

func TestSketchOfWholeNumbersGivesWholeNumbers(t *testing.T) {
	got, _ := report.Sketched([]float64{3, 33, 34, 77, 181}, []float64{0.25, 0.5, 0.75}, []float64{0, 1})
	require.Equal(t, []float64{33, 34, 77}, got)
}

func TestSketchLeavesNothingOutBetweenItsEdges(t *testing.T) {
	numbers := []float64{-2, -1, -1, 0, 0, 0, 0.5, 1, 1, 3}
	_, got := report.Sketched(numbers, nil, []float64{-2, -0.5, 0.25, 0.75, 2, 3})
	for i, want := range []float64{0.3, 0.3, 0.1, 0.2, 0.1} {
		require.InDelta(t, want, got[i], 1e-9)
	}
}

func TestSketchOfWhatIsNotFinite(t *testing.T) {
	got, spread := report.Sketched([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}, []float64{0.5}, []float64{0, 1})
	require.Equal(t, []float64{0}, got)
	require.Equal(t, []float64{0}, spread)
}
