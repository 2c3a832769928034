package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// latencyJudge has thresholds from a seed of latencies from 1 to 100 ms.
func latencyJudge(t *testing.T, c Latency) (*Judge, *thresholdBook) {
	j := mustJudge(t, Config{Criteria: []Criterion{c}})
	for i := range 1000 {
		j.Seed(&Observation{Latency: time.Duration(1+i%100) * time.Millisecond})
	}
	j.BeginStep(half)
	return j, j.watches[0].book.(*thresholdBook)
}

func TestThresholdsLieAtStablesQuantiles(t *testing.T) {
	_, b := latencyJudge(t, Latency{})
	for i, ms := range []int{50, 75, 90, 95, 99} {
		quantile := latencyBin(time.Duration(ms) * time.Millisecond)
		require.InDelta(t, quantile+1, b.events[i].at, 1, "the cell above the quantile")
		require.InDelta(t, 1-latencyLevels[i], b.events[i].guess, 0.08)
	}
}

// The cut is the lowest cell that no more than a fraction reaches, within the
// order of the cells.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		name      string
		stable    []float64 // the last is missing
		candidate []float64
		first     int
		shift     int
		u         float64
		want      int
	}{
		{"nothing known", []float64{0, 0, 0, 0, 0}, nil, 0, 0, 0.5, 1},
		{"median", []float64{10, 20, 30, 40, 0}, nil, 0, 0, 0.5, 3},
		{"all in the last", []float64{0, 0, 0, 100, 0}, nil, 0, 0, 0.5, 3},
		{"all in the first", []float64{100, 0, 0, 0, 0}, nil, 0, 0, 0.5, 1},
		{"missing values do not count", []float64{10, 20, 30, 40, 1e6}, nil, 0, 0, 0.5, 3},
		{"cells out of the order do not count", []float64{1e6, 20, 30, 40, 0}, nil, 1, 0, 0.5, 3},
		{"both arms count", []float64{100, 0, 0, 0, 0}, []float64{0, 0, 0, 200, 0}, 0, 0, 0.5, 3},
		{"what is granted is taken off", []float64{100, 0, 0, 0, 0}, []float64{0, 0, 200, 0, 0}, 0, 2, 0.5, 1},
		{"the last cell is never granted", []float64{100, 0, 0, 0, 0}, []float64{0, 0, 0, 200, 0}, 0, 2, 0.5, 3},
	} {
		if c.candidate == nil {
			c.candidate = make([]float64, len(c.stable))
		}
		b := newThresholdBook(thresholds{cells: len(c.stable) - 1, first: c.first, shift: c.shift})
		require.Equal(t, c.want, b.cut(&past{c.stable, c.candidate}, c.u), c.name)
	}
}

// The tolerance is a number of bins; at the slowest end both arms are alike.
func TestLatencyTolerance(t *testing.T) {
	for tolerance, bins := range map[float64]int{0: 1, 0.1: 1, 0.2: 2, 0.5: 4, 1: 7, 0.04: 0, Strict: 0} {
		b := newThresholdBook(Latency{Tolerance: tolerance}.plan(nil, &problems{}).book.(*thresholdBook).thresholds)
		require.Equal(t, bins, b.shift, "tolerance %v", tolerance)
		e := b.event(above, 100)
		require.Equal(t, []span{{100, latencyBins}}, e.stable)
		require.Equal(t, []span{{100 + bins, latencyBins}}, e.candidate)
		last := b.event(above, latencyBins-1)
		require.Equal(t, last.stable, last.candidate, "the slowest bin stays the slowest")
	}
}

func TestSlowerWithinToleranceIsFine(t *testing.T) {
	slower := func(tolerance, factor float64) Ruling {
		j, _ := latencyJudge(t, Latency{Tolerance: tolerance})
		e := j.NewEvidence()
		for i := range 2000 {
			d := time.Duration(1+i%100) * time.Millisecond
			e.Observe(Fresh, &Observation{Latency: d})
			e.Observe(Fresh, &Observation{Arm: Candidate, Latency: time.Duration(factor * float64(d))})
		}
		return j.Fold(e, 0)
	}
	require.True(t, slower(Strict, 1.4).RollBack)
	require.True(t, slower(0.1, 1.4).RollBack)
	require.False(t, slower(0.5, 1.4).RollBack)
	require.False(t, slower(Strict, 0.5).RollBack, "faster is no harm")
}

// An allowance forgives a few slow calls whatever their quantile, and no more.
func TestLatencyAllowance(t *testing.T) {
	slow := func(c Latency, perThousand int) Ruling {
		j, _ := latencyJudge(t, c)
		e := j.NewEvidence()
		for i := range 20_000 {
			d := time.Duration(1+i%100) * time.Millisecond
			e.Observe(Fresh, &Observation{Latency: d})
			if i*7919%1000 < perThousand {
				d = time.Second
			}
			e.Observe(Fresh, &Observation{Arm: Candidate, Latency: d})
		}
		return j.Fold(e, 0)
	}
	require.True(t, slow(Latency{}, 15).RollBack)
	require.True(t, slow(Latency{Allowance: Strict}, 15).RollBack)
	require.False(t, slow(Latency{Allowance: 0.02}, 15).RollBack)
	require.True(t, slow(Latency{Allowance: 0.02}, 60).RollBack)
	require.Equal(t, "latency at most 1.2 x stable's at every quantile, but for 2 % of calls", Latency{Tolerance: 0.2, Allowance: 0.02}.String())
}

func TestOverdueIsSlowestInBothArms(t *testing.T) {
	overdue := func(arm Arm) float64 {
		j, _ := latencyJudge(t, Latency{})
		e := j.NewEvidence()
		for range 20 {
			e.Observe(Fresh, &Observation{Latency: time.Millisecond, Arm: 1 - arm})
			e.Observe(Fresh, &Observation{Outcome: Overdue, Arm: arm})
		}
		return j.Fold(e, 0).LogE
	}
	require.Greater(t, overdue(Candidate), 4.6)
	require.Less(t, overdue(Stable), 0.0)
}

// A call without a value helps the candidate in every direction, whichever arm
// it came from.
func TestMissingIsScoredInTheCandidatesFavour(t *testing.T) {
	for _, outcome := range []Outcome{Failed, Cancelled, Overdue} {
		for _, arm := range []Arm{Stable, Candidate} {
			c := everyKind()
			c.Criteria = []Criterion{Distribution{Signal: "score"}, Categories{Signal: "class"}}
			j := mustJudge(t, c)
			for i := range 1000 {
				j.Seed(&Observation{Numbers: []float64{float64(i) / 1000}, Labels: []uint16{uint16(i % 4)}})
			}
			j.BeginStep(half)
			for _, w := range j.watches {
				for _, e := range allEvents(w.book) {
					before := e.tallyOf(t, w, j)
					j.sessions[coinsGroup].round.reset()
					j.sessions[coinsGroup].fold(calls(j, 7, Observation{Arm: arm, Outcome: outcome}), 0)
					after := e.tallyOf(t, w, j)
					want := before
					if arm == Candidate {
						want.c0 += 7
					} else {
						want.s1 += 7
					}
					require.Equal(t, want, after, "%s, %v, %v", w.criterion.Name(), outcome, arm)
					j.sessions[coinsGroup].round.reset()
				}
			}
		}
	}
}

func (e event) tallyOf(t *testing.T, w *watch, j *Judge) tally {
	t.Helper()
	w.read(&j.sessions[coinsGroup].round)
	return w.sums.tally(&e, 0)
}

func allEvents(b book) []event {
	switch b := b.(type) {
	case *thresholdBook:
		return b.events
	case *labelBook:
		return append(append([]event{}, b.base.events...), b.fresh.events...)
	}
	return nil
}

// A candidate that only ever fails is no case for the distribution.
func TestFailuresAreNotStrangeAnswers(t *testing.T) {
	c := everyKind()
	c.Criteria = c.Criteria[1:4]
	j := mustJudge(t, c)
	j.BeginStep(half)
	for range 20 {
		e := j.NewEvidence()
		for i := range 100 {
			o := Observation{Latency: time.Duration(i), Numbers: []float64{float64(i) / 100}, Labels: []uint16{uint16(i % 5)}}
			e.Observe(Fresh, &o)
			o.Arm, o.Outcome = Candidate, Failed
			e.Observe(Fresh, &o)
		}
		r := j.Fold(e, j.now+roundAge)
		require.Less(t, r.LogE, 0.1)
	}
}

func TestThresholdsWaitForValues(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, Latency{}}})
	w := j.watches[1]
	b := w.book.(*thresholdBook)
	j.BeginStep(half)
	require.True(t, b.starved())
	j.Fold(calls(j, 40, Observation{Latency: time.Millisecond}), 0)
	j.BeginStep(half) // closes a round of 40: the next would have 128
	j.Fold(calls(j, 60, Observation{Latency: -1}), 0)
	require.True(t, b.starved(), "calls without a value make no thresholds")
	require.Equal(t, 1, j.sessions[coinsGroup].rounds)
	require.Zero(t, b.rounds)
	require.Zero(t, w.logE)
	require.Contains(t, j.Verdicts()[1].Reason, "no call of the candidate")
	j.Fold(calls(j, 24, Observation{Arm: Candidate, Latency: time.Millisecond}), 0)
	require.Equal(t, 2, j.sessions[coinsGroup].rounds, "closed early, at 64 values")
	require.False(t, b.starved())
	require.Equal(t, 1, b.rounds)
}

// A signal that never has a value must not make every round a short one.
func TestSilentSignalDoesNotShortenRounds(t *testing.T) {
	j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{ErrorRate{}, Distribution{Signal: "score"}}})
	j.BeginStep(half)
	for range 64 + 128 + 256 {
		j.Fold(calls(j, 1, Observation{}), 0)
	}
	require.Equal(t, 3, j.sessions[coinsGroup].rounds)
	require.Contains(t, j.Verdicts()[1].Reason, "no call of the candidate")
}

func TestDistributionSeesBothSidesAndNaN(t *testing.T) {
	for name, answer := range map[string]float64{"higher": 0.99, "lower": 0.01, "beyond": 17, "not a number": math.NaN()} {
		j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{Distribution{Signal: "score"}}})
		e := j.NewEvidence()
		for i := range 1000 {
			j.Seed(&Observation{Numbers: []float64{float64(i%100) / 100}})
		}
		for i := range 400 {
			usual := Observation{Numbers: []float64{float64(i%100) / 100}}
			e.Observe(Fresh, &usual)
			usual.Arm = Candidate
			if i%4 == 0 {
				usual.Numbers = []float64{answer}
			}
			e.Observe(Fresh, &usual)
		}
		j.BeginStep(half)
		require.True(t, j.Fold(e, 0).RollBack, name)
	}
}

func TestDistributionPhrases(t *testing.T) {
	c := Distribution{Signal: "score"}
	s := c.scale(&problems{})
	require.Equal(t, "score at least 0.5", c.phrase(above, s, firstBin+32))
	require.Equal(t, "score below 0.25", c.phrase(below, s, firstBin+16))
	require.Equal(t, "score above 1", c.phrase(above, s, aboveCell))
	require.Equal(t, "score at most 1", c.phrase(below, s, aboveCell))
	require.Equal(t, "score not a number", c.phrase(notANumber, s, 0))
}
