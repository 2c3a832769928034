package criteria

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMeanCells(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	money := Mean{Signal: "value", Min: -100, Max: 100, Want: Higher}
	cost := Mean{Signal: "value", Want: Lower}
	for _, c := range []struct {
		name      string
		criterion Mean
		value     float64
		cell      int
	}{
		{"best", money, 100, 0},
		{"worst", money, -100, meanLevels},
		{"middle", money, 0, meanLevels / 2},
		{"clipped above", money, 1e300, 0},
		{"clipped below", money, -101, meanLevels},
		{"infinite", money, inf, 0},
		{"infinitely bad", money, -inf, meanLevels},
		{"not a number", money, nan, meanLevels},
		{"not a number is never cheap", cost, nan, meanLevels},
		{"free", cost, 0, 0},
		{"full price", cost, 1, meanLevels},
		{"infinite cost", cost, inf, meanLevels},
		{"a level", cost, 3. / 64, 3},
		{"widest range", Mean{Signal: "value", Min: -8e307, Max: 8e307, Want: Lower}, 8e307, meanLevels},
		{"narrowest range", Mean{Signal: "value", Max: 5e-324, Want: Lower}, 5e-324, meanLevels},
	} {
		o := Observation{Numbers: []float64{7, c.value}}
		require.Equal(t, c.cell, cellCounted(t, c.criterion, o), c.name)
	}
	for name, o := range map[string]Observation{
		"marked":    {Numbers: []float64{7, 1}, Missing: 2},
		"too few":   {Numbers: []float64{7}},
		"failed":    {Numbers: []float64{7, 1}, Outcome: Failed},
		"cancelled": {Numbers: []float64{7, 1}, Outcome: Cancelled},
	} {
		require.Equal(t, meanLevels+1, cellCounted(t, cost, o), name)
	}
}

// A number between two levels is counted in them, and only in them, so that the mean
// stays what it is.
func TestRoundingIsUnbiased(t *testing.T) {
	const n = 40_000
	for _, v := range []float64{0.001, 0.2, 0.5078125, 0.77, 0.9999} {
		j := mustJudge(t, signals(Mean{Signal: "value", Want: Lower}))
		e := j.NewEvidence()
		for range n {
			e.Observe(Fresh, &Observation{Numbers: []float64{0, v}})
		}
		sum, cells := 0.0, 0
		for level, count := range e.tables[coinsGroup].row(0, int(Stable))[:meanLevels+1] {
			if sum += meanScores[level] * float64(count); count > 0 {
				cells++
			}
		}
		require.LessOrEqual(t, cells, 2)
		sigma := 0.5 / meanLevels / math.Sqrt(n)
		require.InDelta(t, v, sum/n, 5*sigma)
	}
}

// The dice belong to the evidence: others are thrown for each, going on after a reset,
// and the same when a run is repeated.
func TestDice(t *testing.T) {
	config := signals(Mean{Signal: "value", Want: Lower})
	levels := func(e *Evidence) (row [64]int) {
		for i := range row {
			e.Reset()
			e.Observe(Fresh, &Observation{Numbers: []float64{0, 0.3 + 1./128}})
			for level, n := range e.tables[coinsGroup].row(0, int(Stable)) {
				if n > 0 {
					row[i] = level
				}
			}
		}
		return row
	}
	j := mustJudge(t, config)
	a, b := j.NewEvidence(), j.NewEvidence()
	first := levels(a)
	require.NotEqual(t, first, levels(a))
	require.NotEqual(t, first, levels(b))
	again := mustJudge(t, config)
	require.Equal(t, first, levels(again.NewEvidence()))
	config.Rounding = 1
	other := mustJudge(t, config)
	e := other.NewEvidence()
	require.NotEqual(t, first, levels(e))
	a.Reset()
	a.Merge(e)
	require.Equal(t, uint64(1), a.tables[coinsGroup].total(), "the seed is no part of what cells mean")
}

// All traffic and its slices count a call in the same cell.
func TestSlicesRoundAlike(t *testing.T) {
	c := signals(Mean{Signal: "value", Want: Higher})
	c.Slices, c.Sentinel = []string{"country", "device"}, true
	j := mustJudge(t, c)
	e := j.NewEvidence()
	rng := rand.New(rand.NewPCG(4, 4))
	for range 500 {
		e.Observe(Fresh, &Observation{Numbers: []float64{0, rng.Float64()}, Slices: []uint8{1, 2}, Sentinel: true})
	}
	for _, s := range []Stratum{Fresh, Sentinel} {
		var sliced [2][meanLevels + 2]uint64
		for _, x := range e.slices[coinsGroup].list {
			if x.key.row() == int(s)*numArms {
				sliced[x.key.dimension()][x.key.column()] += uint64(x.count)
			}
		}
		for _, cells := range sliced {
			require.Equal(t, e.tables[coinsGroup].row(int(s), int(Stable)), cells[:])
		}
	}
}

func TestMeanRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, c := range map[string]Mean{
		`mean(gone): unknown number signal "gone"`:                                     {Signal: "gone", Want: Lower},
		"mean(value): want unsaid is neither Higher nor Lower":                         {Signal: "value"},
		"mean(value): range [NaN, 1] is not finite":                                    {Signal: "value", Want: Lower, Min: nan, Max: 1},
		"mean(value): range [0, +Inf] is not finite":                                   {Signal: "value", Want: Lower, Max: inf},
		"mean(value): range [-1e+308, 1e+308] is not finite":                           {Signal: "value", Want: Lower, Min: -1e308, Max: 1e308},
		"mean(value): min 2 is not below max 1":                                        {Signal: "value", Want: Lower, Min: 2, Max: 1},
		"mean(value): min 2 is not below max 2":                                        {Signal: "value", Want: Lower, Min: 2, Max: 2},
		"mean(value): tolerance 1 is neither in [0, 1), as it must be where higher is": {Signal: "value", Want: Higher, Tolerance: 1},
		"mean(value): tolerance -0.2 is neither in [0, 100] nor Strict":                {Signal: "value", Want: Lower, Tolerance: -0.2},
		"mean(value): margin -1 is outside [0, 1)":                                     {Signal: "value", Want: Lower, Margin: Strict},
		"mean(value): weight NaN is outside":                                           {Signal: "value", Want: Lower, Weight: nan},
		"mean(value): role 9 is not":                                                   {Signal: "value", Want: Lower, Role: 9},
	} {
		_, err := NewJudge(signals(c))
		require.ErrorContains(t, err, "criteria: "+want)
	}
	_, err := NewJudge(signals(Mean{Signal: "value", Want: Lower}, Mean{Signal: "value", Want: Higher, Role: Hold}))
	require.ErrorContains(t, err, "mean(value): wants number value higher, which mean(value) wants lower")
}

func TestLinesOfTheMean(t *testing.T) {
	for _, c := range []struct {
		mean       Mean
		text       string
		null, safe line
	}{
		{Mean{Signal: "value", Want: Higher}, "mean(value) in [0, 1] at least 0.95 x stable's", line{0.95, 0.05}, line{0.95, 0.07}},
		{Mean{Signal: "value", Want: Lower, Max: 5}, "mean(value) in [0, 5] at most 1.1 x stable's", line{1.1, 0}, line{1.1, 0.02}},
		{Mean{Signal: "value", Want: Lower, Tolerance: Strict, Margin: 0.1}, "mean(value) in [0, 1] at most stable's", line{1, 0}, line{1, 0.1}},
	} {
		require.Equal(t, c.text, c.mean.String())
		w := mustJudge(t, signals(c.mean)).watches[0]
		null := w.book.null()
		require.InDeltaSlice(t, []float64{c.null.m, c.null.d}, []float64{null.m, null.d}, 1e-12)
		require.InDeltaSlice(t, []float64{c.safe.m, c.safe.d}, []float64{w.safe.m, w.safe.d}, 1e-12)
	}
}

// meanOf plays a mean of so much on both arms, and tells the verdict.
func meanOf(t *testing.T, c Mean, stable, candidate float64) Verdict {
	t.Helper()
	j := mustJudge(t, signals(c))
	j.BeginStep(half)
	rng := rand.New(rand.NewPCG(3, 3))
	for range 30 {
		e := j.NewEvidence()
		for range 100 {
			noise := rng.Float64() - 0.5
			e.Observe(Fresh, &Observation{Numbers: []float64{0, stable + noise}})
			e.Observe(Fresh, &Observation{Arm: Candidate, Numbers: []float64{0, candidate - noise}})
		}
		j.Fold(e, 0)
	}
	return j.Verdicts()[0]
}

func TestMeanSeesWhatIsWorse(t *testing.T) {
	sales := Mean{Signal: "value", Max: 10, Want: Higher}
	cost := Mean{Signal: "value", Max: 10, Want: Lower}
	require.Equal(t, Fail, meanOf(t, sales, 5, 4).Result)
	require.NotEqual(t, Fail, meanOf(t, sales, 5, 4.9).Result, "within the tolerance")
	require.Equal(t, Pass, meanOf(t, sales, 5, 6).Result)
	require.NotEqual(t, Fail, meanOf(t, sales, 20, 15).Result, "all of it clipped")
	require.Equal(t, Fail, meanOf(t, cost, 5, 6.5).Result)
	require.NotEqual(t, Fail, meanOf(t, cost, 5, 4).Result)
	require.Equal(t, Fail, meanOf(t, sales, 5, math.NaN()).Result, "who answers with no number is not better")
	require.Equal(t, Fail, meanOf(t, cost, 5, math.NaN()).Result)

	v := meanOf(t, sales, 5, 4)
	require.Regexp(t, `^value on average: (3\.9\d*|4(\.0\d*)?) of candidate, (4\.9\d*|5(\.0\d*)?) of stable calls$`, v.Finding)
	require.InDelta(t, 0.4, v.Candidate.Rate, 0.03, "above Min, as a part of the range")
	require.InDelta(t, 0.5, v.Stable.Rate, 0.03)
	ratio := meanOf(t, cost, 5, 6.5).Ratio
	require.Less(t, ratio.Lower, 1.3)
	require.Greater(t, ratio.Upper, 1.3)
}

// A slice in which the mean falls is named, in the units of the number.
func TestMeanWithinASlice(t *testing.T) {
	c := signals(Mean{Signal: "value", Max: 10, Want: Higher})
	c.Slices = []string{"country"}
	j := mustJudge(t, c)
	j.BeginStep(half)
	r := Ruling{}
	for i := 0; !r.RollBack; i++ {
		require.Less(t, i, 40_000)
		o := &Observation{Arm: Arm(i % 2), Numbers: []float64{0, 9}, Slices: []uint8{uint8(i / 2 % 10)}}
		if o.Arm == Candidate && o.Slices[0] == 3 {
			o.Numbers[1] = 1
		}
		e := j.NewEvidence()
		e.Observe(Fresh, o)
		r = j.Fold(e, 0)
	}
	v := j.Verdicts()[0]
	require.Equal(t, "country=3", v.Slice)
	require.Regexp(t, `^value on average: (1|1\.0\d+|0\.9\d+) of candidate, (9|9\.0\d*|8\.9\d+) of stable calls$`, v.Finding)
}
