package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesOfVerdicts(t *testing.T) {
	j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{Latency{}, Distribution{Signal: "score"}, ErrorRate{}}})
	j.BeginStep(half)
	e := j.NewEvidence()
	for i := range 1000 {
		x := float64(i) / 1000
		e.Observe(Fresh, &Observation{Arm: Stable, Latency: time.Duration(i) * time.Millisecond, Numbers: []float64{x}})
		e.Observe(Fresh, &Observation{Arm: Candidate, Latency: 2 * time.Duration(i) * time.Millisecond, Numbers: []float64{x * x}})
	}
	e.Observe(Fresh, &Observation{Arm: Stable, Latency: -1, Numbers: []float64{math.NaN()}})
	j.Fold(e, 0)
	v := j.Verdicts()
	require.Len(t, v[0].Quantiles, len(quantileLevels))
	for i, level := range quantileLevels {
		q := v[0].Quantiles[i]
		require.Equal(t, level, q.Level)
		require.InEpsilon(t, level, q.Stable, 0.06)
		require.InEpsilon(t, 2*level, q.Candidate, 0.06)
		q = v[1].Quantiles[i]
		require.InDelta(t, level, q.Stable, 0.02)
		require.InDelta(t, level*level, q.Candidate, 0.03)
	}
	require.Nil(t, v[2].Quantiles, "two cells lie in no order")
}

func TestQuantilesNeedBothArms(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Latency{}}})
	j.BeginStep(half)
	j.Fold(calls(j, 100, Observation{Latency: time.Second}), 0)
	require.Nil(t, j.Verdicts()[0].Quantiles)
}

// Values beyond a range are its ends; the slowest bin is open.
func TestQuantileEnds(t *testing.T) {
	m := numberMeter{scale: newScale(-1, 3, false)}
	require.Equal(t, -1.0, m.value(belowCell))
	require.Equal(t, 3.0, m.value(aboveCell))
	require.Equal(t, -1+0.5*4/64, m.value(firstBin))
	require.InEpsilon(t, float64(latencyEdges[latencyBins-1])/1e9, latencyMeter{}.value(latencyBins-1), 1e-12)
	_, ok := quantile(m, make([]float64, numberCells), 0.5)
	require.False(t, ok)
}
