package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func modesJudge(t *testing.T) (*Judge, *labelBook) {
	t.Helper()
	j := mustJudge(t, Config{
		Criteria:     []Criterion{FailureModes{}},
		ClassText:    func(id uint16) string { return []string{"timeout", "refused", `no "file"`}[id] },
		ClassExample: func(id uint16) string { return []string{"", `"refused\n" of v2`, ""}[id] },
	})
	return j, j.watches[0].book.(*labelBook)
}

// failed counts a call of both arms in each class, among fine ones.
func failed(j *Judge, fine int, classes ...uint16) *Evidence {
	e := j.NewEvidence()
	for arm := range Arm(numArms) {
		for range fine {
			e.Observe(Fresh, &Observation{Arm: arm, Class: 9})
		}
		for _, class := range classes {
			e.Observe(Fresh, &Observation{Arm: arm, Outcome: Failed, Class: class})
		}
	}
	return e
}

func TestFailureModeCells(t *testing.T) {
	for _, c := range []struct {
		o    Observation
		cell int
	}{
		{Observation{Class: 3}, noFailure},
		{Observation{Outcome: Cancelled, Class: 3}, noFailure},
		{Observation{Outcome: Failed, Class: 3}, 3},
		{Observation{Outcome: TimedOut}, 0},
		{Observation{Outcome: Overdue, Class: MaxLabels - 1}, MaxLabels - 1},
		{Observation{Outcome: Failed, Class: MaxLabels}, MaxLabels},
		{Observation{Outcome: Failed, Class: math.MaxUint16}, MaxLabels},
	} {
		require.Equal(t, c.cell, cellCounted(t, FailureModes{}, c.o), "%+v", c.o)
	}
}

// The first bets are on a way that stable never failed in: nothing has to be known.
func TestNewFailureIsBetOnAtOnce(t *testing.T) {
	j, b := modesJudge(t)
	j.BeginStep([NumStrata]float64{0.05})
	require.False(t, b.starved())
	require.Equal(t, []span{{0, MaxLabels + 1}}, b.freshEvent.stable)
	e := j.NewEvidence()
	for range 60 {
		e.Observe(Fresh, &Observation{})
	}
	for range 3 {
		e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed, Class: 1})
	}
	require.True(t, j.Fold(e, 0).RollBack)
	require.Equal(t, `failed with "refused" (for example "refused\n" of v2): 100 % of candidate, 0 % of stable calls`, j.Verdicts()[0].Finding)
}

// What stable does is no news, but what the candidate alone does stays news however
// often it was seen.
func TestWhatTheCandidateAloneDoesStaysNews(t *testing.T) {
	j, b := modesJudge(t)
	j.BeginStep(half)
	e := failed(j, 200, 0)
	e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed, Class: 1})
	j.Fold(e, 0)
	require.Equal(t, []span{{1, MaxLabels + 1}}, b.freshEvent.stable)
	require.Nil(t, b.labels, "too few calls to say what is usual")
	j.Fold(failed(j, 200), 0)
	require.Equal(t, []int{0, 1}, b.labels)
	require.Len(t, b.base.log, 2*(len(oddsRatios)+len(fixedRates)), "less often is no harm")
	j.Fold(failed(j, 2000, 2), 0)
	require.Len(t, b.found, 1)
	require.Equal(t, []span{{1, 2}, {3, MaxLabels + 1}}, b.freshEvent.stable)
}

func TestFailureModeWeightsAreOne(t *testing.T) {
	for _, k := range []labelling{answerLabels, failureClasses} {
		require.InDelta(t, 1, k.baseWeight+k.novelWeight+k.foundWeight, 1e-15)
	}
	j, b := modesJudge(t)
	require.InDelta(t, 0, b.logE(), 1e-12)
	j.BeginStep(half)
	for id := range uint16(3) {
		before := j.Fold(failed(j, 600, id), 0).LogE
		j.BeginStep(half)
		require.InDelta(t, before, b.logE(), 1e-9, "found ways get capital that lay idle")
	}
}

// More of a known failure, in place of another one: the error rate stays.
func TestFailuresThatTradePlaces(t *testing.T) {
	j, _ := modesJudge(t)
	usual := func(i int) uint16 { return uint16(i / 10 % 2) }
	for i := range 2000 {
		o := Observation{}
		if i%10 == 0 {
			o = Observation{Outcome: Failed, Class: usual(i)}
		}
		j.Seed(&o)
	}
	j.BeginStep(half)
	e := j.NewEvidence()
	for i := range 3000 {
		for arm, class := range []uint16{usual(i), 1} {
			o := Observation{Arm: Arm(arm)}
			if i%10 == 0 {
				o.Outcome, o.Class = Failed, class
			}
			e.Observe(Fresh, &o)
		}
	}
	require.True(t, j.Fold(e, 0).RollBack)
	require.Equal(t, `failed with "refused" (for example "refused\n" of v2): 10 % of candidate, 5 % of stable calls`, j.Verdicts()[0].Finding)
}

// Equal arms, fewer failures, and one way less are no harm.
func TestFewerFailuresAreNoHarm(t *testing.T) {
	for _, candidate := range []uint16{0, 1} {
		j, _ := modesJudge(t)
		j.BeginStep(half)
		r := Ruling{}
		for range 20 {
			e := failed(j, 95, 0)
			e.Observe(Fresh, &Observation{Outcome: Failed, Class: candidate})
			e.Observe(Fresh, &Observation{Arm: Candidate})
			r = j.Fold(e, 0)
		}
		require.LessOrEqual(t, r.LogE, 0.0)
	}
}

// A crowd of ways that stable never failed in is not named after one of them.
func TestManyNewFailures(t *testing.T) {
	j, _ := modesJudge(t)
	j.BeginStep(half)
	e := failed(j, 300)
	for id := range uint16(50) {
		e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed, Class: 100 + id})
		e.Observe(Fresh, &Observation{})
	}
	require.True(t, j.Fold(e, 0).RollBack)
	require.Equal(t, "failed in a way that stable never did: 14.3 % of candidate, 0 % of stable calls", j.Verdicts()[0].Finding)
}

func TestClassText(t *testing.T) {
	_, b := modesJudge(t)
	for id, want := range map[int]string{
		0:         `failed with "timeout"`,
		1:         `failed with "refused" (for example "refused\n" of v2)`,
		2:         "failed with `no \"file\"`",
		MaxLabels: "failed with an unclassified failure",
	} {
		words, _ := b.words(&event{at: id})
		require.Equal(t, want, words)
	}
	require.Equal(t, "class 5", names{&Config{}}.class(5))
}

func TestFailureModesRefuse(t *testing.T) {
	_, err := NewJudge(Config{Criteria: []Criterion{FailureModes{Tolerance: math.Inf(1), Weight: -1, Role: 3}}})
	for _, want := range []string{"tolerance +Inf is neither", "weight -1 is outside", "role 3 is not"} {
		require.ErrorContains(t, err, "failure_modes: "+want)
	}
	require.Equal(t, "failure_modes: each at most 1.1 x stable's", FailureModes{}.String())
	require.Zero(t, mustJudge(t, Config{Criteria: []Criterion{FailureModes{}}}).watches[0].safe, "no gate")
}
