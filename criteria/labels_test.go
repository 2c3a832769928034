package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// labelled counts n calls of both arms with each label.
func labelled(j *Judge, n int, labels ...uint16) *Evidence {
	e := j.NewEvidence()
	for range n {
		for _, label := range labels {
			o := Observation{Labels: []uint16{label}}
			e.Observe(Fresh, &o)
			o.Arm = Candidate
			e.Observe(Fresh, &o)
		}
	}
	return e
}

func classJudge(t *testing.T) (*Judge, *labelBook) {
	t.Helper()
	j := mustJudge(t, Config{Labels: []string{"class"}, Criteria: []Criterion{Categories{Signal: "class"}}})
	j.BeginStep(half)
	return j, j.watches[0].book.(*labelBook)
}

func TestLabelsOfTheFirstBetsShareHalfTheWeight(t *testing.T) {
	j, b := classJudge(t)
	require.True(t, b.starved())
	require.InDelta(t, 0, j.Fold(labelled(j, 10, 4, 2, 9), 0).LogE, 1e-12, "nothing is known, nothing is bet")
	require.True(t, b.starved())
	j.Fold(labelled(j, 2, 4), 0) // 64 values
	require.False(t, b.starved())
	require.Equal(t, []int{2, 4, 9}, b.labels)
	require.Len(t, b.base.log, 3*2*len(oddsRatios))
	require.Empty(t, b.found)
	require.InDelta(t, 0, b.logE(), 1e-12, "the parts add up to one")
}

func TestNewLabelIsBetOnFromTheNextRound(t *testing.T) {
	j, b := classJudge(t)
	j.Fold(labelled(j, 32, 0, 1), 0)
	require.Equal(t, []span{{2, MaxLabels}}, b.freshEvent.stable)
	j.Fold(labelled(j, 1, 7, 8, 8), 0)
	require.Empty(t, b.found, "what a cell means does not depend on the round being counted")
	require.False(t, b.known[7])
	j.Fold(labelled(j, 100, 0), 0) // closes
	require.Equal(t, []int{0, 1}, b.labels, "the first labels keep their half")
	require.Len(t, b.found, 2)
	require.Equal(t, 8, b.found[0].id, "the more frequent has the larger weight")
	require.Equal(t, 7, b.found[1].id)
	require.InDelta(t, 0.25*6/(math.Pi*math.Pi), math.Exp(b.found[0].weight), 1e-12)
	require.InDelta(t, 0.25*6/(math.Pi*math.Pi*4), math.Exp(b.found[1].weight), 1e-12)
	require.Equal(t, 1, b.found[0].rounds, "its own capital starts with it")
	require.Equal(t, []span{{2, 7}, {9, MaxLabels}}, b.freshEvent.stable)
	weights := b.found[0].weight
	j.Fold(labelled(j, 200, 0, 200), 0)
	require.Equal(t, weights, b.found[0].weight, "weights are never rescaled")
}

// However many labels are found, the parts never add up to more than one.
func TestLabelWeightsNeverExceedOne(t *testing.T) {
	j, b := classJudge(t)
	j.Fold(labelled(j, 64, 0), 0)
	for id := uint16(1); id < MaxLabels; id++ {
		j.Fold(labelled(j, 1, id), 0)
		j.BeginStep(half)
	}
	require.Len(t, b.found, MaxLabels-1)
	sum := b.baseWeight + b.novelWeight
	for i := range b.found {
		sum += math.Exp(b.found[i].weight)
	}
	require.Less(t, sum, 1.0)
	require.Greater(t, sum, 0.999)
	require.Empty(t, b.freshEvent.stable, "no label is left to be new")
	r := j.Fold(labelled(j, 1, 5), 0)
	require.False(t, math.IsNaN(r.LogE) || math.IsInf(r.LogE, 0))
}

// Bets of a found label get capital that lay idle, none that was made.
func TestFindingLabelsKeepsTheEvidence(t *testing.T) {
	j, b := classJudge(t)
	j.Fold(labelled(j, 64, 0, 1), 0)
	for id := uint16(2); id < 20; id++ {
		before := j.Fold(labelled(j, 3, 0, id), 0).LogE
		j.BeginStep(half)
		require.InDelta(t, before, b.logE(), 1e-9, "label %d", id)
	}
	require.Len(t, b.found, 18)
}

// Labels seen while nothing could be bet belong to the first bets.
func TestLabelsAreLearntForBetsOnly(t *testing.T) {
	j, b := classJudge(t)
	for i := range 300 {
		if i%100 == 0 {
			j.BeginStep([NumStrata]float64{})
		}
		j.Seed(&Observation{Labels: []uint16{uint16(i / 100)}})
	}
	j.BeginStep(half)
	require.Equal(t, []int{0, 1, 2}, b.labels)
	require.Empty(t, b.found)
}

func TestLabelChangesAreSeen(t *testing.T) {
	usual := func(i int) uint16 { return uint16(i % 4) }
	for name, answer := range map[string]func(i int) uint16{
		"one more often": func(i int) uint16 { return usual(i) * uint16(i/4%2) },
		"one gone":       func(i int) uint16 { return max(1, usual(i)) },
		"a new one":      func(i int) uint16 { return usual(i) + 90*uint16(i%5/4) },
		"ever new ones":  func(i int) uint16 { return usual(i) + uint16(i%5/4)*uint16(4+i%240) },
	} {
		j, _ := classJudge(t)
		for i := range 500 {
			e := j.NewEvidence()
			e.Observe(Fresh, &Observation{Labels: []uint16{usual(i)}})
			e.Observe(Fresh, &Observation{Arm: Candidate, Labels: []uint16{answer(i)}})
			j.Fold(e, 0)
		}
		require.True(t, j.ruling.RollBack, name)
	}
}

func TestLabelText(t *testing.T) {
	j := mustJudge(t, Config{
		Labels:    []string{"other", "class"},
		Criteria:  []Criterion{Categories{Signal: "class"}},
		LabelText: func(signal int, id uint16) string { return []string{"o", "c<\n"}[signal] + string(rune('0'+id)) },
	})
	words, _ := j.watches[0].book.words(&event{at: 5})
	require.Equal(t, `class is "c<\n5"`, words)
	require.Equal(t, "label 5", names{&Config{}}.label(0, 5))
}

// Turing's guess: stable gives as many labels it has not given as it gave one of
// for the first and only time, of all its calls; and what is missing counts for it.
func TestUnseenLabelsAreGuessedFromTheRare(t *testing.T) {
	b := newLabelBook(answerLabels, line{m: 1}, nil, "")
	p := &past{stable: make([]float64, MaxLabels+1), candidate: make([]float64, MaxLabels+1)}
	require.InDelta(t, ratePrior, b.unseen(p), 1e-15)
	p.stable[0], p.stable[1], p.stable[2], p.stable[3] = 900, 1, 1, 40
	p.candidate[9] = 500
	require.InDelta(t, (2+50*ratePrior)/(942+50), b.unseen(p), 1e-15)
	p.stable[MaxLabels] = 8
	require.InDelta(t, (10+50*ratePrior)/(950+50), b.unseen(p), 1e-15)

	modes := newLabelBook(failureClasses, line{m: 1}, nil, "")
	p = &past{stable: make([]float64, MaxLabels+3), candidate: make([]float64, MaxLabels+3)}
	p.stable[MaxLabels], p.stable[noFailure] = 1, 1
	require.InDelta(t, (1+50*ratePrior)/(2+50), modes.unseen(p), 1e-15, "a call that did not fail has no class")
}

// As a label may be given so much more often, it may be given so much less often: the
// complement of the event has the line that says so.
func TestLeastLine(t *testing.T) {
	for _, c := range []struct{ l, least line }{
		{line{m: 1}, line{m: 1}},
		{line{m: 1.1}, line{m: 0.9, d: 0.1}},
		{line{m: 1.1, d: 0.02}, line{m: 0.9, d: 0.12}},
		{line{m: 2}, line{d: 1}},
		{line{m: 101}, line{d: 1}},
	} {
		got := c.l.least()
		require.InDelta(t, c.least.m, got.m, 1e-12)
		require.InDelta(t, c.least.d, got.d, 1e-12)
		for _, stable := range []float64{0, 0.07, 0.5, 1} {
			given := max(0, (2-c.l.m)*stable-c.l.d) // at least so often
			require.InDelta(t, 1-given, min(1, got.at(1-stable)), 1e-12)
		}
	}
}

// A label of seven in a hundred that disappears is found, though the other labels stay
// within the tolerance; one that is given a little less often is not.
func TestLabelThatDisappears(t *testing.T) {
	play := func(without func(i int) bool) Ruling {
		j := mustJudge(t, Config{Criteria: []Criterion{Categories{Signal: "class"}}, Labels: []string{"class"}})
		j.BeginStep(half)
		r := Ruling{}
		for round := range 40 {
			e := j.NewEvidence()
			for i := range 200 {
				label := uint16(i%93) % 5
				if i%100 >= 93 {
					label = 7
				}
				e.Observe(Fresh, &Observation{Labels: []uint16{label}})
				if label == 7 && without(200*round+i) {
					label = uint16(i) % 5
				}
				e.Observe(Fresh, &Observation{Arm: Candidate, Labels: []uint16{label}})
			}
			r = j.Fold(e, 0)
		}
		return r
	}
	require.True(t, play(func(int) bool { return true }).RollBack)
	require.False(t, play(func(i int) bool { return i%20 == 0 }).RollBack)
}

// What would be a breach of the proof is none: a label that disappears is not promoted,
// unless it may.
func TestProofOfLabelThatDisappears(t *testing.T) {
	for tolerance, ready := range map[float64]bool{0: false, 1: true} {
		j := mustJudge(t, Config{Criteria: []Criterion{Categories{Signal: "class", Tolerance: tolerance}}, Labels: []string{"class"}})
		for i := range 1000 {
			j.Seed(&Observation{Labels: []uint16{uint16(i % 10)}})
		}
		j.BeginStep(half)
		for range 40 {
			e := j.NewEvidence()
			for i := range 500 {
				e.Observe(Fresh, &Observation{Labels: []uint16{uint16(i % 10)}})
				e.Observe(Fresh, &Observation{Arm: Candidate, Labels: []uint16{uint16(i % 9)}})
			}
			j.Fold(e, j.now+roundAge)
		}
		p := j.Promotion()
		require.Equal(t, ready, p.Gates[0].Proven, "tolerance %v: %+v", tolerance, p.Gates[0])
	}
}
