package criteria

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var lower, higher = Feedback{Signal: "corrected", Want: Lower}, Feedback{Signal: "converted", Want: Higher}

func TestFeedbackWindows(t *testing.T) {
	hour := Feedback{Signal: "corrected", Want: Lower, Within: time.Hour, Max: 5}
	require.Equal(t, []FeedbackWindow{
		{24 * time.Hour, []FeedbackSignal{{"corrected", 1}, {"converted", 1}}},
		{time.Hour, []FeedbackSignal{{"corrected", 5}}},
	}, FeedbackWindows([]Criterion{ErrorRate{}, lower, nil, hour, Feedback{Signal: "converted", Within: 24 * time.Hour, Role: Hold}, higher, lower}))
	require.Empty(t, FeedbackWindows(nil))
}

func TestFeedbackConfig(t *testing.T) {
	var many []Criterion
	for i := range MaxFeedbackSignals + 1 {
		many = append(many, Feedback{Signal: fmt.Sprint(i), Want: Lower})
	}
	var long []Criterion
	for i := range MaxFeedbackWindows + 1 {
		long = append(long, Feedback{Signal: fmt.Sprint(i), Want: Lower, Within: time.Duration(i+1) * time.Hour})
	}
	for name, c := range map[string]struct {
		list []Criterion
		want []string
	}{
		"everything at once": {
			[]Criterion{Feedback{Within: -1, Max: -1, Tolerance: -2, Margin: 1, Role: 9, Weight: -1}},
			[]string{"no signal", "within -1ns", "max -1", "neither Higher nor Lower", "margin 1", "role 9", "weight -1"},
		},
		"nothing is enough": {[]Criterion{Feedback{Signal: "a", Want: Higher, Tolerance: 1}}, []string{"tolerance 1"}},
		"too long":          {[]Criterion{Feedback{Signal: "a", Want: Lower, Within: 91 * 24 * time.Hour}}, []string{"2160h"}},
		"no number":         {[]Criterion{Feedback{Signal: "a", Want: Lower, Max: math.NaN()}}, []string{"max NaN"}},
		"infinite":          {[]Criterion{Feedback{Signal: "a", Want: Lower, Max: math.Inf(1)}}, []string{"max +Inf"}},
		"two opinions":      {[]Criterion{lower, Feedback{Signal: "corrected", Want: Higher, Role: Hold}}, []string{"wants feedback corrected"}},
		"two maxima":        {[]Criterion{lower, Feedback{Signal: "corrected", Want: Lower, Max: 2, Role: Hold}}, []string{"max 2"}},
		"twice":             {[]Criterion{lower, Feedback{Signal: "corrected", Want: Lower, Within: time.Hour}}, []string{"declared twice"}},
		"too many signals":  {many, []string{"9 signals"}},
		"too many windows":  {long, []string{"fifth length"}},
	} {
		_, err := NewJudge(Config{Criteria: c.list})
		for _, want := range c.want {
			require.ErrorContains(t, err, want, name)
		}
		_, is := errors.AsType[*ConfigError](err)
		require.True(t, is, name)
	}
	all := many[:MaxFeedbackSignals:MaxFeedbackSignals]
	for i := range MaxFeedbackWindows - 1 {
		all = append(all, Feedback{Signal: fmt.Sprint("w", i), Want: Lower, Within: time.Duration(i+1) * time.Hour})
	}
	_, err := NewJudge(Config{Criteria: all})
	require.NoError(t, err, "that many are allowed")
}

// With feedback come criteria that nobody declares.
func TestFeedbackImplies(t *testing.T) {
	names := func(list ...Criterion) (all []string) {
		for _, v := range mustJudge(t, Config{Criteria: list}).Verdicts() {
			all = append(all, fmt.Sprint(v.Name, " ", v.Role))
		}
		return all
	}
	require.Equal(t, []string{
		"feedback(corrected) guardrail", "feedback(converted) hold", "client_feedback(corrected) hold",
		"client_feedback(converted) hold", "feedback_balance(candidate, 1 d) hold", "feedback_balance(stable, 1 d) hold",
	}, names(lower, Feedback{Signal: "converted", Want: Higher, Role: Hold}))
	require.Equal(t, []string{"feedback(a) guardrail", "feedback_balance(candidate, 1 h) hold", "feedback_balance(stable, 1 h) hold"},
		names(Feedback{Signal: "a", Want: Lower, Within: time.Hour, Clients: true}))
	require.Equal(t, []string{"feedback(a) observe"}, names(Feedback{Signal: "a", Want: Lower, Role: Observe}))
}

func TestFeedbackCells(t *testing.T) {
	clients := Feedback{Signal: "corrected", Want: Lower, Clients: true}
	silent, reported := Response{}, Response{Servers: []float64{1}, All: []float64{1}, Heard: 1, HeardServers: 1}
	no := Response{Servers: []float64{0}, All: []float64{0}, Heard: 1, HeardServers: 1}
	client := Response{Servers: []float64{0}, All: []float64{1}, Heard: 1}
	for _, c := range []struct {
		name      string
		criterion Criterion
		r         Response
		cell      int
	}{
		{"silence is no correction", lower, silent, fineSilent},
		{"corrected", lower, reported, harmHeard},
		{"not corrected", lower, no, fineHeard},
		{"a client is not trusted", lower, client, fineSilent},
		{"unless it is", clients, client, harmHeard},
		{"silence is no conversion", higher, silent, harmSilent},
		{"converted", higher, reported, fineHeard},
		{"not converted", higher, no, harmHeard},
		{"too much", lower, Response{Servers: []float64{7}, HeardServers: 1}, harmHeard},
		{"too little", lower, Response{Servers: []float64{-7}, HeardServers: 1}, fineHeard},
		{"no number", lower, Response{Servers: []float64{math.NaN()}, HeardServers: 1}, fineHeard},
		{"another signal", lower, Response{Servers: []float64{0, 1}, HeardServers: 2}, fineSilent},
	} {
		j := mustJudge(t, Config{Criteria: []Criterion{c.criterion}, Slices: []string{"country"}})
		e := j.NewEvidence()
		c.r.Arm, c.r.Slices = Candidate, []uint8{5}
		e.ObserveFeedback(0, Band, &c.r)
		require.EqualValues(t, 1, e.tables[feedbackGroup].row(int(Band), int(Candidate))[c.cell], c.name)
		require.Len(t, compacted(e.slices[feedbackGroup].list), len(e.form.columns[feedbackGroup].list), "once a criterion: "+c.name)
		require.False(t, e.Empty())
	}
}

// A value between counts as 1 so often that the mean is right.
func TestFeedbackRounds(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{lower}, Rounding: 3})
	e := j.NewEvidence()
	const n = 40_000
	for range n {
		e.ObserveFeedback(0, Fresh, &Response{Servers: []float64{0.3}, HeardServers: 1})
	}
	require.InDelta(t, 0.3, float64(e.tables[feedbackGroup].row(0, 0)[harmHeard])/n, 4*math.Sqrt(0.21/n))
}

func TestFeedbackIgnoresWhatItDoesNotKnow(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}, lower}})
	e := j.NewEvidence()
	for _, window := range []int{-1, 1, 4, 99} {
		e.ObserveFeedback(window, Fresh, &Response{})
		e.ObserveArrivals(window, Stable, 1, 1)
		require.NotPanics(t, func() { j.BeginFeedback(window, half) })
	}
	e.ObserveFeedback(0, Uncounted, &Response{})
	e.ObserveFeedback(0, Sentinel, &Response{})
	e.ObserveFeedback(0, Fresh, &Response{Arm: 2})
	e.ObserveArrivals(0, 2, 1, 1)
	require.True(t, e.Empty())
	new(Evidence).ObserveFeedback(0, Fresh, &Response{})
	new(Evidence).ObserveArrivals(0, Stable, 1, 1)
}

// respond is evidence of units that reported with a probability by arm, and of their reports, of which some are late.
func respond(j *Judge, rng *rand.Rand, n int, rates [2]float64, client bool) *Evidence {
	e := j.NewEvidence()
	for range n {
		r := Response{Servers: []float64{0}, All: []float64{0}}
		if rng.IntN(2) == 0 {
			r.Arm = Candidate
		}
		if rng.Float64() < rates[r.Arm] {
			r.All[0], r.Heard = 1, 1
			if !client {
				r.Servers[0], r.HeardServers = 1, 1
			}
			e.ObserveArrivals(0, r.Arm, 1, 0)
		}
		e.ObserveFeedback(0, Fresh, &r)
	}
	return e
}

// begun is a judge with a step of one half on its only window.
func begun(t testing.TB, list ...Criterion) *Judge {
	j := mustJudge(t, Config{Criteria: list})
	j.BeginStep(half)
	j.BeginFeedback(0, half)
	return j
}

func TestFeedbackRollsBackAndSaysWhy(t *testing.T) {
	j, rng := begun(t, ErrorRate{}, higher), rand.New(rand.NewPCG(1, 1))
	var r Ruling
	for now := time.Duration(0); !r.RollBack && now < 1000; now++ {
		r = j.Fold(respond(j, rng, 100, [2]float64{0.3, 0.2}, false), now*time.Second)
	}
	require.Equal(t, "feedback(converted)", r.Culprit)
	v := j.Verdicts()[1]
	require.Equal(t, Fail, v.Result)
	require.InDelta(t, 0.2, v.Candidate.Rate, 0.05, "people are shown conversions")
	require.InDelta(t, 0.3, v.Stable.Rate, 0.05)
	require.Contains(t, v.Finding, "stable units")
}

// What clients say holds. Where they are trusted it rolls back.
func TestClientsHold(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		j, rng := begun(t, Feedback{Signal: "corrected", Want: Lower, Clients: trusted}), rand.New(rand.NewPCG(1, 1))
		var r Ruling
		for now := range time.Duration(100) {
			r = j.Fold(respond(j, rng, 100, [2]float64{0.1, 0.3}, true), now*time.Second)
		}
		require.Equal(t, trusted, r.RollBack)
		if !trusted {
			require.Equal(t, "client_feedback(corrected)", r.HoldCulprit)
			require.Contains(t, j.Promotion().Reason, "client_feedback")
		}
	}
}

// As long as no client is heard, what it would say repeats what servers do, and counts as nothing.
func TestSilentClientsHoldNothing(t *testing.T) {
	j, rng := begun(t, lower), rand.New(rand.NewPCG(1, 1))
	var r Ruling
	for now := time.Duration(0); !r.RollBack && now < 1000; now++ {
		r = j.Fold(respond(j, rng, 50, [2]float64{0.1, 0.2}, false), now*time.Second)
	}
	require.True(t, r.RollBack)
	require.False(t, r.Hold, r.HoldCulprit)
	v := j.Verdicts()[1]
	require.Zero(t, v.LogE)
	require.Contains(t, v.Reason, "no client")
}

// An arm of which hardly anything is heard is not blamed; a judge that is restored meanwhile knows that, too.
func TestDoubtHolds(t *testing.T) {
	for _, of := range []Feedback{lower, higher} {
		for _, silent := range []Arm{Stable, Candidate} {
			rates := [2]float64{0.2, 0.2}
			rates[silent] = 0
			j, rng := begun(t, of), rand.New(rand.NewPCG(1, 1))
			var r Ruling
			for now := range time.Duration(100) {
				r = j.Fold(respond(j, rng, 100, rates, false), now*time.Second)
				require.False(t, r.RollBack)
			}
			require.True(t, r.Hold)
			against := (silent == Stable) == (of.Want == Lower)
			if against {
				require.Contains(t, j.Verdicts()[0].Reason, "only holds")
				require.Contains(t, j.Verdicts()[0].Reason, "a client that does not report")
			}
			require.Contains(t, []string{"feedback_balance(candidate, 1 d)", "feedback_balance(stable, 1 d)", of.Name()}, r.HoldCulprit)
			require.False(t, j.Promotion().Ready)

			again, err := RestoreJudge(Config{Criteria: []Criterion{of}}, encoded(t, j))
			require.NoError(t, err)
			require.Equal(t, j.ruling, again.ruling)
			require.Equal(t, encoded(t, j), encoded(t, again))

			// The silent arm is heard of: what was held back comes out, if it is against the candidate.
			heard := respond(again, rng, 200, [2]float64{0.2, 0.2}, false)
			r = again.Fold(heard, 1000*time.Second)
			require.Equal(t, against, r.RollBack, "%v %v", of, silent)
		}
	}
}

// A slow way back looks like a lower rate: it holds, and rolls back once it is fast again.
func TestLateFeedbackHolds(t *testing.T) {
	for _, late := range []Arm{Stable, Candidate} {
		j, rng := begun(t, higher), rand.New(rand.NewPCG(1, 1))
		e := j.NewEvidence()
		e.ObserveArrivals(0, late, 0, 20)
		require.False(t, e.Empty())
		r := j.Fold(e, 0)
		for now := range time.Duration(100) {
			r = j.Fold(respond(j, rng, 20, [2]float64{0.3, 0.1}, false), now*time.Second)
			require.False(t, r.RollBack)
		}
		require.Equal(t, "feedback(converted)", r.HoldCulprit)
		require.Contains(t, j.Verdicts()[0].Reason, "after their window")
		require.Contains(t, j.Promotion().Reason, "held")
		e.Reset()
		e.ObserveArrivals(0, late, 5000, 0)
		require.True(t, j.Fold(e, 1000*time.Second).RollBack, "as many came in time")
	}
}

// Silence proves nothing, and neither does what only clients have said.
func TestFeedbackIsProvenByWhomItTrusts(t *testing.T) {
	prove := func(rates [2]float64, client bool) Promotion {
		j, rng := begun(t, Feedback{Signal: "corrected", Want: Lower, Margin: 0.05}), rand.New(rand.NewPCG(1, 1))
		for now := range time.Duration(40) {
			j.Fold(respond(j, rng, 200, rates, client), now*20*time.Second)
		}
		return j.Promotion()
	}
	equal := prove([2]float64{0.02, 0.02}, false)
	require.True(t, equal.Ready, equal.Reason)
	require.InDelta(t, 4000, equal.Calls, 200, "units of the candidate")
	require.Contains(t, equal.Gates[0].Finding, "corrected")
	nobody := prove([2]float64{}, false)
	require.False(t, nobody.Ready)
	require.Contains(t, nobody.Reason, "no server has reported on a unit of stable: silence proves nothing")
	require.Equal(t, NoForecast, nobody.Gates[0].Needs)
	require.Contains(t, prove([2]float64{0.02, 0.02}, true).Reason, "no server has reported")
	require.Len(t, equal.Gates, 1, "what is implied does not gate")
}

// A step begins for feedback when its first window ends; until then nothing of it is proven.
func TestFeedbackLagsBehind(t *testing.T) {
	j, rng := begun(t, Feedback{Signal: "corrected", Want: Lower, Margin: 0.05}), rand.New(rand.NewPCG(1, 1))
	fold := func() {
		for now := range time.Duration(40) {
			j.Fold(respond(j, rng, 200, [2]float64{0.02, 0.02}, false), now*20*time.Second)
		}
	}
	fold()
	require.True(t, j.Promotion().Ready)
	j.BeginStep(half)
	require.False(t, j.Promotion().Ready)
	fold() // of the step before
	require.False(t, j.Promotion().Ready)
	require.Zero(t, j.Promotion().Calls)
	j.BeginFeedback(0, half)
	fold()
	require.True(t, j.Promotion().Ready)
}

// A slice in which everything is corrected is found among twenty that are as ever.
func TestFeedbackOfASlice(t *testing.T) {
	c := Config{Criteria: []Criterion{lower}, Slices: []string{"country"}, SliceAction: CarveOut, SliceText: func(_ int, cell uint8) string { return fmt.Sprint("c", cell) }}
	j := mustJudge(t, c)
	j.BeginStep(half)
	j.BeginFeedback(0, half)
	rng := rand.New(rand.NewPCG(1, 1))
	r := Ruling{}
	for now := time.Duration(0); r.Carves == 0 && now < 500; now++ {
		e := j.NewEvidence()
		for range 100 {
			u := Response{Arm: Arm(rng.IntN(2)), Servers: []float64{0}, Slices: []uint8{uint8(rng.IntN(20))}}
			rate := 0.05
			if u.Arm == Candidate && u.Slices[0] == 7 {
				rate = 0.6
			}
			if rng.Float64() < rate {
				u.Servers[0], u.Heard, u.HeardServers = 1, 1, 1
			}
			e.ObserveFeedback(0, Fresh, &u)
		}
		r = j.Fold(e, now*time.Second)
	}
	require.False(t, r.RollBack)
	require.Len(t, j.Carves(), 1)
	require.Equal(t, `country="c7"`, j.Carves()[0].Slice)
	require.Equal(t, "feedback(corrected)", j.Carves()[0].Criterion)
}

// Evidence of several places adds up and travels, late reports included.
func TestFeedbackEvidenceTravels(t *testing.T) {
	c := Config{Criteria: []Criterion{lower, Feedback{Signal: "x", Want: Higher, Within: time.Minute}}, Slices: []string{"country"}}
	j := mustJudge(t, c)
	rng := rand.New(rand.NewPCG(1, 1))
	a, b := respond(j, rng, 300, [2]float64{0.1, 0.2}, false), respond(j, rng, 300, [2]float64{0.1, 0.2}, true)
	b.ObserveArrivals(1, Candidate, 0, 3)
	b.ObserveFeedback(1, Band, &Response{Slices: []uint8{3}, Heard: 1})
	data, err := b.AppendBinary(nil)
	require.NoError(t, err)
	read := mustJudge(t, c).NewEvidence()
	require.NoError(t, read.UnmarshalBinary(data))
	require.Equal(t, b.arrivals, read.arrivals)
	again, err := read.AppendBinary(nil)
	require.NoError(t, err)
	require.Equal(t, data, again)
	a.Merge(read)
	require.EqualValues(t, 600, a.tables[feedbackGroup].total())
	require.EqualValues(t, 3, a.arrivals[1][Candidate][1])
	for n := range data {
		require.Error(t, read.UnmarshalBinary(data[:n]))
		require.True(t, read.Empty())
	}
}
