//go:build !race

package sessions

import (
	"container/heap"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// The simulations play a town of users whose calls depend on what became of the ones before, and whose candidate is merely slower. Each rule of the package comment
// is also broken on purpose: without it equal models must be told apart often, or the rule would be there for nothing.

const (
	trials = 400
	// falseMost is 1 % and three sigma more, of 400.
	falseMost = 10
	// without is how many trials a broken rule gets; more than a tenth of them must go wrong.
	without = 100
)

// windowJudge folds windows and tells whether the candidate is out.
type windowJudge struct {
	judge    *criteria.Judge
	evidence *criteria.Evidence
	now      time.Duration
	windows  int
	out      bool
}

func newWindowJudge() *windowJudge {
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}})
	if err != nil {
		panic(err)
	}
	return &windowJudge{judge: judge, evidence: judge.NewEvidence()}
}

func (j *windowJudge) BeginWindows(shares [criteria.NumStrata]float64) { j.judge.BeginStep(shares) }

func (j *windowJudge) FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool) {
	o := criteria.Observation{Arm: arm, Latency: -1}
	if harm {
		o.Outcome = criteria.Failed
	}
	j.evidence.Observe(stratum, &o)
	j.out = j.judge.Fold(j.evidence, j.now).RollBack || j.out
	j.evidence.Reset()
	j.windows++
}

// user is somebody who comes, asks for a while and leaves.
type user struct {
	at        time.Duration // of what is next
	unit      uint64
	arm       criteria.Arm
	risk      float64 // of each call
	call      int
	harm      bool // what the call under way will be
	ticket    Ticket
	underWay  bool
	firstStep int
}

type queue []*user

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*user)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// town is what a trial plays.
type town struct {
	steps  time.Duration // how long one lasts
	shares []float64     // of the steps, in turn
	defect float64       // added to the risk of the candidate's second call and those after it
	make   func(Config) watcher
	// newcomers come each second, for so many seconds.
	newcomers float64
	seconds   int
}

func byTheRules(cfg Config) watcher { return New(cfg) }

func (tn town) play(seed uint64) *windowJudge {
	const pass = 50 * time.Millisecond
	cfg := Config{Calls: 5, Within: 30 * time.Second}
	rng, w, j := rand.New(rand.NewPCG(seed, 37)), tn.make(cfg), newWindowJudge()
	var town queue
	step := -1
	for now := time.Duration(0); now < time.Duration(tn.seconds)*time.Second && !j.out; now += pass {
		if s := int(now / tn.steps); s != step {
			step = s
			share := tn.shares[step%len(tn.shares)]
			w.BeginStep([criteria.NumStrata]float64{share})
		}
		if rng.Float64() < tn.newcomers*pass.Seconds() {
			u := &user{at: now, unit: rng.Uint64(), firstStep: step}
			if rng.Float64() < tn.shares[step%len(tn.shares)] {
				u.arm = criteria.Candidate
			}
			if rng.IntN(10) == 0 {
				u.risk = 0.8
			}
			heap.Push(&town, u)
		}
		for len(town) > 0 && town[0].at <= now {
			if tn.next(town[0], rng, w, step, now) {
				heap.Fix(&town, 0)
			} else {
				heap.Pop(&town)
			}
		}
		j.now = now
		w.Fold(now, j)
	}
	return j
}

// next is what a user does next; it reports whether the user stays.
func (tn town) next(u *user, rng *rand.Rand, w watcher, step int, now time.Duration) bool {
	if u.underWay {
		u.underWay = false
		w.Settle(u.ticket, u.harm)
		u.at = now + 800*time.Millisecond
		if u.harm { // again, at once
			u.at = now + 50*time.Millisecond
		}
		return rng.IntN(20) != 0
	}
	switch {
	case u.call == 0:
		u.ticket = w.Open(u.unit, criteria.Fresh, u.arm, now)
	case u.firstStep == step:
		u.ticket = w.Join(u.unit, now)
	default:
		u.ticket = 0 // the coin of the new step was not fresh
	}
	risk, latency := u.risk, 50*time.Millisecond
	if u.arm == criteria.Candidate {
		latency = 3 * time.Second
		if u.call > 0 {
			risk += tn.defect
		}
	}
	if u.harm = rng.Float64() < risk; u.harm {
		latency = 5 * time.Millisecond
	}
	u.call++
	u.underWay, u.at = true, now+latency
	return true
}

// repeat plays trials with seeds 0, 1, ...: how many rolled back, and how many windows the least of them heard.
func (tn town) repeat(n int) (out, least int) {
	var next, rolledBack atomic.Int64
	heard := make([]int, n)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				j := tn.play(uint64(i))
				heard[i] = j.windows
				if j.out {
					rolledBack.Add(1)
					heard[i] = tn.seconds * 1000
				}
			}
		})
	}
	wait.Wait()
	least = heard[0]
	for _, n := range heard {
		least = min(least, n)
	}
	return int(rolledBack.Load()), least
}

func requireKept(t *testing.T, tn town) {
	t.Helper()
	tn.make = byTheRules
	out, least := tn.repeat(trials)
	t.Logf("by the rules: %d of %d rolled back, on at least %d windows", out, trials, least)
	require.LessOrEqual(t, out, falseMost)
	require.Greater(t, least, 300, "who hears nobody blames nobody")
}

func requireNeeded(t *testing.T, tn town, broken plain) {
	t.Helper()
	tn.make = func(cfg Config) watcher {
		p := newPlain(cfg)
		p.asTheyFinish, p.dropAtStep = broken.asTheyFinish, broken.dropAtStep
		return p
	}
	out, _ := tn.repeat(without)
	t.Logf("without: %d of %d rolled back", out, without)
	require.Greater(t, out, without/10)
}

// Units of the slower arm finish later. Handed over as they finish, the quick would be heard first.
func TestSimWindowsInTheOrderOfOpening(t *testing.T) {
	t.Parallel()
	tn := town{steps: time.Hour, shares: []float64{0.5}, newcomers: 18, seconds: 60}
	requireKept(t, tn)
	requireNeeded(t, tn, plain{asTheyFinish: true})
}

// Steps that end while windows are open cut them short. If those that had not finished were forgotten, the slower arm would be forgotten more often.
func TestSimWindowsAtTheEndOfAStep(t *testing.T) {
	t.Parallel()
	tn := town{steps: 12 * time.Second, shares: []float64{0.5, 0.3}, newcomers: 1, seconds: 2000}
	requireKept(t, tn)
	requireNeeded(t, tn, plain{dropAtStep: true})
}

// A defect that no first call shows is found.
func TestSimWindowsSeeWhatFirstCallsDoNot(t *testing.T) {
	t.Parallel()
	tn := town{steps: time.Hour, shares: []float64{0.2}, newcomers: 18, seconds: 120, defect: 0.1, make: byTheRules}
	out, _ := tn.repeat(100)
	t.Logf("found in %d of 100", out)
	require.GreaterOrEqual(t, out, 95)
}
