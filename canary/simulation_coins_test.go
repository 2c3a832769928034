//go:build !race

package canary

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// ramp is a rollout to a closed population: the shares of its steps in percent, and what it may do otherwise than others.
type ramp struct {
	users, requests int // requests of each step
	percents        []float64
	defect          float64 // added to the candidate's risk in the last step
	// perRequest breaks the rule of fresh coins: every request counts, with the arm of its user.
	perRequest bool
}

func (r ramp) play(seed uint64) ending {
	tr := newTrial(seed, setup{percent: r.percents[0], every: 100})
	p := newPeople(tr, r.users)
	for step, percent := range r.percents {
		must(tr.flags.Set(rollout, percent))
		tr.await(percent / 100)
		defect := 0.0
		if step == len(r.percents)-1 {
			defect = r.defect
		}
		for i := 0; i < r.requests && !tr.over(); i++ {
			in := p.suffering(defect)
			if r.perRequest {
				in.user = tr.anotherWitness(in.user)
			}
			tr.ask(in)
		}
	}
	return tr.end()
}

// suffering is a question of somebody; defect is what the candidate adds to the user's own risk.
func (p *people) suffering(defect float64) question {
	i := int(p.zipf.Uint64())
	return question{user: p.names[i], harm: [2]bool{p.fails(p.risks[i]), p.fails(p.risks[i] + defect)}}
}

// anotherWitness is a key that was never seen, with the arm of a user: to the keeper each request is a unit, to the models it is the user's.
func (tr *trial) anotherWitness(user string) string {
	plan := tr.c.present().keeper.Plan()
	candidates := func(key string) bool { return route.Bucket(route.Unit(key), plan.Salt) < plan.Threshold }
	for want := candidates(user); ; {
		if key := user + "/" + strconv.FormatUint(tr.rng.Uint64(), 36); candidates(key) == want {
			return key
		}
	}
}

// Twenty thousand users are led up a ramp. Equal models are left alone, and a defect that begins in the last step is found by the coins that step reads, though
// most users have testified before. Were every request a witness, equal models would be told apart by who uses them most.
func TestSimRampOfAClosedPopulation(t *testing.T) {
	t.Parallel()
	r := ramp{users: 20_000, requests: 15_000, percents: []float64{1, 5, 20, 50}}
	requireKept(t, r.play)

	defect := r
	defect.defect = 0.05
	endings := repeat(trials, defect.play)
	found := count(endings, func(e ending) bool { return e.rolledBack && e.cause == "error_rate" })
	t.Logf("a defect of the last step: found in %d of %d", found, trials)
	require.GreaterOrEqual(t, found, trials*95/100)

	perRequest := r
	perRequest.perRequest = true
	requireNeeded(t, perRequest.play)
}

// town is a closed population that has testified, and a candidate that may get worse when it has.
type town struct {
	healthy, late int // requests before and after
	sentinel      float64
	harm          [2]float64 // afterwards, by arm
}

// play lets the backstop see nothing, so that what is found is found by the coins.
func (tn town) play(seed uint64) ending {
	const users = 400
	tr := newTrial(seed, setup{percent: 20, every: 5, change: func(cfg *Config[question, answer]) {
		cfg.Sentinel = tn.sentinel
		cfg.Criteria = append(cfg.Criteria, criteria.Backstop{Limit: 0.999, Weight: 0.001})
	}})
	ask := func(harm [2]float64) {
		tr.ask(question{
			user: strconv.Itoa(int(seed)*users + tr.rng.IntN(users)),
			harm: [2]bool{tr.fails(harm[Stable]), tr.fails(harm[Candidate])},
		})
	}
	for i := 0; i < tn.healthy && !tr.over(); i++ {
		ask([2]float64{0.01, 0.01})
	}
	before, over := int(tr.served.Load()), tr.over()
	for i := 0; i < tn.late && !tr.over(); i++ {
		ask(tn.harm)
	}
	e := tr.end()
	if e.calls -= before; over {
		e.calls = 0
	}
	return e
}

// When all have testified the sentinel still finds a dead candidate, and a bad one a little later; without it the coins are silent.
func TestSimSentinelAfterAllHaveTestified(t *testing.T) {
	t.Parallel()
	within := func(limit int) func(ending) bool {
		return func(e ending) bool { return e.rolledBack && e.cause == "error_rate" && e.calls > 0 && e.calls <= limit }
	}
	dead := town{healthy: 8000, late: 5000, sentinel: 0.05, harm: [2]float64{0.01, 1}}
	endings := repeat(trials, dead.play)
	median, p90 := delays(endings)
	t.Logf("dead: median %d, 90th percentile %d candidate calls", median, p90)
	require.GreaterOrEqual(t, count(endings, within(500)), trials*95/100)

	bad := town{healthy: 8000, late: 30_000, sentinel: 0.05, harm: [2]float64{0.01, 0.31}}
	endings = repeat(trials, bad.play)
	median, p90 = delays(endings)
	t.Logf("30 points worse: median %d, 90th percentile %d candidate calls", median, p90)
	require.GreaterOrEqual(t, count(endings, within(5000)), trials*95/100)

	dead.sentinel = 0
	endings = repeat(without, dead.play)
	found := count(endings, within(math.MaxInt))
	t.Logf("dead, without a sentinel: found in %d of %d", found, without)
	require.Zero(t, found)
}

// Equal models keep their places with a sentinel: the same users meet them again and again.
func TestSimSentinelBlamesNobody(t *testing.T) {
	t.Parallel()
	requireKept(t, func(seed uint64) ending {
		tr := newTrial(seed, setup{percent: 20, every: 50, change: func(cfg *Config[question, answer]) { cfg.Sentinel = 0.2 }})
		p := newPeople(tr, 1000)
		for _, percent := range []float64{5, 50, 20} {
			must(tr.flags.Set(rollout, percent))
			tr.await(percent / 100)
			for i := 0; i < 8000 && !tr.over(); i++ {
				tr.ask(p.next([2]float64{1, 1}))
			}
		}
		return tr.end()
	})
}

// A sentinel that diverts more or less than it says holds the rollout before it can look like a difference of the models.
func TestSimBrokenSentinel(t *testing.T) {
	for name, really := range map[string]float64{"never": 0, "half as much": 0.025, "twice as much": 0.1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endings := repeat(trials, func(seed uint64) ending {
				tr := newTrial(seed, setup{
					percent: 50,
					change:  func(cfg *Config[question, answer]) { cfg.Sentinel = 0.05 },
					forge:   func(p *keeper.Plan) { p.Divert = max(1, route.Threshold(really)) },
				})
				p := newPeople(tr, 1000)
				for i := 0; i < 10_000 && !tr.over(); i++ {
					tr.ask(p.next([2]float64{1, 1}))
				}
				return tr.end()
			})
			held, blamed := count(endings, wasBroken), count(endings, wasRolledBack)
			t.Logf("routing held the rollout first in %d of %d, the candidate was blamed in %d", held, trials, blamed)
			require.GreaterOrEqual(t, held, trials*95/100)
			require.LessOrEqual(t, blamed, trials-held)
		})
	}
}

// The sentinel's coins cost no memory.
func TestSentinelDoesNotAllocate(t *testing.T) {
	tr := newTrial(1, setup{percent: 50, change: func(cfg *Config[question, answer]) { cfg.Sentinel = 0.5 }})
	defer tr.close()
	in, diverted := question{user: "somebody"}, 0
	for ; ; in.user += "?" {
		if _, d, _ := tr.c.Decide(t.Context(), in); d.Arm == Candidate || d.Reason == ReasonSentinel {
			break
		}
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if _, d, _ := tr.c.Decide(t.Context(), in); d.Reason == ReasonSentinel {
			diverted++
		}
		_, _ = tr.c.Predict(t.Context(), in)
	}))
	require.Positive(t, diverted)
}
