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
	require.Zero(t, p.logE())
	for range 50 {
		p.open([]event{{rate: true, guess: 0.01}}, half)
		require.InDelta(t, 0, p.logE(), 1e-12)
		p.close()
	}
	require.Equal(t, 50, p.rounds)
}

func TestProcessWithoutBetsStakesNothing(t *testing.T) {
	p := process{line: line{m: 1}}
	p.open(nil, half)
	p.open([]event{{guess: 0.01}}, [NumStrata]float64{})
	require.Zero(t, p.rounds)
	i, _ := p.leader()
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

// What is chosen from the past uses the scores that are bet with: stable's calls
// without a value showed the event.
func TestGuess(t *testing.T) {
	p := &past{stable: []float64{60, 20, 20}, candidate: []float64{0, 1000, 1000}}
	e := &event{stable: []span{{1, 2}}}
	require.InDelta(t, (20+20+50*0.002)/(100+50), p.guess(e, ratePrior, priorWeight), 1e-15)
	graded := &event{scores: []float64{0.5, 1}}
	require.InDelta(t, (30+20+20+50*0.5)/(100+50), p.guess(graded, 0.5, priorWeight), 1e-15)
	require.Equal(t, guessFloor, shrink(0, 1e12, ratePrior, priorWeight))
	require.Equal(t, 1-guessFloor, shrink(1e12, 1e12, ratePrior, priorWeight))
}

// A graded event with the scores 0 and 1 is the set of the cells with score 1.
func TestGradedEventGeneralisesSets(t *testing.T) {
	c := newCounts(1, 4)
	copy(c.row(0, int(Stable)), []uint64{50, 30, 20, 3})
	copy(c.row(0, int(Candidate)), []uint64{20, 30, 50, 7})
	c.seen[0] = 1
	set := event{stable: []span{{1, 3}}, candidate: []span{{1, 3}}, guess: 0.4}
	graded := event{scores: []float64{0, 1, 1}, guess: 0.4}
	t1 := newSums(3)
	t1.read(&c, 0)
	var logE [2]float64
	for i, e := range []event{set, graded} {
		p := process{line: line{m: 1.05}}
		p.open([]event{e}, half)
		p.read(&t1)
		logE[i] = p.logE()
	}
	require.NotZero(t, logE[0])
	require.InDelta(t, logE[0], logE[1], 1e-9)
}
