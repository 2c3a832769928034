//go:build !race

package canary

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
)

// The simulations drive the middleware as an application does - a real OpenFeature client, Predict, seeded users - and step its keeper by hand: hours of traffic
// take seconds, and a seed plays the same run again.

const (
	rollout = "rollout"
	// pace is the time between two requests, as the keeper is told.
	pace = 20 * time.Millisecond
	// trials of models that are not worse may show falseMost false verdicts: 1 % and three sigma more.
	trials, falseMost = 100, 3
	// without is how many trials a broken rule gets; more than a tenth of them must go wrong.
	without = 40
)

var errHarm = errors.New("the model failed")

// question is an input that says what the models will make of it.
type question struct {
	user   string
	harm   [2]bool // by arm
	answer answer
	flight *flight // the call is held until the test ends it; nil: it returns at once
}

// answer has signals.
type answer struct {
	score float64
	class string
}

// trial is one canary on trial.
type trial struct {
	c      *Canary[question, answer]
	flags  *local.Provider
	api    interface{ Shutdown(context.Context) error }
	rng    *rand.Rand
	every  int // requests between two steps of the keeper
	asked  int
	served atomic.Int64 // calls of the candidate's model

	forge func(*keeper.Plan)
	shown atomic.Pointer[keeper.Plan] // to requests, when plans are forged
	true  *keeper.Plan                // what shown was made of

	cfg Config[question, answer]
	set settings

	alter func(*Canary[question, answer])
}

// setup is how a trial differs from the plain one: errors alone are judged, without tolerance, and the keeper steps after every request.
type setup struct {
	percent float64
	every   int
	slots   int
	change  func(*Config[question, answer])
	now     func() time.Time // the clock on the wall; nil: the real one
	// alter changes what was started.
	alter func(*Canary[question, answer])
	// forge changes the plans that requests see behind the keeper's back: this is how a rule is broken.
	forge func(*keeper.Plan)
}

// newTrial starts a canary. It panics when it cannot: trials run on goroutines of their own.
func newTrial(seed uint64, s setup) *trial {
	tr := &trial{
		flags: local.New(), rng: rand.New(rand.NewPCG(seed, 23)), every: max(1, s.every), forge: s.forge, alter: s.alter,
	}
	must(tr.flags.Set(rollout, s.percent))
	api := isolated.NewAPI()
	must(api.SetProviderAndWait(context.Background(), tr.flags))
	tr.api = api
	cfg := Config[question, answer]{
		Name:             "simulation",
		Stable:           Model[question, answer]{Version: "1", Predictor: Func(tr.predict(Stable))},
		Candidate:        Model[question, answer]{Version: "2", Predictor: Func(tr.predict(Candidate))},
		Key:              func(_ context.Context, in question) string { return in.user },
		Flags:            Flags{Client: api.NewClient(), Rollout: rollout},
		Criteria:         []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}},
		CandidateTimeout: -1,
		OperationalOnly:  true,
	}
	if s.change != nil {
		s.change(&cfg)
	}
	coins := rand.New(rand.NewPCG(seed, 29))
	tr.cfg, tr.set = cfg, settings{manual: true, slots: s.slots, draw: coins.Uint64, now: s.now}
	tr.live()
	tr.step(0)
	share := s.percent / 100
	if steps := cfg.Ramp.Steps; len(steps) > 0 {
		share = min(share, steps[0])
	}
	tr.await(share)
	return tr
}

// live starts the canary.
func (tr *trial) live() {
	c, err := start(tr.cfg, tr.set)
	must(err)
	tr.c = c
	if tr.alter != nil {
		tr.alter(c)
	}
	if tr.forge != nil {
		tr.c.present().gate.plan = &tr.shown
	}
}

// restart ends the canary and starts it again, with the share that it had.
func (tr *trial) restart() {
	share := tr.c.present().keeper.Plan().Share
	must(tr.c.Shutdown(context.Background()))
	tr.live()
	tr.step(0)
	tr.await(share)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// close ends the canary, then the provider.
func (tr *trial) close() {
	must(tr.c.Shutdown(context.Background()))
	must(tr.api.Shutdown(context.Background()))
}

// predict is the model of an arm.
func (tr *trial) predict(arm Arm) func(context.Context, question) (answer, error) {
	return func(_ context.Context, in question) (answer, error) {
		if arm == Candidate {
			tr.served.Add(1)
		}
		in.flight.hold(arm)
		if in.harm[arm] {
			return answer{}, errHarm
		}
		return in.answer, nil
	}
}

// ask sends a question, and lets the keeper step when it is time.
func (tr *trial) ask(in question) {
	_, _ = tr.c.Predict(context.Background(), in)
	if tr.asked++; tr.asked%tr.every == 0 {
		tr.step(time.Duration(tr.every) * pace)
	}
}

func (tr *trial) step(awake time.Duration) {
	tr.c.present().keeper.Step(awake)
	if plan := tr.c.present().keeper.Plan(); tr.forge != nil && plan != tr.true {
		forged := *plan
		tr.forge(&forged)
		tr.true = plan
		tr.shown.Store(&forged)
	}
}

// await steps the keeper until the share is applied.
func (tr *trial) await(share float64) {
	patience := time.Now().Add(30 * time.Second)
	for math.Abs(tr.c.present().keeper.Plan().Share-share) > 1e-9 && !tr.over() {
		if time.Now().After(patience) {
			panic(fmt.Sprintf("the share is %v, not %v", tr.c.present().keeper.Plan().Share, share))
		}
		<-time.After(time.Millisecond) // the flag is read on another goroutine
		tr.step(0)
	}
}

func (tr *trial) rolledBack() bool { return tr.c.present().keeper.Plan().Reason == keeper.RolledBack }
func (tr *trial) broken() bool     { return tr.c.present().keeper.Plan().Reason == keeper.RoutingBroken }
func (tr *trial) over() bool       { return tr.rolledBack() || tr.broken() }

// fails draws whether a call fails.
func (tr *trial) fails(risk float64) bool { return tr.rng.Float64() < risk }

// people are sticky users: a few ask most of the time, and one in twenty fails at a fifth of the calls, whichever model answers.
type people struct {
	*trial
	zipf    *rand.Zipf
	names   []string
	risks   []float64
	answers []answer
}

func newPeople(tr *trial, n int) *people {
	p := &people{
		trial: tr, zipf: rand.NewZipf(tr.rng, 1.1, 1, uint64(n-1)),
		names: make([]string, n), risks: make([]float64, n), answers: make([]answer, n),
	}
	for i := range n {
		p.names[i] = strconv.FormatUint(tr.rng.Uint64(), 36)
		if tr.rng.IntN(20) == 0 {
			p.risks[i] = 0.2
		}
		p.answers[i] = answer{score: tr.rng.Float64(), class: string(rune('a' + tr.rng.IntN(1+tr.rng.IntN(8))))}
	}
	return p
}

// next is a question of somebody; factor is by how much each arm's risk differs from the user's.
func (p *people) next(factor [2]float64) question {
	i := int(p.zipf.Uint64())
	return question{
		user: p.names[i], answer: p.answers[i],
		harm: [2]bool{p.fails(p.risks[i] * factor[Stable]), p.fails(p.risks[i] * factor[Candidate])},
	}
}

// ending is how a trial ended.
type ending struct {
	rolledBack, broken bool
	calls              int    // of the candidate
	cause              string // criterion of the rollback
	testified          int    // coins read
}

// end ends a trial.
func (tr *trial) end() ending {
	defer tr.close()
	k := tr.c.present().keeper.Snapshot()
	return ending{
		rolledBack: tr.rolledBack(), broken: tr.broken(), calls: int(tr.served.Load()), cause: k.Cause, testified: int(k.Testified),
	}
}

// repeat plays trials with seeds 0, 1, ... on all processors.
func repeat(n int, play func(seed uint64) ending) []ending {
	endings := make([]ending, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				endings[i] = play(uint64(i))
			}
		})
	}
	wait.Wait()
	return endings
}

func count(endings []ending, which func(ending) bool) (n int) {
	for _, e := range endings {
		if which(e) {
			n++
		}
	}
	return n
}

func wasRolledBack(e ending) bool { return e.rolledBack }
func wasBroken(e ending) bool     { return e.broken }
func wasFalse(e ending) bool      { return e.rolledBack || e.broken }

// delays returns the median and the 90th percentile of the candidate's calls until the rollback; without one they are endless.
func delays(endings []ending) (median, p90 int) {
	calls := make([]int, len(endings))
	for i, e := range endings {
		calls[i] = e.calls
		if !e.rolledBack {
			calls[i] = math.MaxInt
		}
	}
	slices.Sort(calls)
	return calls[len(calls)/2], calls[len(calls)*9/10]
}

// requireKept plays by the rules: neither model is blamed, nor the routing.
func requireKept(t *testing.T, play func(seed uint64) ending) {
	t.Helper()
	endings := repeat(trials, play)
	rolledBack, broken := count(endings, wasRolledBack), count(endings, wasBroken)
	least := slices.MinFunc(endings, func(a, b ending) int { return cmp.Compare(a.testified, b.testified) }).testified
	t.Logf("by the rule: %d of %d rolled back, routing broken in %d, on the word of at least %d units", rolledBack, trials, broken, least)
	require.LessOrEqual(t, rolledBack, falseMost)
	require.LessOrEqual(t, broken, falseMost)
	require.Greater(t, least, 50, "who hears nobody blames nobody")
}

// requireNeeded plays against a rule.
func requireNeeded(t *testing.T, play func(seed uint64) ending) {
	t.Helper()
	endings := repeat(without, play)
	t.Logf("without: %d of %d rolled back, routing broken in %d", count(endings, wasRolledBack), without, count(endings, wasBroken))
	require.Greater(t, count(endings, wasFalse), without/10)
}
