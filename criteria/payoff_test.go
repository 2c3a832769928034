package criteria

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// mean is what a bet is worth in one call, when the arms show the event at
// these rates.
func (p payoff) mean(share, stable, candidate float64) float64 {
	c := candidate*math.Exp(p.c1) + (1-candidate)*math.Exp(p.c0)
	s := stable*math.Exp(p.s1) + (1-stable)*math.Exp(p.s0)
	return share*c + (1-share)*s
}

// No bet gains anywhere on the allowed side of its line: what everything rests on.
func TestPayoffNeverGainsUnderTheNull(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	placed := 0
	for range 5000 {
		l := line{m: []float64{1, 1.1, 0.95, 2, 0}[rng.IntN(5)]}
		if l.m == 0.95 || l.m == 0 {
			l.d = 0.05
		}
		share := []float64{0.001, 0.05, 0.5, 0.999}[rng.IntN(4)]
		a := shrink(math.Exp(-12*rng.Float64()), 1, 0, 0)
		e := event{rate: true, guess: a}
		pay := newPayoff(a, e.alternative(rng.IntN(e.bets()), l), l, share)
		if pay == (payoff{}) {
			continue
		}
		placed++
		for range 40 {
			stable := rng.Float64()
			if rng.IntN(2) == 0 {
				stable = math.Exp(-12 * rng.Float64())
			}
			edge := min(l.at(stable), 1)
			require.LessOrEqual(t, pay.mean(share, stable, edge), 1+1e-9, "a %v %+v share %v at %v", a, l, share, stable)
			require.LessOrEqual(t, pay.mean(share, stable, edge*rng.Float64()), 1+1e-9)
		}
	}
	require.Greater(t, placed, 3000)
}

// A bet gains when its own alternative is true, or it would be pointless.
func TestPayoffGainsWhenItsAlternativeIsTrue(t *testing.T) {
	for _, share := range []float64{0.001, 0.05, 0.5, 0.999} {
		pay := newPayoff(0.01, 0.05, line{m: 1.1}, share)
		require.Greater(t, pay.mean(share, 0.01, 0.05), 1.0)
	}
}

func TestRootAgreesWithBisection(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 5000 {
		l := line{m: 0.5 + rng.Float64(), d: 0.1 * rng.Float64()}
		a := math.Exp(-13 * rng.Float64())
		allowed := l.at(a)
		if allowed >= 1 {
			continue
		}
		f := slope{a, allowed + (1-allowed)*rng.Float64(), l, 0.001 + 0.998*rng.Float64()}
		low, high := a, min((f.candidate-l.d)/l.m, 1)
		for range 200 {
			if middle := (low + high) / 2; value(f, middle) < 0 {
				low = middle
			} else {
				high = middle
			}
		}
		require.InEpsilon(t, low, f.root(), 1e-9, "%+v", f)
	}
}

func value(f slope, x float64) float64 {
	v, _ := f.at(x)
	return v
}

func TestPayoffIsFiniteAtTheEdges(t *testing.T) {
	for _, a := range []float64{guessFloor, 0.5, 1 - guessFloor} {
		for _, share := range []float64{1e-9, 0.001, 0.999, 1 - 1e-9} {
			for _, l := range []line{{m: 1}, {m: 1.1}, {m: 101}, {m: 1 + 1e-12}, {m: 0, d: 0.2}, {m: 1 / (1 - guessFloor)}, {m: 2 * math.Nextafter(1, 0)}} {
				e := event{rate: true, guess: a}
				for h := range e.bets() {
					p := newPayoff(a, e.alternative(h, l), l, share)
					for _, x := range []float64{p.c1, p.c0, p.s1, p.s0} {
						require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "a %v share %v %+v bet %d: %+v", a, share, l, h, p)
					}
				}
			}
		}
	}
}

func TestPayoffInsideTheNullIsIdle(t *testing.T) {
	require.Equal(t, payoff{}, newPayoff(0.1, 0.1, line{m: 1}, 0.5))
	require.Equal(t, payoff{}, newPayoff(0.1, 0.11, line{m: 1.2}, 0.5))
	require.Equal(t, payoff{}, newPayoff(0.95, 0.99, line{m: 1.1}, 0.5), "nothing is above 1.045")
}
