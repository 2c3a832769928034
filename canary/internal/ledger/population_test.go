//go:build !race

package ledger

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// The simulations hold the rules that decide whose coin is evidence: seeded users, the real coins, routing check and judge, a look at the evidence after
// every request. Each rule is also broken on purpose, in the test: without it the false rollbacks must be many, or the rule would be there for nothing.

const (
	trials = 400
	// falseMost is 1 % and three sigma more, of 400.
	falseMost = 10
	// without is how many trials a broken rule gets; more than a tenth of them must go wrong.
	without = 100

	testSalt = 0x5eed
	pace     = 20 * time.Millisecond
)

// users are the people of one trial: a few ask most of the time, and one in twenty fails at a fifth of the calls, whichever model answers.
type users struct {
	rng   *rand.Rand
	zipf  *rand.Zipf
	units []uint64
	risk  []float64
}

func newUsers(seed uint64, n int) *users {
	u := &users{rng: rand.New(rand.NewPCG(seed, 17)), units: make([]uint64, n), risk: make([]float64, n)}
	u.zipf = rand.NewZipf(u.rng, 1.1, 1, uint64(n-1))
	for i := range u.units {
		u.units[i] = u.rng.Uint64()
		if u.rng.IntN(20) == 0 {
			u.risk[i] = 0.2
		}
	}
	return u
}

// ask is who asks next.
func (u *users) ask() int { return int(u.zipf.Uint64()) }

// rule says in which stratum a request counts. failed is known to rules alone that break the rules.
type rule func(c *Coins, e Entry, position float64, failed bool) criteria.Stratum

func freshCoins(c *Coins, e Entry, position float64, _ bool) criteria.Stratum {
	return c.Toss(e, position)
}

// everyRequest takes a heavy user for many witnesses.
func everyRequest(*Coins, Entry, float64, bool) criteria.Stratum { return criteria.Fresh }

// oncePerStep reads the coin of a user again in every step.
func oncePerStep(c *Coins, e Entry, _ float64, _ bool) criteria.Stratum {
	if c.step.Add(e.Unit) {
		return criteria.Fresh
	}
	return criteria.Uncounted
}

// firstErrors counts each user's first error and no further one: who is left to fail depends on outcomes.
func firstErrors(c *Coins, e Entry, _ float64, failed bool) criteria.Stratum {
	if failed && !c.step.Add(e.Unit) {
		return criteria.Uncounted
	}
	return criteria.Fresh
}

// scene is what a trial plays.
type scene struct {
	users, requests int       // requests of each step
	shares          []float64 // of the steps
	rule            rule
	// harm is the risk of a call, given the user's; nil: the user's for both arms.
	harm func(risk float64, arm criteria.Arm, i int) float64
}

// ending is how a trial ended.
type ending struct {
	rolledBack, broken bool
	counted            int
}

// play runs one epoch of sticky users.
func (sc scene) play(t testing.TB, seed uint64) ending {
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}})
	if err != nil {
		t.Error(err)
		return ending{}
	}
	var routing criteria.Routing
	coins, people, evidence := &Coins{Keyed: true}, newUsers(seed, sc.users), judge.NewEvidence()
	o, counted := &criteria.Observation{Latency: -1}, 0
	for i := range sc.requests * len(sc.shares) {
		step := i / sc.requests
		share := sc.shares[step]
		if i%sc.requests == 0 {
			coins.BeginStep(share, nil)
			judge.BeginStep(coins.Shares())
			routing.BeginStep(coins.Shares())
		}
		user := people.ask()
		position := route.Position(people.units[user], testSalt)
		e := Entry{Unit: people.units[user], Step: uint32(step)}
		o.Arm = criteria.Stable
		if position < share {
			o.Arm, e.Mark = criteria.Candidate, Candidate
		}
		risk := people.risk[user]
		if sc.harm != nil {
			risk = sc.harm(risk, o.Arm, i)
		}
		o.Outcome = criteria.Fine
		if people.rng.Float64() < risk {
			o.Outcome = criteria.Failed
		}
		stratum := sc.rule(coins, e, position, o.Outcome == criteria.Failed)
		if stratum == criteria.Uncounted {
			continue
		}
		counted++
		routing.Assign(stratum, o.Arm)
		evidence.Observe(stratum, o)
		ruling := judge.Fold(evidence, time.Duration(i)*pace)
		evidence.Reset()
		if ruling.RollBack {
			return ending{rolledBack: true, broken: routing.Broken(), counted: counted}
		}
	}
	return ending{broken: routing.Broken(), counted: counted}
}

// repeat plays a scene with seeds 0, 1, ...; counted is the mean number of requests that were evidence.
func (sc scene) repeat(t testing.TB, n int) (rolledBack, broken, counted int) {
	endings := make([]ending, n)
	onAllProcessors(n, func(i int) { endings[i] = sc.play(t, uint64(i)) })
	for _, e := range endings {
		counted += e.counted
		if e.rolledBack {
			rolledBack++
		}
		if e.broken {
			broken++
		}
	}
	return rolledBack, broken, counted / n
}

func onAllProcessors(n int, trial func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				trial(i)
			}
		})
	}
	wait.Wait()
}

// requireKept plays a scene by the rules: neither model is blamed, nor the routing.
func requireKept(t *testing.T, sc scene) {
	t.Helper()
	rolledBack, broken, counted := sc.repeat(t, trials)
	t.Logf("by the rule: %d of %d rolled back, routing broken in %d, on %d requests", rolledBack, trials, broken, counted)
	require.Greater(t, counted, 500, "who hears nobody blames nobody")
	require.LessOrEqual(t, rolledBack, falseMost)
	require.LessOrEqual(t, broken, falseMost)
}

// requireNeeded plays a scene against the rule.
func requireNeeded(t *testing.T, sc scene, broken rule) {
	t.Helper()
	sc.rule = broken
	rolledBack, _, _ := sc.repeat(t, without)
	t.Logf("without: %d of %d rolled back", rolledBack, without)
	require.Greater(t, rolledBack, without/10)
}
