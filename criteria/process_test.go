package criteria

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The stakes and what is left in the purse are always the whole capital.
func TestPurseTelescopes(t *testing.T) {
	staked := 0.0
	for k := range 10_000 {
		stake := purse(k) - purse(k+1)
		require.Positive(t, stake)
		staked += stake
		require.InDelta(t, 1, staked+purse(k+1), 1e-9)
	}
}

func TestProcessStartsAtOneAndKeepsItWithoutCounts(t *testing.T) {
	p := process{line: line{m: 1}}
	var empty sums
	require.Zero(t, p.logE(&empty))
	for range 50 {
		p.open([]event{{rate: true, guess: 0.01}}, half)
		require.InDelta(t, 0, p.logE(&empty), 1e-12)
		p.close(&empty)
	}
	require.Equal(t, 50, p.rounds)
}

func TestProcessWithoutBetsStakesNothing(t *testing.T) {
	p := process{line: line{m: 1}}
	p.open(nil, half)
	p.open([]event{{guess: 0.01}}, [NumStrata]float64{})
	require.Zero(t, p.rounds)
	i, _ := p.leader(&sums{})
	require.Equal(t, -1, i)
}

func TestLogSpace(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 1000 {
		x := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		sum := math.Exp(x[0]) + math.Exp(x[1])
		require.InDelta(t, math.Log(sum), logAdd(x[0], x[1]), 1e-12)
		require.InDelta(t, math.Log(sum+math.Exp(x[2])), logSum(x), 1e-12)
		w := rng.Float64()
		require.InDelta(t, math.Log(w*math.Exp(x[0])+(1-w)*math.Exp(x[1])), logMix(w, x[0], x[1]), 1e-12)
	}
	none := math.Inf(-1)
	require.Equal(t, none, logSum(nil))
	require.Equal(t, none, logSum([]float64{none, none}))
	require.Equal(t, none, logAdd(none, none))
	require.Equal(t, 3.0, logAdd(none, 3))
	require.InDelta(t, 1e13, logAdd(1e13, -1e13), 0)
	require.Equal(t, 2.0, logMix(0, 1, 2))
	require.Equal(t, 1.0, logMix(1, 1, 2))
}
