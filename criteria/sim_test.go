//go:build !race

package criteria_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// The simulations hold the promises about error rates and speed: seeded, so
// that they pass or fail the same each time, and through the public face, with a
// look at the evidence after every single call.

// A world makes the outcome of one call: in its arm, as the i-th call.
type world func(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation)

// A run is how one simulated epoch went.
type run struct {
	rolledBack bool
	held       bool
	calls      int // of the candidate, until the rollback or the end
	requests   int
}

// A scene is a setting for many runs.
type scene struct {
	config   criteria.Config
	share    float64
	requests int
	seeds    int // stable-only calls before exposure
	world    world
}

// pace is the time between two requests: 50 a second.
const pace = 20 * time.Millisecond

// play runs one epoch to its rollback or end, and shows each call.
func (sc scene) play(t testing.TB, seed uint64, show func(*criteria.Observation)) run {
	judge, err := criteria.NewJudge(sc.config)
	if err != nil {
		t.Error(err)
		return run{}
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	o := observation()
	for i := range sc.seeds {
		o.Arm = criteria.Stable
		sc.world(rng, o.Arm, i-sc.seeds, o)
		judge.Seed(o)
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: sc.share})
	e, r := judge.NewEvidence(), run{}
	for i := range sc.requests {
		o.Arm = criteria.Stable
		if rng.Float64() < sc.share {
			o.Arm = criteria.Candidate
			r.calls++
		}
		sc.world(rng, o.Arm, i, o)
		show(o)
		e.Observe(criteria.Fresh, o)
		ruling := judge.Fold(e, time.Duration(i)*pace)
		e.Reset()
		r.requests++
		r.held = r.held || ruling.Hold
		if ruling.RollBack {
			r.rolledBack = true
			break
		}
	}
	return r
}

// repeat plays a scene with seeds 0, 1, ..., on all processors.
func (sc scene) repeat(t testing.TB, trials int) []run {
	return sc.each(t, trials, func(int, *criteria.Observation) {})
}

// each is repeat, and shows every call of every run.
func (sc scene) each(t testing.TB, trials int, show func(trial int, o *criteria.Observation)) []run {
	runs := make([]run, trials)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < trials; i = int(next.Add(1)) - 1 {
				runs[i] = sc.play(t, uint64(i), func(o *criteria.Observation) { show(i, o) })
			}
		})
	}
	wait.Wait()
	return runs
}

func observation() *criteria.Observation {
	return &criteria.Observation{Latency: -1, Numbers: []float64{0}, Labels: []uint16{0}}
}

// rolledBack counts the runs that ended so.
func rolledBack(runs []run) (n int) {
	for _, r := range runs {
		if r.rolledBack {
			n++
		}
	}
	return n
}

// delays returns the median and the 90th percentile of the candidate's calls;
// a run without rollback counts as endless.
func delays(runs []run) (median, p90 int) {
	calls := make([]int, len(runs))
	for i, r := range runs {
		calls[i] = r.calls
		if !r.rolledBack {
			calls[i] = math.MaxInt
		}
	}
	slices.Sort(calls)
	return calls[len(calls)/2], calls[len(calls)*9/10]
}

// failing makes calls fail at the arms' rates.
func failing(stable, candidate float64) world {
	return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		rate := stable
		if arm == criteria.Candidate {
			rate = candidate
		}
		o.Outcome = criteria.Fine
		if rng.Float64() < rate {
			o.Outcome = criteria.Failed
		}
	}
}

// A level-1 % test would have more than 12 false of 400 with p < 0.001.
const (
	aaTrials = 400
	aaFalse  = 12
)

func TestSimEqualArmsAreKept(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			runs := scene{config: strictRate, share: share, requests: 50_000, world: failing(0.01, 0.01)}.repeat(t, aaTrials)
			t.Logf("%d of %d rolled back", rolledBack(runs), aaTrials)
			require.LessOrEqual(t, rolledBack(runs), aaFalse)
		})
	}
}

// Worse by just the tolerance is not worse than the tolerance.
func TestSimEdgeOfTheToleranceIsKept(t *testing.T) {
	edge := scene{config: only(criteria.ErrorRate{}), share: 0.5, requests: 20_000, world: failing(0.05, 0.055)}
	runs := edge.repeat(t, aaTrials)
	t.Logf("%d of %d rolled back", rolledBack(runs), aaTrials)
	require.LessOrEqual(t, rolledBack(runs), aaFalse)
}

func TestSimEqualArmsAreKeptByAllCriteria(t *testing.T) {
	config := criteria.Config{
		Numbers: []string{"score"}, Labels: []string{"class"},
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{Tolerance: criteria.Strict},
			criteria.Latency{Tolerance: criteria.Strict},
			criteria.Distribution{Signal: "score", Tolerance: criteria.Strict},
			criteria.Categories{Signal: "class", Tolerance: criteria.Strict},
			criteria.Backstop{},
		},
	}
	runs := scene{config: config, share: 0.2, requests: 5000, world: everything}.repeat(t, aaTrials)
	t.Logf("%d of %d rolled back", rolledBack(runs), aaTrials)
	require.LessOrEqual(t, rolledBack(runs), aaFalse)
}

// everything is a healthy pair of models with a signal of each kind.
func everything(rng *rand.Rand, _ criteria.Arm, _ int, o *criteria.Observation) {
	o.Outcome = criteria.Fine
	if rng.Float64() < 0.01 {
		o.Outcome = criteria.Outcome(1 + rng.IntN(3))
	}
	o.Latency = lognormal(rng, 1)
	o.Numbers[0] = math.Sqrt(rng.Float64())
	if rng.IntN(500) == 0 {
		o.Numbers[0] = math.NaN()
	}
	o.Labels[0] = zipf(rng, 10)
}

// lognormal draws latencies around 10 ms, times a factor.
func lognormal(rng *rand.Rand, factor float64) time.Duration {
	return time.Duration(1e7 * factor * math.Exp(0.8*rng.NormFloat64()))
}

// zipf draws one of n labels, label k with probability ~ 1/(k+1).
func zipf(rng *rand.Rand, n int) uint16 {
	total := 0.0
	for k := range n {
		total += 1 / float64(k+1)
	}
	u := rng.Float64() * total
	for k := range n {
		if u -= 1 / float64(k+1); u < 0 {
			return uint16(k)
		}
	}
	return uint16(n - 1)
}

func TestSimDelays(t *testing.T) {
	for _, c := range []struct {
		name              string
		stable, candidate float64
		share             float64
		trials            int
		median, p90       int
	}{
		{"1% to 5%", 0.01, 0.05, 0.05, 300, 190, 430},
		{"1% to 5%", 0.01, 0.05, 0.5, 300, 450, 850},
		{"0.1% to 1%", 0.001, 0.01, 0.05, 200, 600, math.MaxInt},
		{"1% to 2%", 0.01, 0.02, 0.05, 300, 2000, math.MaxInt},
		{"0 to 2%", 0, 0.02, 0.05, 300, 150, math.MaxInt},
		{"total failure", 0.01, 1, 0.01, 300, 3, 9},
		{"total failure", 0.01, 1, 0.05, 300, 3, 9},
		{"total failure", 0.01, 1, 0.2, 300, 9, 9},
		{"total failure", 0.01, 1, 0.5, 300, 9, 9},
	} {
		t.Run(fmt.Sprintf("%s at %v", c.name, c.share), func(t *testing.T) {
			runs := scene{
				config: strictRate, share: c.share, requests: 400_000, world: failing(c.stable, c.candidate),
			}.repeat(t, c.trials)
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, c.median)
			require.LessOrEqual(t, p90, c.p90)
		})
	}
}

// A change that comes late finds fresh capital in the purse.
func TestSimLateChange(t *testing.T) {
	const healthy = 100_000
	late := func(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation) {
		rate := 0.01
		if i >= healthy {
			rate = 0.05
		}
		failing(0.01, rate)(rng, arm, i, o)
	}
	for share, bar := range map[float64]int{0.05: 450, 0.5: 1250} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			runs := scene{config: strictRate, share: share, requests: 2 * healthy, world: late}.repeat(t, 60)
			median, _ := delays(slices.DeleteFunc(runs, func(r run) bool { return r.requests < healthy }))
			median -= int(share * healthy)
			t.Logf("median %d candidate calls after the change", median)
			require.LessOrEqual(t, median, bar)
		})
	}
}

// Thresholds from a seed: slower, shifted and new answers are seen early.
func TestSimShiftedSignals(t *testing.T) {
	slower := func(factor float64) world {
		return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
			if arm == criteria.Stable {
				o.Latency = lognormal(rng, 1)
			} else {
				o.Latency = lognormal(rng, factor)
			}
		}
	}
	shifted := func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Numbers[0] = 0.5 + 0.12*(rng.NormFloat64()+0.3*float64(arm))
	}
	newClass := func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Labels[0] = zipf(rng, 10)
		if arm == criteria.Candidate && rng.IntN(100) == 0 {
			o.Labels[0] = 77
		}
	}
	latency := only(criteria.Latency{Tolerance: criteria.Strict})
	for _, c := range []struct {
		name   string
		config criteria.Config
		world  world
		share  float64
		median int
	}{
		{"latency x10", latency, slower(10), 0.05, 6},
		{"latency x10", latency, slower(10), 0.5, 12},
		{"latency x1.5", latency, slower(1.5), 0.05, 80},
		{"latency +10%", latency, slower(1.1), 0.05, 1400},
		{"score by 0.3 SD", only(criteria.Distribution{Signal: "score", Tolerance: criteria.Strict}), shifted, 0.05, 240},
		{"new class at 1%", only(criteria.Categories{Signal: "class", Tolerance: criteria.Strict}), newClass, 0.05, 520},
	} {
		t.Run(fmt.Sprintf("%s at %v", c.name, c.share), func(t *testing.T) {
			runs := scene{config: c.config, share: c.share, requests: 200_000, seeds: 2000, world: c.world}.repeat(t, 40)
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, c.median)
		})
	}
}

// 4 of 400 are 1 %; 3 sigma more are 10.
const ruleFalse = 10

func TestSimBetterCandidateIsKept(t *testing.T) {
	runs := scene{config: strictRate, share: 0.05, requests: 20_000, world: failing(0.02, 0.01)}.repeat(t, aaTrials)
	t.Logf("%d of %d rolled back", rolledBack(runs), aaTrials)
	require.LessOrEqual(t, rolledBack(runs), ruleFalse)
}

func TestSimIncidentOnStableAlone(t *testing.T) {
	incident := func(rng *rand.Rand, arm criteria.Arm, i int, o *criteria.Observation) {
		stable := 0.01
		if i >= 500 && i < 1500 {
			stable = 0.5
		}
		failing(stable, 0.01)(rng, arm, i, o)
	}
	for _, share := range []float64{0.05, 0.5} {
		runs := scene{config: strictRate, share: share, requests: 10_000, world: incident}.repeat(t, aaTrials)
		t.Logf("share %v: %d of %d rolled back", share, rolledBack(runs), aaTrials)
		require.LessOrEqual(t, rolledBack(runs), ruleFalse)
	}
}

// An outage that hits both models, and a base rate that drifts while the share
// climbs, are nobody's fault.
func TestSimBurstsAndRampAreNobodysFault(t *testing.T) {
	rates := func(i int) float64 {
		if i/1000%10 == 3 {
			return 0.3
		}
		return 0.005 + 0.025*float64(i)/20_000
	}
	shares := []float64{0.01, 0.05, 0.2, 0.5}
	rolled := 0
	var mutex sync.Mutex
	var wait sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for trial := worker; trial < aaTrials; trial += runtime.GOMAXPROCS(0) {
				if rampRollsBack(t, uint64(trial), shares, 5000, rates) {
					mutex.Lock()
					rolled++
					mutex.Unlock()
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d of %d rolled back", rolled, aaTrials)
	require.LessOrEqual(t, rolled, ruleFalse)
}

// rampRollsBack plays equal arms through the steps of a ramp.
func rampRollsBack(t testing.TB, seed uint64, shares []float64, each int, rate func(i int) float64) bool {
	judge, err := criteria.NewJudge(strictRate)
	if err != nil {
		t.Error(err)
		return false
	}
	rng, o, e := rand.New(rand.NewPCG(seed, 11)), observation(), judge.NewEvidence()
	for i := range each * len(shares) {
		share := shares[i/each]
		if i%each == 0 {
			judge.BeginStep([criteria.NumStrata]float64{share, share / 2})
		}
		stratum := criteria.Stratum(rng.IntN(criteria.NumStrata))
		o.Arm = criteria.Stable
		if rng.Float64() < share/float64(1+stratum) {
			o.Arm = criteria.Candidate
		}
		failing(rate(i), rate(i))(rng, o.Arm, i, o)
		e.Observe(stratum, o)
		ruling := judge.Fold(e, time.Duration(i)*pace)
		e.Reset()
		if ruling.RollBack {
			return true
		}
	}
	return false
}

// A router that gives 40 % instead of the declared 50 % is found out before it
// can look like a difference of the models.
func TestSimWrongShareIsRoutingNotModels(t *testing.T) {
	const trials = 200
	first := 0
	for trial := range uint64(trials) {
		if routingBreaksFirst(t, trial) {
			first++
		}
	}
	t.Logf("routing first in %d of %d", first, trials)
	require.GreaterOrEqual(t, first, trials*95/100)
}

func routingBreaksFirst(t testing.TB, seed uint64) bool {
	judge, err := criteria.NewJudge(strictRate)
	require.NoError(t, err)
	declared := [criteria.NumStrata]float64{criteria.Fresh: 0.5}
	judge.BeginStep(declared)
	var routing criteria.Routing
	routing.BeginStep(declared)
	rng, o, e := rand.New(rand.NewPCG(seed, 13)), observation(), judge.NewEvidence()
	for i := range 20_000 {
		o.Arm = criteria.Stable
		if rng.Float64() < 0.4 {
			o.Arm = criteria.Candidate
		}
		failing(0.01, 0.01)(rng, o.Arm, i, o)
		if routing.Assign(criteria.Fresh, o.Arm); routing.Broken() {
			return true
		}
		e.Observe(criteria.Fresh, o)
		if judge.Fold(e, time.Duration(i)*pace).RollBack {
			return false
		}
		e.Reset()
	}
	return false
}
