package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// half is a step in which every other call is the candidate's.
var half = [NumStrata]float64{Fresh: 0.5}

// calls returns evidence of n equal calls.
func calls(j *Judge, n int, o Observation) *Evidence {
	e := j.NewEvidence()
	for range n {
		e.Observe(Fresh, &o)
	}
	return e
}

// bulk returns evidence of a rate judge with the given cells.
func bulk(j *Judge, stable, candidate [2]uint64) *Evidence {
	e := j.NewEvidence()
	for arm, cells := range [][2]uint64{stable, candidate} {
		copy(e.tables[coinsGroup].row(0, arm), cells[:])
		e.tables[coinsGroup].seen[arm] = cells[0] + cells[1]
	}
	return e
}

func TestRollBackLatches(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	require.False(t, j.Fold(bulk(j, [2]uint64{20, 0}, [2]uint64{20, 0}), 0).RollBack)
	r := j.Fold(bulk(j, [2]uint64{20, 0}, [2]uint64{0, 20}), 0)
	require.True(t, r.RollBack)
	require.Equal(t, "error_rate", r.Culprit)
	require.GreaterOrEqual(t, r.LogE, r.Limit)
	at := j.Verdicts()[0]
	require.Equal(t, Fail, at.Result)
	require.Equal(t, uint64(20), at.Candidate.Events)

	// All is well again, so well that the evidence falls below the limit.
	r = j.Fold(calls(j, 50_000, Observation{Arm: Candidate}), 0)
	require.Less(t, r.LogE, r.Limit)
	require.True(t, r.RollBack)
	require.Equal(t, "error_rate", r.Culprit)
	require.Equal(t, at, j.Verdicts()[0], "a failed verdict is the one of its moment")
}

func TestRoles(t *testing.T) {
	for role, want := range map[Role]Ruling{
		Guardrail: {RollBack: true, Culprit: "error_rate"},
		Hold:      {Hold: true, HoldCulprit: "error_rate"},
		Observe:   {},
	} {
		j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{Role: role}, Latency{}, Latency{Role: Hold}, Latency{Role: Observe}}})
		j.BeginStep(half)
		e := calls(j, 30, Observation{Latency: time.Millisecond})
		e.Merge(calls(j, 30, Observation{Arm: Candidate, Outcome: Failed}))
		got := j.Fold(e, 0)
		require.Equal(t, want, Ruling{RollBack: got.RollBack, Culprit: got.Culprit, Hold: got.Hold, HoldCulprit: got.HoldCulprit}, role)
		require.Equal(t, Fail, j.Verdicts()[0].Result, "even a dry run is reported")
		require.Equal(t, NoEvidence, j.Verdicts()[1].Result)
	}
}

// Two criteria that are each nearly convinced roll back together.
func TestEvidenceIsSummedAndTheHeaviestIsTheCulprit(t *testing.T) {
	c := Config{Labels: []string{"class"}, Criteria: []Criterion{ErrorRate{Weight: 3}, ErrorRate{Role: Hold}, Latency{}}}
	j := mustJudge(t, c)
	j.watches[0].logE, j.watches[2].logE = math.Log(100), math.Log(120)
	j.rule()
	require.True(t, j.ruling.RollBack)
	require.Equal(t, "error_rate", j.ruling.Culprit)
	require.InDelta(t, math.Log(0.75*100+0.25*120), j.ruling.LogE, 1e-12)
	require.Equal(t, Fail, j.Verdicts()[0].Result)
	require.Contains(t, j.Verdicts()[0].Reason, "together")
	require.Equal(t, NoEvidence, j.Verdicts()[2].Result, "named are the heaviest, and who reached the limit alone")

	j.watches[2].logE = math.Log(401)
	j.rule()
	require.Equal(t, Fail, j.Verdicts()[2].Result)
	require.Equal(t, "error_rate", j.ruling.Culprit)

	j.watches[0].logE = math.Log(1000)
	j.rule()
	require.Contains(t, j.Verdicts()[0].Reason, "together", "why it failed stays what it was")
}

func TestDryRunsFailAlone(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{Role: Observe}, Latency{Role: Observe}}})
	j.watches[0].logE, j.watches[1].logE = math.Log(150), math.Log(150)
	j.rule()
	require.Equal(t, NoEvidence, j.Verdicts()[0].Result)
	require.Equal(t, NoEvidence, j.Verdicts()[1].Result)
}

// The union bound over groups: the backstop's evidence is not added to others'.
func TestGroupsAreNotSummed(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Backstop{Weight: 0.5}}})
	j.watches[0].logE, j.watches[1].logE = math.Log(150), math.Log(150)
	j.rule()
	require.False(t, j.ruling.RollBack)
	require.InDelta(t, math.Log(75), j.ruling.LogE, 1e-12)
	j.watches[1].logE = math.Log(201)
	j.rule()
	require.True(t, j.ruling.RollBack)
	require.Equal(t, "backstop", j.ruling.Culprit)
}

func TestNothingCountsWithoutAControl(t *testing.T) {
	for _, shares := range [][NumStrata]float64{
		{}, {0, 0}, {1, 1}, {-1, 2}, {math.NaN(), math.Inf(1)},
	} {
		j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
		j.BeginStep(shares)
		j.Fold(calls(j, 100, Observation{}), 0)
		r := j.Fold(calls(j, 100, Observation{Arm: Candidate, Outcome: Failed}), 0)
		require.False(t, r.RollBack, "%v", shares)
		require.Zero(t, r.LogE)
		require.Zero(t, j.sessions[coinsGroup].round.total())
		require.Contains(t, j.Verdicts()[0].Reason, "nothing counts")
	}
}

func TestOneStratumMayBeSilent(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep([NumStrata]float64{Fresh: 0, Band: 0.5})
	e := j.NewEvidence()
	for range 50 {
		e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed})
		e.Observe(Band, &Observation{})
		e.Observe(Band, &Observation{Arm: Candidate})
	}
	require.Less(t, j.Fold(e, 0).LogE, 0.0)
	require.Equal(t, uint64(50), j.Verdicts()[0].Candidate.Calls)
}

// Strata have payoffs of their own: a failure weighs more where the candidate
// gets less.
func TestStrataArePaidByTheirShares(t *testing.T) {
	evidence := func(s Stratum) float64 {
		j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{Tolerance: Strict}}})
		j.BeginStep([NumStrata]float64{Fresh: 0.5, Band: 0.05})
		e := j.NewEvidence()
		e.Observe(s, &Observation{Arm: Candidate, Outcome: Failed})
		return j.Fold(e, 0).LogE
	}
	require.Greater(t, evidence(Band), evidence(Fresh)+1)
}

func TestRoundsGrowAndAge(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	for closed, size := range []int{64, 128, 256, 512} {
		j.Fold(calls(j, size-1, Observation{}), 0)
		require.Equal(t, closed, j.sessions[coinsGroup].rounds)
		j.Fold(calls(j, 1, Observation{}), 0)
		require.Equal(t, closed+1, j.sessions[coinsGroup].rounds, "early rounds have no age to reach")
	}
	j.Fold(calls(j, 1024, Observation{}), roundAge-1)
	require.Equal(t, 4, j.sessions[coinsGroup].rounds)
	j.Fold(nil, roundAge)
	require.Equal(t, 5, j.sessions[coinsGroup].rounds, "the clock alone may close a full round")
	j.Fold(calls(j, 1023, Observation{}), time.Hour)
	require.Equal(t, 5, j.sessions[coinsGroup].rounds, "but not one that is not full")
	j.Fold(calls(j, 1, Observation{}), 0)
	require.Equal(t, 6, j.sessions[coinsGroup].rounds, "time does not run backwards")
}

func TestBeginStepClosesTheRoundUnlessItIsEmpty(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	b := j.watches[0].book.(*rateBook)
	for range 5 {
		j.BeginStep(half)
	}
	require.Equal(t, 1, b.rounds, "an empty round is opened anew and stakes nothing more")
	j.Fold(calls(j, 1, Observation{}), 0)
	j.BeginStep(half)
	require.Equal(t, 1, j.sessions[coinsGroup].rounds)
	require.Equal(t, 2, b.rounds)
	j.BeginStep([NumStrata]float64{})
	j.BeginStep([NumStrata]float64{})
	require.Equal(t, 2, b.rounds, "a round without bets stakes nothing")
}

// The capital is neither made nor lost when rounds turn.
func TestTurningRoundsKeepsTheEvidence(t *testing.T) {
	j := mustJudge(t, everyKind())
	j.BeginStep([NumStrata]float64{0.5, 0.2})
	for seed := range uint64(10) {
		before := j.Fold(random(j, seed, 60), 0).LogE
		j.BeginStep([NumStrata]float64{0.4, 0.3})
		j.sessions[coinsGroup].evaluate()
		j.sessions[callsGroup].evaluate()
		j.rule()
		require.InDelta(t, before, j.ruling.LogE, 1e-9, "round %d", seed)
	}
}

func TestSeedSpeaksBeforeTheStartButIsNoEvidence(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Latency{}}})
	for range 10_000 {
		j.Seed(&Observation{Latency: time.Millisecond})
		j.Seed(&Observation{Arm: Candidate, Outcome: Failed})
		j.Seed(&Observation{Arm: 7})
	}
	require.LessOrEqual(t, j.sessions[coinsGroup].seeds, float64(seedLimit))
	require.Greater(t, j.sessions[coinsGroup].seeds, float64(seedLimit)/2-1)
	j.BeginStep(half)
	require.Zero(t, j.sessions[coinsGroup].closed.total())
	require.False(t, j.watches[1].book.starved(), "thresholds are known from the seed")
	require.Less(t, j.watches[0].book.(*rateBook).events[0].guess, 0.0002)
	require.Zero(t, j.Verdicts()[0].Stable.Calls)
}

func TestFoldIgnoresForeignEvidence(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	other := mustJudge(t, everyKind())
	j.Fold(random(other, 1, 100), 0)
	j.Fold(nil, 0)
	j.Fold(&Evidence{}, 0)
	require.Zero(t, j.sessions[coinsGroup].round.total())
}

func TestBackstopAlone(t *testing.T) {
	rescued := Observation{Arm: Candidate, Outcome: Failed, Answered: true}
	for _, c := range []struct {
		name    string
		healthy int // rounds before
		within  int
	}{
		{"at the start", 0, 6},
		{"after 100 healthy rounds", 100, 12},
		{"after 1,000 healthy rounds", 1000, 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Backstop{}}})
			healthy := j.NewEvidence()
			for range 1024 {
				healthy.Observe(Uncounted, &Observation{Arm: Candidate})
			}
			now := time.Duration(0)
			for range c.healthy {
				now += roundAge
				j.Fold(healthy, now)
			}
			require.Equal(t, c.healthy, j.sessions[callsGroup].rounds)
			e, n := j.NewEvidence(), 0
			e.Observe(Uncounted, &rescued)
			for n < 50 && !j.ruling.RollBack {
				j.Fold(e, now)
				n++
			}
			t.Logf("out after %d calls", n)
			require.LessOrEqual(t, n, c.within)
			require.Greater(t, n, 2, "one bad call is not a dead candidate")
			require.Equal(t, "backstop", j.ruling.Culprit)
		})
	}
}

// Failures that stable would have shared are no case for the backstop.
func TestBackstopIsSilentInAnOutage(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Backstop{}}})
	e := j.NewEvidence()
	for range 10_000 {
		e.Observe(Uncounted, &Observation{Arm: Candidate, Outcome: Failed})
	}
	require.False(t, j.Fold(e, 0).RollBack)
	require.Less(t, j.ruling.LogE, 0.0)
}

func TestExtremes(t *testing.T) {
	const huge = 1 << 40
	for _, share := range []float64{0.001, 0.5, 0.999} {
		for _, cells := range [][2][2]uint64{
			{}, {{1, 0}, {0, 0}}, {{0, 0}, {0, 1}},
			{{100, 0}, {100, 0}}, {{0, 100}, {0, 100}},
			{{huge, 0}, {huge, 0}}, {{0, huge}, {0, huge}},
			{{huge, 0}, {0, huge}}, {{0, huge}, {huge, 0}},
			{{huge, huge}, {huge, huge}},
		} {
			j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
			j.BeginStep([NumStrata]float64{Fresh: share})
			for range 8 {
				r := j.Fold(bulk(j, cells[0], cells[1]), j.now+roundAge)
				require.False(t, math.IsNaN(r.LogE) || math.IsInf(r.LogE, 0), "share %v, %v: %v", share, cells, r.LogE)
				for _, v := range j.Verdicts() {
					for _, x := range []float64{v.LogE, v.Limit, v.Stable.Rate, v.Candidate.Rate, v.Candidate.Interval.Lower, v.Candidate.Interval.Upper, v.Ratio.Lower} {
						require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%+v", v)
					}
					require.False(t, math.IsNaN(v.Ratio.Upper))
				}
			}
		}
	}
}

func TestExtremesOfHistograms(t *testing.T) {
	for _, outcome := range []Outcome{Fine, Failed, Cancelled, Overdue} {
		for _, number := range []float64{0, 1, -7, math.Inf(1), math.NaN()} {
			j := mustJudge(t, everyKind())
			j.BeginStep([NumStrata]float64{0.001, 0.999})
			for range 10 {
				e := j.NewEvidence()
				for arm := range Arm(numArms) {
					o := Observation{Arm: arm, Outcome: outcome, Numbers: []float64{number}, Labels: []uint16{3}}
					e.Observe(Fresh, &o)
					e.Observe(Band, &o)
				}
				for range 30 {
					e.Merge(e)
					if e.tables[coinsGroup].total() > 1<<40 {
						break
					}
				}
				r := j.Fold(e, j.now+roundAge)
				require.False(t, math.IsNaN(r.LogE) || math.IsInf(r.LogE, 0), "%v %v: %v", outcome, number, r.LogE)
			}
		}
	}
}
