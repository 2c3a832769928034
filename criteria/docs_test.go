package criteria_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// The figures that docs/statistics.md works out by hand, by hand and by the judge.

const docsShare = 0.05

// counted folds so many fine and failed calls of either arm, and returns the ruling.
func counted(j *criteria.Judge, now time.Duration, stableFine, stableFailed, fine, failed int) criteria.Ruling {
	e := j.NewEvidence()
	observe(e, stableFine, criteria.Observation{Arm: criteria.Stable})
	observe(e, stableFailed, criteria.Observation{Arm: criteria.Stable, Outcome: criteria.Failed})
	observe(e, fine, criteria.Observation{Arm: criteria.Candidate})
	observe(e, failed, criteria.Observation{Arm: criteria.Candidate, Outcome: criteria.Failed})
	return j.Fold(e, now)
}

func docsJudge(t *testing.T, c criteria.Config) *criteria.Judge {
	t.Helper()
	j, err := criteria.NewJudge(c)
	require.NoError(t, err)
	j.BeginStep([criteria.NumStrata]float64{criteria.Fresh: docsShare})
	return j
}

// Nine bets, one half of the capital staked, two failures of the candidate among 37
// successes of stable.
func TestDocsDeadCandidate(t *testing.T) {
	const guess = 0.002
	bets := []float64{0.1, 0.9}
	for _, odds := range []float64{1.1, 1.25, 1.6, 2.5, 5, 15, 80} {
		bets = append(bets, odds*guess/(1-guess+odds*guess))
	}
	capital := func(failed, stableFine float64) float64 {
		sum := 0.5
		for _, b := range bets {
			p0 := docsShare*b + (1-docsShare)*guess
			multiple := math.Pow(b/p0, failed) * math.Pow((1-guess)/(1-p0), stableFine)
			sum += 0.5 / 9 * multiple
		}
		return sum
	}
	require.InDelta(t, 5.88, capital(1, 18), 0.005)
	require.InDelta(t, 150.4, capital(2, 37), 0.05)

	ruling := counted(docsJudge(t, strictRate), time.Second, 37, 0, 0, 2)
	require.InDelta(t, math.Log(capital(2, 37)), ruling.LogE, 1e-9)
	require.InDelta(t, 5.013, ruling.LogE, 0.0005)
	require.True(t, ruling.RollBack)
}

// One bet as a game: fair at any common rate, and growing in the world it supposes.
func TestDocsOneBet(t *testing.T) {
	const stable, candidate, p0 = 0.01, 0.05, 0.012
	candidateFailed, candidateFine := candidate/p0, (1-candidate)/(1-p0)
	stableFailed, stableFine := stable/p0, (1-stable)/(1-p0)
	for i, want := range []float64{4.1667, 0.9615, 0.8333, 1.0020} {
		require.InDelta(t, want, []float64{candidateFailed, candidateFine, stableFailed, stableFine}[i], 5e-5)
	}
	for _, rate := range []float64{0, 0.001, 0.01, 0.3, 1} {
		mean := docsShare*(rate*candidateFailed+(1-rate)*candidateFine) + (1-docsShare)*(rate*stableFailed+(1-rate)*stableFine)
		require.InDelta(t, 1, mean, 1e-12, "at a common rate of %v", rate)
	}
	growth := docsShare*(candidate*math.Log(candidateFailed)+(1-candidate)*math.Log(candidateFine)) +
		(1-docsShare)*(stable*math.Log(stableFailed)+(1-stable)*math.Log(stableFine))
	require.InDelta(t, 0.001875, growth, 5e-7)
	require.InDelta(t, 2457, math.Log(100)/growth, 1)
	require.InDelta(t, 123, docsShare*math.Log(100)/growth, 0.5)
}

// Six rounds of 1 % against 6 %, as counted.
func TestDocsSixRounds(t *testing.T) {
	rounds := [][4]int{ // stable's fine and failed, the candidate's
		{60, 1, 3, 0}, {121, 1, 6, 0}, {240, 3, 12, 1}, {482, 4, 24, 2}, {963, 9, 49, 3}, {963, 10, 48, 3},
	}
	for _, c := range []struct {
		name   string
		config criteria.Config
		logE   []float64
		limit  float64
	}{
		{"strict, alone", strictRate, []float64{-0.193, -0.320, -0.004, 1.447, 3.624, 5.838}, 4.605},
		{
			"defaults", criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}}},
			[]float64{-0.197, -0.327, -0.044, 1.267, 3.226, 5.257}, 4.711,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := docsJudge(t, c.config)
			for i, n := range rounds {
				ruling := counted(j, time.Duration(i+1)*time.Minute, n[0], n[1], n[2], n[3])
				v := j.Verdicts()[0]
				require.InDelta(t, c.logE[i], v.LogE, 0.0005, "round %d", i+1)
				require.InDelta(t, c.limit, v.Limit, 0.0005)
				require.Equal(t, i == len(rounds)-1, ruling.RollBack, "round %d", i+1)
			}
			v := j.Verdicts()[0]
			require.Equal(t, "failed: 5.96 % of candidate, 0.98 % of stable calls", v.Finding)
			require.Equal(t, "[1.19, 22.1]", v.Ratio.String())
		})
	}
}

// One country of twenty in which every call of the candidate fails, counted 400
// requests at a time: 19 calls of stable and one of the candidate from each country,
// four of stable's fail.
func TestDocsBrokenSlice(t *testing.T) {
	sliced := func(cs ...criteria.Criterion) criteria.Config {
		return criteria.Config{
			Criteria: cs, Numbers: []string{"score"}, Labels: []string{"class"}, Slices: []string{"country"},
			SliceText: func(_ int, cell uint8) string {
				return map[bool]string{true: "is", false: fmt.Sprint(cell)}[cell == 10]
			},
		}
	}
	for _, c := range []struct {
		name   string
		config criteria.Config
		logE   []float64
		limit  float64
	}{
		{"alone", sliced(criteria.ErrorRate{Tolerance: criteria.Strict}), []float64{0.00, 0.29, 2.14, 5.52}, 4.61},
		{
			"among four and the backstop",
			sliced(criteria.ErrorRate{}, criteria.Latency{}, criteria.Distribution{Signal: "score"}, criteria.Categories{Signal: "class"}, criteria.Backstop{}),
			[]float64{-0.01, 0.22, 1.90, 5.15, 8.57}, 6.10,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := docsJudge(t, c.config)
			for b, want := range c.logE {
				ruling := inTwentyCountries(j, b)
				v := j.Verdicts()[0]
				require.InDelta(t, want, v.LogE, 0.005, "call %d", b+1)
				require.InDelta(t, c.limit, v.Limit, 0.005)
				require.Equal(t, b == len(c.logE)-1, ruling.RollBack, "call %d", b+1)
			}
			v := j.Verdicts()[0]
			require.Equal(t, `country="is"`, v.Slice)
			require.True(t, strings.HasPrefix(v.Finding, "failed: 100 % of candidate"), v.Finding)
		})
	}
}

// inTwentyCountries folds 400 requests, one call of the candidate in each country.
func inTwentyCountries(j *criteria.Judge, b int) criteria.Ruling {
	const bad = 10
	e := j.NewEvidence()
	for c := range uint8(20) {
		in, failed := []uint8{c}, 0
		if (int(c)+b)%5 == 0 {
			failed = 1
		}
		observe(e, 19-failed, criteria.Observation{Arm: criteria.Stable, Latency: -1, Slices: in})
		observe(e, failed, criteria.Observation{Arm: criteria.Stable, Latency: -1, Outcome: criteria.Failed, Slices: in})
		o := criteria.Observation{Arm: criteria.Candidate, Latency: -1, Slices: in}
		if c == bad {
			o.Outcome, o.Answered = criteria.Failed, true
		}
		observe(e, 1, o)
	}
	return j.Fold(e, time.Duration(b)*8*time.Second)
}

// strictRate judges failed calls alone, without tolerance.
var strictRate = only(criteria.ErrorRate{Tolerance: criteria.Strict})

func only(c criteria.Criterion) criteria.Config {
	return criteria.Config{Criteria: []criteria.Criterion{c}, Numbers: []string{"score"}, Labels: []string{"class"}}
}

// Of a stable model that always answers alike, so many answers that differ refute the
// candidate, and so many more with slices.
func TestDocsTenAnswersThatDiffer(t *testing.T) {
	for slices, want := range []int{10, 11} {
		config := only(criteria.Disagreement{Limit: criteria.Strict})
		config.Slices = []string{"country"}[:slices]
		j, err := criteria.NewJudge(config)
		require.NoError(t, err)
		differ := 0
		for i, done := 0, false; !done; i++ {
			e := j.NewEvidence()
			p := criteria.Pair{Rerun: true, Differs: i%100 == 99, Slices: []uint8{uint8(i % 20)}}
			e.ObservePair(&p)
			if p.Differs {
				differ++
			}
			done = j.Fold(e, 0).RollBack
		}
		require.Equal(t, want, differ, "%d dimensions", slices)
	}
}
