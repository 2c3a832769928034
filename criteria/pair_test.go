package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pairCounted observes one pair and returns the cell it is in.
func pairCounted(t *testing.T, c Criterion, p Pair) int {
	t.Helper()
	config := signals(c)
	config.Slices = []string{"country"}
	j := mustJudge(t, config)
	e := j.NewEvidence()
	p.Slices = []uint8{5}
	e.ObservePair(&p)
	for cell, n := range e.tables[pairsGroup].row(0, int(Candidate)) {
		if n == 1 {
			require.Equal(t, uint64(1), e.tables[pairsGroup].total())
			require.Equal(t, []crossing{{newCrossingKey(int(Candidate), 0, 5, cell), 1}}, e.slices[pairsGroup].list)
			return cell
		}
	}
	require.True(t, e.Empty())
	require.Empty(t, e.slices[pairsGroup].list)
	return unpaired
}

func TestPairCells(t *testing.T) {
	noise, strict := Disagreement{}, Disagreement{Limit: Strict}
	value := Difference{Signal: "value"}
	for _, c := range []struct {
		name      string
		criterion Criterion
		pair      Pair
		cell      int
	}{
		{"no rerun", noise, Pair{Differs: true, RerunDiffers: true}, unpaired},
		{"all agree", noise, Pair{Rerun: true}, 1},
		{"both differ", noise, Pair{Differs: true, Rerun: true, RerunDiffers: true}, 1},
		{"the candidate differs", noise, Pair{Differs: true, Rerun: true}, 2},
		{"the rerun differs", noise, Pair{Rerun: true, RerunDiffers: true}, 0},
		{"strictly, no rerun", strict, Pair{Differs: true}, unpaired},
		{"strictly, all agree", strict, Pair{Rerun: true}, unpaired},
		{"strictly, both differ", strict, Pair{Differs: true, Rerun: true, RerunDiffers: true}, unpaired},
		{"strictly, the candidate differs", strict, Pair{Differs: true, Rerun: true}, 1},
		{"strictly, the rerun differs", strict, Pair{Rerun: true, RerunDiffers: true}, 0},
		{"higher", value, Pair{Differences: []float64{-1, 1e-300}}, higherCell},
		{"lower", value, Pair{Differences: []float64{1, -2}}, lowerCell},
		{"infinitely lower", value, Pair{Differences: []float64{1, math.Inf(-1)}}, lowerCell},
		{"a tie", value, Pair{Differences: []float64{1, 0}}, unpaired},
		{"not a number", value, Pair{Differences: []float64{1, math.NaN()}}, unpaired},
		{"missing", value, Pair{Differences: []float64{1, 1}, Missing: 2}, unpaired},
		{"another one missing", value, Pair{Differences: []float64{1, 1}, Missing: 1}, higherCell},
		{"too few", value, Pair{Differences: []float64{1}}, unpaired},
		{"none", value, Pair{}, unpaired},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.cell, pairCounted(t, c.criterion, c.pair)) })
	}
}

// Each criterion counts the pairs that bear on it, whatever the others do.
func TestPairsAreCountedByWhoTheyBearOn(t *testing.T) {
	j := mustJudge(t, signals(Disagreement{}, Difference{Signal: "value"}, ErrorRate{}))
	e := j.NewEvidence()
	e.ObservePair(&Pair{Rerun: true, Differs: true})
	e.ObservePair(&Pair{Differences: []float64{0, 1}})
	e.ObservePair(&Pair{})
	require.Equal(t, uint64(2), e.tables[pairsGroup].total())
	require.Equal(t, []uint64{0, 0, 1, 0, 1, 0, 0}, e.tables[pairsGroup].row(0, int(Candidate)))
	require.Zero(t, e.tables[coinsGroup].total())
	o := Observation{Arm: Candidate}
	e.Observe(Fresh, &o)
	require.Equal(t, uint64(2), e.tables[pairsGroup].total(), "a call is no pair")
	both := j.NewEvidence()
	both.Merge(e)
	both.Merge(e)
	require.Equal(t, uint64(4), both.tables[pairsGroup].total())
	none := mustJudge(t, signals(ErrorRate{})).NewEvidence()
	none.ObservePair(&Pair{Rerun: true})
	require.True(t, none.Empty(), "nobody judges pairs")
	new(Evidence).ObservePair(&Pair{Rerun: true})
}

// paired plays n pairs, of which so many in a hundred differ on the candidate, on
// the rerun and in a number.
func paired100(t *testing.T, c Criterion, n, differ, rerun, higher, lower int) (Ruling, Verdict) {
	t.Helper()
	j := mustJudge(t, signals(c))
	r := Ruling{}
	for i := range n {
		k := i * 37 % 100
		p := Pair{Rerun: true, Differs: k < differ, RerunDiffers: k >= 100-rerun}
		switch {
		case k < higher:
			p.Differences = []float64{0, 0.5}
		case k >= 100-lower:
			p.Differences = []float64{0, -0.5}
		}
		e := j.NewEvidence()
		e.ObservePair(&p)
		r = j.Fold(e, 0)
	}
	return r, j.Verdicts()[0]
}

func TestDisagreementIsMeasuredAgainstTheNoise(t *testing.T) {
	noisy := func(c Disagreement, differ, rerun int) (Ruling, Verdict) {
		return paired100(t, c, 3000, differ, rerun, 0, 0)
	}
	for name, c := range map[string]struct {
		criterion     Disagreement
		differ, rerun int
		found         string
	}{
		"alike":                       {Disagreement{}, 0, 0, ""},
		"as noisy":                    {Disagreement{}, 40, 40, ""},
		"less noisy":                  {Disagreement{}, 10, 40, ""},
		"within the limit":            {Disagreement{}, 14, 10, ""},
		"beyond the limit":            {Disagreement{}, 30, 10, "differs beyond what stable differs from itself: 2"},
		"within a wider limit":        {Disagreement{Limit: 0.3}, 30, 10, ""},
		"wholly different":            {Disagreement{}, 100, 0, "differs beyond what stable differs from itself: 100 % of pairs"},
		"strictly as noisy":           {Disagreement{Limit: Strict}, 20, 20, ""},
		"strictly a little different": {Disagreement{Limit: Strict}, 6, 2, "differs where stable agrees with itself, rather than the reverse: 7"},
	} {
		t.Run(name, func(t *testing.T) {
			r, v := noisy(c.criterion, c.differ, c.rerun)
			require.Equal(t, c.found != "", r.RollBack, "%v", v)
			require.Contains(t, v.Finding, c.found)
		})
	}
}

func TestDifferenceReadsSigns(t *testing.T) {
	signed := func(want Want, higher, lower int) (Ruling, Verdict) {
		return paired100(t, Difference{Signal: "value", Want: want}, 1000, 0, 0, higher, lower)
	}
	for name, c := range map[string]struct {
		want          Want
		higher, lower int
		found         string
	}{
		"all ties":             {0, 0, 0, ""},
		"as often":             {0, 30, 30, ""},
		"up":                   {0, 40, 10, "value higher than stable's: "},
		"down":                 {0, 10, 40, "value lower than stable's: "},
		"up, as wanted":        {Higher, 40, 10, ""},
		"down, as not wanted":  {Higher, 10, 40, "value lower than stable's: "},
		"down, as wanted":      {Lower, 10, 40, ""},
		"up, as not wanted":    {Lower, 40, 10, "value higher than stable's: "},
		"few, but all are bad": {Lower, 5, 0, "value higher than stable's: 100 % of pairs"},
	} {
		t.Run(name, func(t *testing.T) {
			r, v := signed(c.want, c.higher, c.lower)
			require.Equal(t, c.found != "", r.RollBack, "%v", v)
			require.Contains(t, v.Finding, c.found)
		})
	}
}

// No share matters to pairs.
func TestPairsNeedNoShare(t *testing.T) {
	logE := func(step func(j *Judge)) float64 {
		j := mustJudge(t, signals(Disagreement{}))
		require.Equal(t, "no pair counted yet", j.Verdicts()[0].Reason)
		r := Ruling{}
		step(j)
		for i := range 200 {
			e := j.NewEvidence()
			e.ObservePair(&Pair{Rerun: true, Differs: i%4 == 0})
			r = j.Fold(e, 0)
		}
		return r.LogE
	}
	want := logE(func(*Judge) {})
	require.NotZero(t, want)
	require.Equal(t, want, logE(func(j *Judge) { j.BeginStep(half) }))
	require.Equal(t, want, logE(func(j *Judge) { j.BeginStep([NumStrata]float64{}) }))
}

func TestPairedCriteriaRefuse(t *testing.T) {
	nan := math.NaN()
	for want, c := range map[string]Criterion{
		"disagreement: limit 1 is neither in [0, 1) nor Strict":               Disagreement{Limit: 1},
		"disagreement: limit -0.1 is neither":                                 Disagreement{Limit: -0.1},
		"disagreement: limit NaN is neither":                                  Disagreement{Limit: nan},
		"disagreement: margin -1 is outside [0, 1)":                           Disagreement{Margin: Strict},
		"disagreement: margin and limit leave nothing to prove":               Disagreement{Limit: 0.96},
		"disagreement: weight -1 is outside":                                  Disagreement{Weight: -1},
		"disagreement: role 3 is not":                                         Disagreement{Role: 3},
		`difference(gone): unknown number signal "gone"`:                      Difference{Signal: "gone"},
		"difference(value): want want(?) is neither Higher nor Lower, nor un": Difference{Signal: "value", Want: 3},
		"difference(value): margin NaN is outside [0, 1)":                     Difference{Signal: "value", Margin: nan},
		"difference(value): margin and limit leave nothing to prove":          Difference{Signal: "value", Margin: 0.5},
	} {
		_, err := NewJudge(signals(c))
		require.ErrorContains(t, err, "criteria: "+want)
	}
	_, err := NewJudge(signals(Mean{Signal: "value", Want: Lower}, Difference{Signal: "value", Want: Higher}))
	require.ErrorContains(t, err, "difference(value): wants number value higher, which mean(value) wants lower")
	mustJudge(t, signals(Mean{Signal: "value", Want: Lower}, Difference{Signal: "value"}))
}

func TestLinesOfThePairs(t *testing.T) {
	for _, c := range []struct {
		criterion  Criterion
		text       string
		null, safe line
	}{
		{Disagreement{}, "disagreement: on at most 5 % more of the inputs than stable with itself", line{0, 0.525}, line{0, 0.55}},
		{Disagreement{Limit: 0.2, Margin: 0.1}, "disagreement: on at most 20 % more of the inputs than stable with itself", line{0, 0.6}, line{0, 0.65}},
		{Disagreement{Limit: Strict}, "disagreement: no more often than stable with itself", line{0, 0.5}, line{0, 0.55}},
		{Difference{Signal: "value"}, "difference(value) as often lower as higher than stable's", line{0, 0.5}, line{0, 0.55}},
		{Difference{Signal: "value", Want: Higher}, "difference(value) no more often lower than higher than stable's", line{0, 0.5}, line{0, 0.55}},
		{Difference{Signal: "value", Want: Lower, Margin: 0.2}, "difference(value) no more often higher than lower than stable's", line{0, 0.5}, line{0, 0.7}},
	} {
		require.Equal(t, c.text, c.criterion.String())
		require.Contains(t, c.text, c.criterion.Name())
		w := mustJudge(t, signals(c.criterion)).watches[0]
		null := w.book.null()
		require.InDeltaSlice(t, []float64{c.null.m, c.null.d}, []float64{null.m, null.d}, 1e-12, "%v", c.criterion)
		require.InDeltaSlice(t, []float64{c.safe.m, c.safe.d}, []float64{w.safe.m, w.safe.d}, 1e-12, "%v", c.criterion)
	}
}

// The first round of a proof about signs has a guess, too: without one it was not a
// number, and the gate stayed shut until another step began.
func TestDifferenceIsProvenInItsFirstStep(t *testing.T) {
	j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{Difference{Signal: "score"}}})
	e := j.NewEvidence()
	for i := range 20_000 {
		e.ObservePair(&Pair{Differences: []float64{float64(1 - 2*(i%2))}})
		if i%100 == 99 {
			j.Fold(e, time.Duration(i)*time.Second)
			e.Reset()
		}
	}
	p := j.Promotion()
	require.True(t, p.Ready, p.Reason)
	require.Greater(t, p.Gates[0].LogE, p.Gates[0].Limit)
}
