package criteria

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// allKinds is one criterion of each kind, and two of those with two sides.
func allKinds() Config {
	return Config{
		Numbers: []string{"score"}, Labels: []string{"class"}, Checks: []string{"done"},
		Slices: []string{"country"}, Sentinel: true,
		Criteria: []Criterion{
			ErrorRate{}, TimeoutRate{}, CancelRate{}, InvalidRate{}, FailureModes{}, SessionErrorRate{}, Backstop{},
			Latency{}, Distribution{Signal: "score"}, Categories{Signal: "class"},
			Mean{Signal: "score", Want: Higher}, Mean{Signal: "score", Want: Higher, Min: -1, Max: 1, Tolerance: Strict, Role: Hold},
			Rate{Signal: "done", Want: Lower}, Rate{Signal: "done", Want: Lower, Role: Hold, Tolerance: Strict},
			ErrorObjective{Limit: 0.001}, LatencyObjective{Quantile: 0.999, Limit: time.Millisecond},
			Disagreement{}, Disagreement{Limit: Strict, Role: Hold},
			Difference{Signal: "score", Want: Higher}, Difference{Signal: "score", Role: Hold},
		},
	}
}

// requireSane holds what evidence must never be, whatever was observed.
func requireSane(t *testing.T, j *Judge) {
	t.Helper()
	for _, w := range j.watches {
		for ; w != nil; w = w.twin {
			require.False(t, math.IsNaN(w.logE) || math.IsInf(w.logE, 0), "%s: %v", w.criterion, w.logE)
			require.False(t, math.IsNaN(w.global) || math.IsInf(w.global, 0), "%s: %v", w.criterion, w.global)
		}
	}
	for _, v := range j.Verdicts() {
		for _, e := range []Estimate{v.Stable, v.Candidate} {
			require.True(t, e.Rate >= 0 && e.Rate <= 1+1e-12, "%v", v)
			require.True(t, e.Interval.Lower >= 0 && e.Interval.Upper <= 1, "%v", v)
		}
		require.NotContains(t, v.Finding, "NaN")
	}
}

// Every kind of criterion, with nothing, with everything in one cell, and with
// 2^40 calls anywhere, at the ends of the shares.
func TestExtremesPoisonNothing(t *testing.T) {
	for _, share := range []float64{0.001, 0.5, 0.999} {
		rng := rand.New(rand.NewPCG(9, uint64(1000*share)))
		for range 30 {
			j := mustJudge(t, allKinds())
			requireSane(t, j)
			shares := [NumStrata]float64{share, 1 - share, share}
			j.BeginStep(shares)
			j.BeginWindows(shares)
			for round := range 6 {
				e := j.NewEvidence()
				for g := range e.tables {
					extreme(rng, &e.tables[g], &j.form.columns[g], []uint64{0, 1, 1 << 40}[rng.IntN(3)])
				}
				j.Fold(e, time.Duration(round)*time.Hour)
				requireSane(t, j)
			}
		}
	}
}

// extreme puts n calls of each arm in one cell of each criterion, or nothing.
func extreme(rng *rand.Rand, c *counts, columns *columns, n uint64) {
	for s := range c.strata {
		for arm := range numArms {
			if rng.IntN(3) == 0 || len(columns.list) == 0 {
				continue
			}
			c.seen[s*numArms+arm] = n
			for i := range columns.list {
				column := &columns.list[i]
				cells := column.meter.cells()
				c.row(s, arm)[column.offset+[]int{0, cells - 1, rng.IntN(cells + 1)}[rng.IntN(3)]] = n
			}
		}
	}
}

// Guesses at their clamps give bets that can be paid for, whatever the line.
func TestBetsAtTheClamps(t *testing.T) {
	for _, c := range allKinds().Criteria {
		l := mustJudge(t, withOnly(c)).watches[0].book.null()
		for _, guess := range []float64{guessFloor, 0.5, 1 - guessFloor} {
			for _, share := range []float64{0.001, 0.5, 0.999} {
				e := event{rate: true, guess: guess}
				for h := range e.bets() {
					pay := newPayoff(guess, e.alternative(h, l), l, share)
					for _, x := range []float64{pay.c1, pay.c0, pay.s1, pay.s0} {
						require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%v: %v at %v", c, pay, guess)
					}
				}
			}
		}
	}
}

func withOnly(c Criterion) Config {
	config := allKinds()
	config.Criteria = []Criterion{c}
	return config
}

// A seed can only help: with it no kind has evidence before anything is counted.
func TestKindsStartAtNothing(t *testing.T) {
	for _, c := range allKinds().Criteria {
		j := mustJudge(t, withOnly(c))
		rng := rand.New(rand.NewPCG(2, 2))
		for range 500 {
			o := randomCall(rng)
			o.Arm, o.Checks, o.Class = Stable, rng.Uint32N(2), uint16(rng.IntN(3))
			j.Seed(o)
		}
		for range 20 {
			j.BeginStep(half)
			j.BeginWindows(half)
		}
		require.InDelta(t, 0, j.watches[0].book.logE(), 1e-12, "%v", c)
	}
}

func TestKindsDoNotAllocate(t *testing.T) {
	j := mustJudge(t, allKinds())
	shares := [NumStrata]float64{0.5, 0.5, 0.5}
	j.BeginStep(shares)
	j.BeginWindows(shares)
	e, rng := j.NewEvidence(), rand.New(rand.NewPCG(3, 3))
	observe := func(o *Observation, p *Pair) {
		o.Sentinel, o.Slices = true, []uint8{3}
		e.Observe(Fresh, o)
		e.ObserveWindow(Fresh, o)
		e.ObservePair(p)
		j.Fold(e, 0)
		e.Reset()
	}
	p := &Pair{Rerun: true, Differs: true, Differences: []float64{0.1}}
	for range 500 {
		observe(randomCall(rng), p)
	}
	o := randomCall(rng)
	slices := []uint8{3}
	require.Zero(t, testing.AllocsPerRun(20, func() {
		o.Sentinel, o.Slices = true, slices
		e.Observe(Fresh, o)
		e.ObserveWindow(Fresh, o)
		e.ObservePair(p)
		j.Fold(e, 0)
		e.Reset()
	}))
}

// FuzzObserve feeds observations, windows and pairs made of anything.
func FuzzObserve(f *testing.F) {
	f.Add([]byte{})
	for _, fill := range []byte{0, 1, 0x7f, 0x80, 0xf0, 0xff} {
		data := make([]byte, 40*64)
		for i := range data {
			data[i] = fill
		}
		f.Add(data)
	}
	random := make([]byte, 40*64)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	f.Add(random)
	f.Fuzz(func(t *testing.T, data []byte) {
		j := mustJudge(t, allKinds())
		shares := [NumStrata]float64{0.3, 0.1, 0.9}
		j.BeginStep(shares)
		j.BeginWindows(shares)
		e := j.NewEvidence()
		for n := 0; len(data) >= 40 && n < 100; n, data = n+1, data[40:] {
			o, p := anything(data)
			e.Observe(Stratum(data[0]), o)
			e.ObserveWindow(Stratum(data[1]), o)
			e.ObservePair(p)
			if data[2]%4 == 0 {
				j.Fold(e, time.Duration(binary.LittleEndian.Uint64(data[24:])))
				e.Reset()
			}
			if data[3]%64 == 0 {
				j.BeginStep([NumStrata]float64{float64(data[4]) / 200, math.Float64frombits(binary.LittleEndian.Uint64(data[8:]))})
			}
		}
		j.Fold(e, 0)
		requireSane(t, j)
	})
}

// anything is an observation and a pair of 40 bytes of anything.
func anything(b []byte) (*Observation, *Pair) {
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
	number := math.Float64frombits(word(8))
	if b[5]%2 == 0 {
		number = float64(b[6]) / 255
	}
	return &Observation{
			Arm: Arm(b[0] % 3), Outcome: Outcome(b[1] % 8), Answered: b[2]&1 != 0,
			Latency: time.Duration(word(16)), Numbers: []float64{number}[:b[7]%2],
			Labels: []uint16{uint16(word(32))}, Missing: word(24), Checks: uint32(word(26)), Unchecked: uint32(word(30)),
			Invalid: b[2]&2 != 0, Class: uint16(word(20)), Slices: []uint8{b[3]}, Sentinel: b[4]&1 != 0,
		}, &Pair{
			Differs: b[2]&4 != 0, Rerun: b[2]&8 != 0, RerunDiffers: b[2]&16 != 0,
			Differences: []float64{number}, Missing: uint32(word(12)),
		}
}
