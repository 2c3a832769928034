//go:build !race

package criteria

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proofConfig is the line P(failure | candidate) >= P(failure | stable) + 0.005.
var proofConfig = Config{Criteria: []Criterion{ErrorRate{Tolerance: Strict, Margin: 0.005}}}

// A proofRun is one simulated epoch, judged every 20 requests at 50 a second.
type proofRun struct {
	judge    *Judge
	rng      *rand.Rand
	evidence *Evidence
	now      time.Duration
}

func newProofRun(t testing.TB, c Config, seed int) *proofRun {
	j := mustJudge(t, c)
	return &proofRun{judge: j, rng: rand.New(rand.NewPCG(uint64(seed), 17)), evidence: j.NewEvidence()}
}

// play serves up to so many requests, until a look at the judge ends it, and returns
// the candidate's calls and whether it did.
func (r *proofRun) play(requests int, share float64, world func(*rand.Rand, *Observation), look func(calls int) bool) (calls int, ended bool) {
	var o Observation
	for range requests / 20 {
		for range 20 {
			o.Arm = Stable
			if r.rng.Float64() < share {
				o.Arm = Candidate
				calls++
			}
			world(r.rng, &o)
			r.evidence.Observe(Fresh, &o)
		}
		r.now += 400 * time.Millisecond
		r.judge.Fold(r.evidence, r.now)
		r.evidence.Reset()
		if look(calls) {
			return calls, true
		}
	}
	return calls, false
}

// proven looks at the proof alone, as the rollback would end what is simulated.
func (r *proofRun) proven(int) bool {
	w := r.judge.watches[0]
	return r.judge.proves(w, safeNow)
}

// ready looks at everything.
func (r *proofRun) ready(calls int) bool { return r.proven(calls) && r.judge.Promotion().Ready }

// inParallel runs trials on all processors and counts those that come true.
func inParallel(trials int, trial func(i int) bool) (n int) {
	results := make([]bool, trials)
	var wait sync.WaitGroup
	for p := range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := p; i < trials; i += runtime.GOMAXPROCS(0) {
				results[i] = trial(i)
			}
		})
	}
	wait.Wait()
	for _, yes := range results {
		if yes {
			n++
		}
	}
	return n
}

// fails makes calls fail at the arms' rates.
func fails(stable, candidate float64) func(*rand.Rand, *Observation) {
	return func(rng *rand.Rand, o *Observation) {
		rate := stable
		if o.Arm == Candidate {
			rate = candidate
		}
		o.Outcome = Fine
		if rng.Float64() < rate {
			o.Outcome = Failed
		}
	}
}

// atMost is so many of the trials, and three standard deviations more.
func atMost(rate float64, trials int) int {
	n := float64(trials)
	return int(rate*n + 3*math.Sqrt(n*rate*(1-rate)))
}

// A candidate that is worse by just the margin is not promoted.
func TestSimCandidateAtTheLineIsNotPromoted(t *testing.T) {
	const trials = 400
	for _, share := range []float64{0.05, 0.5} {
		n := inParallel(trials, func(i int) bool {
			r := newProofRun(t, proofConfig, i)
			r.judge.BeginStep([NumStrata]float64{share})
			_, promoted := r.play(200_000, share, fails(0.01, 0.015), r.proven)
			return promoted
		})
		t.Logf("share %v: %d of %d ever proven", share, n, trials)
		require.LessOrEqual(t, n, atMost(DefaultBeta, trials))
	}
}

func TestSimEqualCandidateIsPromoted(t *testing.T) {
	const trials = 200
	calls := make([]int, trials)
	n := inParallel(trials, func(i int) bool {
		r := newProofRun(t, proofConfig, i)
		r.judge.BeginStep([NumStrata]float64{0.2})
		at, promoted := r.play(200_000, 0.2, fails(0.01, 0.01), r.ready)
		calls[i] = at
		return promoted
	})
	slices.Sort(calls)
	t.Logf("%d of %d promoted, median after %d candidate calls, nine in ten after %d", n, trials, calls[trials/2], calls[trials*9/10])
	require.GreaterOrEqual(t, n, trials*95/100)
	require.LessOrEqual(t, calls[trials/2], 4500)
}

// A candidate that is overloaded at half of the traffic, and had proven itself at
// less, is promoted on what it has proven there unless the proof starts anew.
func TestSimEveryStepIsProvenAnew(t *testing.T) {
	const trials = 300
	promoted := func(carry bool) int {
		return inParallel(trials, func(i int) bool {
			r := newProofRun(t, proofConfig, i)
			r.judge.BeginStep([NumStrata]float64{0.05})
			for _, next := range []float64{0.2, 0.5} {
				share := r.judge.sessions[coinsGroup].shares[Fresh]
				if _, ok := r.play(400_000, share, fails(0.01, 0.01), r.proven); !ok {
					return false
				}
				r.step(next, carry)
			}
			_, out := r.play(100_000, 0.5, fails(0.01, 0.015), func(calls int) bool { return calls >= DefaultMinCalls && r.proven(calls) })
			return out
		})
	}
	fresh, carried := promoted(false), promoted(true)
	t.Logf("promoted out of the bad step: %d of %d, with the evidence carried over %d", fresh, trials, carried)
	require.LessOrEqual(t, fresh, atMost(DefaultBeta, trials))
	require.Greater(t, carried, trials/10)
}

// step begins the next step, with or without what was proven in the last.
func (r *proofRun) step(share float64, carry bool) {
	r.judge.sessions[coinsGroup].close()
	proof := &r.judge.watches[0].proof
	before := slices.Clone(proof.claims)
	r.judge.BeginStep([NumStrata]float64{share})
	if carry {
		for i := range proof.claims {
			proof.claims[i].stakes = before[i].stakes
		}
	}
}

// The forecast is about right, in the median of many runs: at the start, when all
// that is known is stable, and on the way.
func TestSimForecastOfThePromotion(t *testing.T) {
	shape := Config{Numbers: []string{"score"}, Labels: []string{"class"}}
	with := func(c Criterion) Config { c2 := shape; c2.Criteria = []Criterion{c}; return c2 }
	usual := func(rng *rand.Rand, o *Observation) {
		o.Latency = time.Duration(1e7 * math.Exp(0.8*rng.NormFloat64()))
		o.Numbers, o.Labels = []float64{rng.Float64()}, []uint16{uint16(10 * rng.Float64() * rng.Float64())}
	}
	for _, c := range []struct {
		name   string
		config Config
		share  float64
		world  func(*rand.Rand, *Observation)
		at     int // the forecast is made after so many candidate calls
	}{
		{"equal", proofConfig, 0.2, fails(0.01, 0.01), 0},
		{"equal, on the way", proofConfig, 0.2, fails(0.01, 0.01), 1500},
		{"equal at half", proofConfig, 0.5, fails(0.01, 0.01), 1000},
		{"equal at 5 %", proofConfig, 0.05, fails(0.01, 0.01), 300},
		{"default tolerance", Config{Criteria: []Criterion{ErrorRate{}}}, 0.2, fails(0.02, 0.02), 2000},
		{"better", proofConfig, 0.2, fails(0.01, 0.005), 1000},
		{"latency", with(Latency{}), 0.2, usual, 100},
		{"scores", with(Distribution{Signal: "score"}), 0.2, usual, 0},
		{"labels", with(Categories{Signal: "class"}), 0.2, usual, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			const trials = 120
			forecast, took := make([]float64, trials), make([]float64, trials)
			inParallel(trials, func(i int) bool {
				r := newProofRun(t, c.config, i)
				for range 2000 {
					var o Observation
					c.world(r.rng, &o)
					r.judge.Seed(&o)
				}
				r.judge.BeginStep([NumStrata]float64{c.share})
				before := 0
				if c.at > 0 {
					before, _ = r.play(1_000_000, c.share, c.world, func(calls int) bool { return calls >= c.at })
				}
				forecast[i] = float64(r.judge.Promotion().Gates[0].Needs)
				if calls, ok := r.play(600_000, c.share, c.world, r.proven); ok {
					took[i] = float64(calls)
				} else {
					took[i] = math.Inf(1)
				}
				return before >= c.at
			})
			slices.Sort(forecast)
			slices.Sort(took)
			said, was := forecast[trials/2], took[trials/2]
			t.Logf("after %d calls: forecast %.0f [%.0f, %.0f], in fact %.0f [%.0f, %.0f]", c.at,
				said, forecast[trials/10], forecast[trials*9/10], was, took[trials/10], took[trials*9/10])
			require.Less(t, math.Abs(math.Log(said/was)), math.Log(1.5), fmt.Sprint(said, was))
		})
	}
}
