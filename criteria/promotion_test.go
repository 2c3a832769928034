package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// foldBoth adds so many equal calls of each arm.
func foldBoth(j *Judge, n int, stable, candidate Observation) {
	stable.Arm, candidate.Arm = Stable, Candidate
	e := calls(j, n, stable)
	e.Merge(calls(j, n, candidate))
	j.Fold(e, j.now+roundAge)
}

func TestPromotionOfAnEqualCandidate(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Backstop{}, Latency{Role: Observe}}})
	require.Equal(t, "error_rate: nothing counts now: no share is between 0 and 1", j.Promotion().Reason)
	j.BeginStep(half)
	p := j.Promotion()
	require.False(t, p.Ready)
	require.Len(t, p.Gates, 1, "the backstop and dry runs do not gate")
	require.Equal(t, ErrorRate{}, p.Gates[0].Criterion)
	require.InDelta(t, 0, p.Gates[0].LogE, 1e-12)
	require.InDelta(t, math.Log(20), p.Gates[0].Limit, 1e-12)

	j.Fold(bulk(j, [2]uint64{2970, 30}, [2]uint64{2970, 30}), 0)
	before := j.Promotion()
	require.False(t, before.Ready)
	require.Equal(t, uint64(3000), before.Calls)
	require.Regexp(t, `^error_rate needs about [\d,]+ more candidate calls$`, before.Reason)
	require.Equal(t, NoEvidence, j.Verdicts()[0].Result)

	j.Fold(bulk(j, [2]uint64{2970, 30}, [2]uint64{2970, 30}), roundAge)
	p = j.Promotion()
	require.True(t, p.Ready, "%+v", p)
	require.Equal(t, "all 1 gating criteria are proven", p.Reason)
	require.True(t, p.Gates[0].Proven)
	require.Zero(t, p.Gates[0].Needs)
	require.Equal(t, "failed: 1 % of candidate, 1 % of stable", p.Gates[0].Finding)
	require.Equal(t, Pass, j.Verdicts()[0].Result)
	require.Equal(t, NoEvidence, j.Verdicts()[1].Result, "what does not gate never passes")
	require.True(t, j.Passing(0))
	require.False(t, j.Passing(1) || j.Passing(-1) || j.Passing(3))

	j.BeginStep(half)
	p = j.Promotion()
	require.False(t, p.Ready, "nothing is carried over into a step")
	require.Zero(t, p.Gates[0].LogE)
	require.Zero(t, p.Calls)
	require.Equal(t, NoEvidence, j.Verdicts()[0].Result)
	require.False(t, j.Passing(0))
}

// The current value decides, not the highest.
func TestPromotionTurnsBack(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep([NumStrata]float64{0.2})
	j.Fold(bulk(j, [2]uint64{40_000, 400}, [2]uint64{9900, 100}), 0)
	require.True(t, j.Promotion().Ready)
	j.Fold(bulk(j, [2]uint64{800, 8}, [2]uint64{150, 50}), 0)
	p := j.Promotion()
	require.False(t, p.Ready)
	require.False(t, p.Gates[0].Proven)
}

func TestPromotionNeedsACriterionThatGates(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Backstop{}, ErrorRate{Role: Observe}, Latency{Role: Observe}}})
	j.BeginStep(half)
	foldBoth(j, 5000, Observation{Latency: 1}, Observation{Latency: 1})
	p := j.Promotion()
	require.False(t, p.Ready)
	require.Empty(t, p.Gates)
	require.Equal(t, "no criterion gates: nothing can be proven", p.Reason)
}

// No traffic, one arm idle, no values or only bad ones: nothing is proven.
func TestPromotionWithoutEvidence(t *testing.T) {
	fine := Observation{Latency: time.Millisecond, Numbers: []float64{0.5}, Labels: []uint16{1}}
	nan := fine
	nan.Numbers = []float64{math.NaN()}
	empty := Observation{Latency: -1}
	for _, c := range []struct {
		name              string
		criterion         Criterion
		stable, candidate *Observation
	}{
		{"no traffic", ErrorRate{}, nil, nil},
		{"candidate idle", ErrorRate{}, &fine, nil},
		{"stable idle", ErrorRate{Tolerance: 1}, nil, &fine},
		{"candidate idle, latency", Latency{}, &fine, nil},
		{"candidate idle, labels", Categories{Signal: "class"}, &fine, nil},
		{"candidate idle, numbers", Distribution{Signal: "score"}, &fine, nil},
		{"no latencies", Latency{}, &empty, &empty},
		{"no labels", Categories{Signal: "class"}, &empty, &empty},
		{"no numbers", Distribution{Signal: "score"}, &empty, &empty},
		{"candidate without numbers", Distribution{Signal: "score"}, &fine, &empty},
		{"candidate without labels", Categories{Signal: "class"}, &fine, &empty},
		{"candidate without latencies", Latency{}, &fine, &empty},
		{"stable without labels", Categories{Signal: "class"}, &empty, &fine},
		{"candidate's numbers are none", Distribution{Signal: "score"}, &fine, &nan},
		{"nobody's numbers are any", Distribution{Signal: "score"}, &nan, &nan},
		{"failing", ErrorRate{Role: Hold}, &fine, &Observation{Outcome: Failed}},
		{"overdue", ErrorRate{Role: Hold}, &fine, &Observation{Outcome: Overdue}},
		{"callers gave up", ErrorRate{}, &fine, &Observation{Outcome: Cancelled}},
		{"failing has no latency", Latency{}, &fine, &Observation{Outcome: Failed, Latency: 1}},
		{"overdue is slow", Latency{Role: Hold}, &fine, &Observation{Outcome: Overdue}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := mustJudge(t, Config{Criteria: []Criterion{c.criterion}, Numbers: []string{"score"}, Labels: []string{"class"}})
			for range 200 {
				j.Seed(&fine)
			}
			j.BeginStep(half)
			for range 20 {
				for arm, o := range []*Observation{c.stable, c.candidate} {
					if o != nil {
						o.Arm = Arm(arm)
						j.Fold(calls(j, 500, *o), j.now+roundAge)
						o.Arm = Stable
					}
				}
				p := j.Promotion()
				require.False(t, p.Ready)
				require.False(t, p.Gates[0].Proven, "%+v", p)
				require.NotEmpty(t, p.Reason)
				require.NotEqual(t, Pass, j.Verdicts()[0].Result)
			}
		})
	}
}

// A candidate that is fine in every way is promoted by every kind.
func TestPromotionOfEveryKind(t *testing.T) {
	j := mustJudge(t, everyKind())
	j.BeginStep([NumStrata]float64{0.5, 0.3})
	list := benchmarkObservations()
	for n := 0; !j.Promotion().Ready; n++ {
		require.Less(t, n, 40, "%+v", j.Promotion())
		e := j.NewEvidence()
		for i := range list {
			for list[i].Arm = range Arm(numArms) {
				e.Observe(Stratum(i&1), &list[i])
			}
		}
		j.Fold(e, j.now+roundAge)
	}
	p := j.Promotion()
	require.Equal(t, "all 4 gating criteria are proven", p.Reason)
	for _, v := range j.Verdicts()[:4] {
		require.Equal(t, Pass, v.Result, v.Name)
		require.Contains(t, v.Reason, "proven")
	}
	for _, g := range p.Gates {
		require.NotEmpty(t, g.Finding, g.Name)
	}
}

func TestPromotionIsBlocked(t *testing.T) {
	healthy := [2]uint64{9900, 100}
	for _, c := range []struct {
		name   string
		config Config
		then   func(j *Judge)
		reason string
	}{
		{"few calls", Config{MinCalls: 20_000}, func(*Judge) {}, "20000 candidate calls in this step needed, 9999 seen"},
		{"rolled back", Config{}, func(j *Judge) { j.ruling.RollBack, j.ruling.Culprit = true, "latency" }, "rolled back because of latency"},
		{"held", Config{}, func(j *Judge) { j.ruling.Hold, j.ruling.HoldCulprit = true, "latency" }, "held because of latency"},
		{"suspected", Config{}, func(j *Judge) { j.ruling.LogE = j.ruling.Limit / 2 }, "the evidence against the candidate is above half of the limit: 2.30 of 4.61"},
		{"stricter beta", Config{Beta: 1e-30}, func(*Judge) {}, "error_rate needs about "},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Criteria = []Criterion{ErrorRate{}}
			j := mustJudge(t, c.config)
			j.BeginStep(half)
			j.Fold(bulk(j, healthy, [2]uint64{9900, 99}), 0)
			c.then(j)
			p := j.Promotion()
			require.False(t, p.Ready)
			require.Contains(t, p.Reason, c.reason)
		})
	}
}

// What has no value counts against the candidate, whichever arm's it is.
func TestProofScoresMissingAgainstTheCandidate(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Latency{}}})
	for range 100 {
		j.Seed(&Observation{Latency: time.Millisecond})
	}
	j.BeginStep(half)
	w := j.watches[0]
	for arm, want := range map[Arm]tally{Candidate: {c1: 7}, Stable: {s0: 7}} {
		j.Fold(calls(j, 7, Observation{Arm: arm, Latency: -1}), 0)
		for i := range w.proof.claims {
			require.Equal(t, want, w.sums.hardTally(&w.proof.claims[i].event, int(Fresh)))
		}
		j.BeginStep(half)
	}
	row := []uint64{3, 2, 4}
	e := event{stable: []span{{1, 2}}, candidate: []span{{1, 2}}}
	for arm, want := range map[Arm][2]float64{Stable: {2, 9}, Candidate: {6, 9}} {
		shown, calls := hardCount(&e, arm, row)
		require.Equal(t, want, [2]float64{shown, calls})
	}
}

// What is not a number lies above no cut and below none: on each side it counts
// against the candidate.
func TestProofScoresNaNAgainstTheCandidate(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Distribution{Signal: "score"}}, Numbers: []string{"score"}})
	for i := range 100 {
		j.Seed(&Observation{Numbers: []float64{float64(i) / 100}})
	}
	j.BeginStep(half)
	w := j.watches[0]
	foldBoth(j, 7, Observation{Numbers: []float64{math.NaN()}}, Observation{Numbers: []float64{math.NaN()}})
	require.Len(t, w.proof.claims, 11)
	for i := range w.proof.claims {
		e, want := &w.proof.claims[i].event, tally{c1: 7, s0: 7}
		if e.side == notANumber {
			want = tally{c1: 7, s1: 7}
		}
		require.Equal(t, want, w.sums.hardTally(e, int(Fresh)))
	}
}

// What has failed does not pass, however well it does later.
func TestFailedCriteriaNeverPass(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	require.True(t, j.Fold(bulk(j, [2]uint64{20, 0}, [2]uint64{0, 20}), 0).RollBack)
	j.BeginStep(half)
	for range 5 {
		j.Fold(bulk(j, [2]uint64{990, 10}, [2]uint64{1000, 0}), j.now+roundAge)
	}
	require.True(t, j.Promotion().Gates[0].Proven)
	require.False(t, j.Promotion().Ready)
	require.Equal(t, Fail, j.Verdicts()[0].Result)
	require.False(t, j.Passing(0))
}

// Pairs know no share, but their proof is of a step, too.
func TestProofOfPairsStartsAnew(t *testing.T) {
	w := newWatch(ErrorRate{}, plan{group: pairsGroup, book: newRateBook("failed", line{d: 0.5}, ratePrior), meter: harmMeter{}, safe: line{d: 0.5}}, 0)
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	w.setShare(1)
	j.form, j.watches = newForm(&Config{}, []*watch{w}), []*watch{w}
	s := newSession(pairsGroup, j.watches, j.form)
	j.sessions[pairsGroup] = s
	s.begin([NumStrata]float64{Fresh: 1}, 0)
	j.BeginStep(half)
	e := j.NewEvidence()
	for range 400 {
		e.count(pairsGroup, Fresh, &Observation{Arm: Candidate}, evenDice)
	}
	j.Fold(e, 0)
	require.True(t, j.Promotion().Ready, "%+v", j.Promotion())
	j.BeginStep(half)
	p := j.Promotion()
	require.False(t, p.Ready)
	require.Zero(t, p.Calls)
	require.Zero(t, p.Gates[0].LogE)
}

// A mean is proven cell by cell, with the same payoffs as an event at scores 0 and 1.
func TestProofOfGradedEvents(t *testing.T) {
	l := line{m: 1, d: 0.02}
	graded := newWatch(nil, plan{book: newMeanBook("", l, []float64{0, 1}, 0.3), meter: vectorMeter(2), safe: l}, 0)
	plain := newWatch(nil, plan{book: newRateBook("", l, 0.3), meter: vectorMeter(2), safe: l}, 0)
	rounds := []epochVector{{Pi: 0.3, Stable: []uint64{700, 300, 5}, Candidate: []uint64{280, 120, 9}}, {Pi: 0.3, Stable: []uint64{70, 20, 0}, Candidate: []uint64{30, 9, 1}}}
	var want []float64
	playVector(plain, rounds, func(int) { want = append(want, safeNow(plain)) })
	playVector(graded, rounds, func(i int) { require.InDelta(t, want[i], safeNow(graded), 1e-9) })
	require.NotZero(t, want[0])
	require.InDelta(t, want[1], graded.proof.closed, 1e-9)
}

// Labels that turn up during a step are proven together with all unknown ones, so
// that a long tail does not start the proof anew.
func TestProofOfLabelsKeepsItsClaimsInAStep(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Categories{Signal: "class"}}, Labels: []string{"class"}})
	for i := range 100 {
		j.Seed(&Observation{Labels: []uint16{uint16(i % 3)}})
	}
	j.BeginStep(half)
	proof := &j.watches[0].proof
	require.Len(t, proof.claims, 7, "three labels with and without, and the rest")
	usual := func(n int) {
		e := j.NewEvidence()
		for i := range 2 * n {
			e.Observe(Fresh, &Observation{Arm: Arm(i & 1), Labels: []uint16{uint16(i / 2 % 3)}})
		}
		j.Fold(e, j.now+roundAge)
	}
	for id := range uint16(40) {
		usual(500)
		rare := Observation{Labels: []uint16{100 + id}}
		foldBoth(j, 1, rare, rare)
		require.Len(t, proof.claims, 7)
	}
	require.True(t, j.Promotion().Ready, "%+v", j.Promotion())
	j.BeginStep(half)
	require.Len(t, proof.claims, 2*43+1)

	// A candidate that speaks in tongues is not proven.
	for id := range uint16(40) {
		usual(480)
		foldBoth(j, 20, Observation{Labels: []uint16{0}}, Observation{Labels: []uint16{150 + id}})
	}
	require.False(t, j.Promotion().Gates[0].Proven)
	require.Equal(t, "class is a label that stable never gave: 4 % of candidate, 0 % of stable", j.Promotion().Gates[0].Finding)
}

// Hanging until the caller leaves is not answering; what callers do to both arms
// alike is no fault of the candidate.
func TestProofOfErrorsCountsCancelledCallsOnceMore(t *testing.T) {
	play := func(stable, candidate int) Promotion {
		j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
		j.BeginStep(half)
		for range 40 {
			e := calls(j, 500-stable, Observation{})
			e.Merge(calls(j, stable, Observation{Outcome: Cancelled}))
			e.Merge(calls(j, 500-candidate, Observation{Arm: Candidate}))
			e.Merge(calls(j, candidate, Observation{Arm: Candidate, Outcome: Cancelled}))
			j.Fold(e, j.now+roundAge)
		}
		return j.Promotion()
	}
	require.True(t, play(0, 0).Ready)
	require.True(t, play(10, 10).Ready)
	better := play(25, 0)
	require.True(t, better.Ready, "%+v", better)
	bad := play(0, 25)
	require.False(t, bad.Ready)
	require.Equal(t, "failed or cancelled: 5 % of candidate, 0 % of stable", bad.Gates[0].Finding)
}

// Either's requests are enough, with half of beta each.
func TestPromotionWithASentinel(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}, Sentinel: true})
	j.BeginStep([NumStrata]float64{Fresh: 0.2, Sentinel: 0.95})
	require.InDelta(t, math.Log(40), j.Promotion().Gates[0].Limit, 1e-12)
	e := j.NewEvidence()
	for i := range 40_000 {
		o := Observation{Sentinel: true}
		if i%20 > 0 {
			o.Arm = Candidate
		}
		if i%1000 == 7 {
			o.Outcome = Failed
		}
		e.Observe(Uncounted, &o)
	}
	j.Fold(e, 0)
	p := j.Promotion()
	require.True(t, p.Ready, "%+v", p)
	require.Equal(t, uint64(38_000), p.Calls)
	require.Equal(t, Pass, j.Verdicts()[0].Result)
	require.Zero(t, safeNow(j.watches[0]))
}

// Windows lag behind: those of the step before prove nothing about the new one.
func TestProofOfWindowsWaitsForTheirStep(t *testing.T) {
	w := newWatch(ErrorRate{}, plan{group: windowsGroup, book: newRateBook("failed", line{m: 1}, ratePrior), meter: harmMeter{}, safe: line{1, 0.01}}, 0)
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	f := newForm(&Config{}, []*watch{w})
	w.setShare(1)
	j.form, j.watches = f, []*watch{w}
	j.sessions[windowsGroup] = newSession(windowsGroup, j.watches, f)
	windows := func() {
		e := j.NewEvidence()
		for i := range 4000 {
			e.ObserveWindow(Fresh, &Observation{Arm: Arm(i & 1)})
		}
		j.Fold(e, j.now+roundAge)
	}
	j.BeginStep(half)
	windows()
	require.False(t, j.Promotion().Ready, "not begun")
	j.BeginWindows(half)
	windows()
	require.True(t, j.Promotion().Ready, "%+v", j.Promotion())
	j.BeginStep(half)
	for range 4 {
		p := j.Promotion()
		require.False(t, p.Ready)
		require.Zero(t, p.Calls)
		require.Zero(t, p.Gates[0].LogE)
		windows()
	}
	j.BeginWindows(half)
	windows()
	require.True(t, j.Promotion().Ready)
}

// An objective is proven on the candidate alone, whatever stable does.
func TestProofOfAnObjective(t *testing.T) {
	for stable, rounds := range map[uint64][]epochVector{
		0:   {{Pi: 0.5, Stable: []uint64{1000, 0}, Candidate: []uint64{995, 5}}},
		500: {{Pi: 0.5, Stable: []uint64{500, 500}, Candidate: []uint64{995, 5}}},
	} {
		w := newWatch(nil, plan{book: newRateBook("", line{d: 0.02}, ratePrior), meter: vectorMeter(2), safe: line{d: 0.02}}, 0)
		playVector(w, append(rounds, rounds...), func(int) {})
		require.Greater(t, w.proof.closed, math.Log(20), "stable fails %d times", stable)
		require.InDelta(t, 0.005, w.proof.claims[0].guess, 2e-4, "it is the candidate's rate that is bet on")
	}
	w := newWatch(nil, plan{book: newRateBook("", line{d: 0.02}, ratePrior), meter: vectorMeter(2), safe: line{d: 0.02}}, 0)
	bad := epochVector{Pi: 0.5, Stable: []uint64{1000, 0}, Candidate: []uint64{970, 30}}
	good := epochVector{Pi: 0.5, Stable: []uint64{1000, 0}, Candidate: []uint64{4000, 0}}
	var way []float64
	playVector(w, []epochVector{bad, bad, good, good}, func(int) { way = append(way, safeNow(w)) })
	require.Negative(t, way[1])
	require.Greater(t, way[2], way[1]+1, "even while its rate is still beyond the limit")
	require.Greater(t, w.proof.closed, math.Log(20), "it may come back")
}

// Nothing makes the proof anything but a number, and no line that allows everything
// is ever proven.
func TestProofAtTheExtremes(t *testing.T) {
	const huge = 1 << 40
	tables := [][2]uint64{{0, 0}, {1, 0}, {0, 1}, {huge, 0}, {0, huge}, {huge, huge}}
	for _, l := range []line{{1, 0.005}, {1.1, 1e-9}, {101, 0.02}, {0.05, 0.96}, {0, 0.2}, {0, 1e-9}, {1, 0.999}, {1, 1.2}, {0, 1}} {
		for _, share := range []float64{0.001, 0.5, 0.999} {
			for _, stable := range tables {
				for _, candidate := range tables {
					w := newWatch(nil, plan{book: newRateBook("", line{m: 1}, ratePrior), meter: vectorMeter(2), safe: l}, 0)
					round := epochVector{Pi: share, Stable: stable[:], Candidate: candidate[:]}
					playVector(w, []epochVector{round, round, round}, func(int) {
						logE := safeNow(w)
						require.False(t, math.IsNaN(logE) || math.IsInf(logE, 0), "%+v %+v: %v", l, round, logE)
						if l.d >= 1 {
							require.InDelta(t, 0, logE, 1e-12)
						}
					})
				}
			}
		}
	}
}

// Passing is the verdict's Pass when a round was closed last.
func TestPassingFollowsTheRounds(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	passed := false
	for range 100 {
		rounds := j.sessions[coinsGroup].rounds
		j.Fold(bulk(j, [2]uint64{99, 1}, [2]uint64{99, 1}), j.now+roundAge/4)
		if pass := j.Verdicts()[0].Result == Pass; j.sessions[coinsGroup].rounds > rounds {
			require.Equal(t, pass, j.Passing(0))
			passed = passed || pass
		} else {
			require.Equal(t, passed, j.Passing(0))
		}
	}
	require.True(t, passed)
}

// When too many calls have no value, the reason says what is in the way.
func TestPromotionSaysWhyItCannotBeProven(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{Latency{Tolerance: Strict, Margin: 0.01}}})
	j.BeginStep(half)
	require.Equal(t, NoForecast, j.Promotion().Gates[0].Needs)
	require.Equal(t, "latency: no bets before 64 values are known", j.Promotion().Reason)
	list := benchmarkObservations()
	for range 20 {
		e := j.NewEvidence()
		for i := range list {
			for list[i].Arm = range Arm(numArms) {
				o := list[i]
				if i%20 == 0 {
					o.Outcome = Cancelled
				}
				e.Observe(Fresh, &o)
			}
		}
		j.Fold(e, j.now+roundAge)
	}
	p := j.Promotion()
	require.False(t, p.Ready)
	require.Equal(t, NoForecast, p.Gates[0].Needs)
	require.Regexp(t, `^latency: as both arms do now it will not be proven: slower than .* of stable; \d\.\d+ % of calls have no value, which counts against the candidate$`, p.Reason)

	j = mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	j.Fold(calls(j, 10, Observation{Arm: Candidate}), 0)
	require.Equal(t, "error_rate: no call of stable counted in this step", j.Promotion().Reason)

	j = mustJudge(t, Config{Criteria: []Criterion{ErrorRate{Tolerance: 0.5, Margin: 0.001}}})
	j.BeginStep(half)
	for range 20 {
		j.Fold(bulk(j, [2]uint64{990, 10}, [2]uint64{983, 17}), j.now+roundAge)
	}
	require.Equal(t, "error_rate: as both arms do now it will not be proven: failed: 1.7 % of candidate, 1 % of stable", j.Promotion().Reason)
}

func TestWaits(t *testing.T) {
	require.Zero(t, newWait(stakes{0, 0, 0, 0}, stakes{}, 1).mean)
	for _, hopeless := range []stakes{{}, {-1, -2, -3, -1e-9}, {1e-20}} {
		require.Equal(t, manyCalls, newWait(evenStakes, hopeless, 1).mean)
	}
	// One bet that wins: ln 1/4 + n/100 = 3, the others keep what they have.
	w := newWait(evenStakes, stakes{0.01}, 3)
	require.InEpsilon(t, 100*(math.Log(math.Exp(3)-0.75)+math.Log(4)), w.mean, 1./256)
	require.InDelta(t, 3+math.Log(4), w.nats, 1e-12)
	// Median and mean of an inverse Gaussian of shape 1 and 2, by an independent quadrature.
	require.InDelta(t, 0.5, (&wait{mean: 1, nats: 2}).over(0.6758), 1e-3)
	require.InDelta(t, 0.6681, (&wait{mean: 1, nats: 2}).over(1), 1e-3)
	for _, nats := range []float64{0.01, 1, 50, 299, 400} {
		last := 0.0
		for calls := 1.0; calls < 1e6; calls *= 1.3 {
			p := (&wait{mean: 1000, nats: nats}).over(calls)
			require.False(t, math.IsNaN(p) || p < last-1e-9 || p > 1+1e-9, "%v %v: %v", nats, calls, p)
			last = p
		}
	}
}

func TestRounded(t *testing.T) {
	for n, want := range map[uint64]string{1: "1", 99: "99", 101: "110", 2234: "2,300", 2300: "2,300", 999_999: "1,000,000", 12_345_678: "13,000,000"} {
		require.Equal(t, want, rounded(n))
	}
}
