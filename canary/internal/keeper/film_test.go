//go:build !race

package keeper

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
)

const (
	trials = 400
	// falseMost is 1 % and three sigma more, of 400.
	falseMost = 10
	// without is how many trials a broken rule gets; more than a tenth of them must go wrong.
	without = 100
)

// film plays calls of two models through a real ledger and a real fold, in virtual time: what takes minutes in a service takes milliseconds here.
type film struct {
	k     *Keeper
	rng   *rand.Rand
	now   int64 // nanoseconds
	calls queue // under way

	salt      uint64
	threshold uint64
	spent     *ledger.Spent

	// What the rules of evidence forbid.
	onArrival bool // judge results as they come
	wallClock bool // count a pause of the process as awake time
	unguarded bool // do not look at the routing

	arrived    *criteria.Evidence // by films that judge on arrival
	rolledBack bool
	broken     bool // the routing
}

// stage is what a film is made for.
type stage struct {
	keyed    bool
	share    float64
	slots    int
	deadline time.Duration
}

func newFilm(t testing.TB, seed uint64, s stage) *film {
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}})
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	k := &Keeper{
		cfg:    Config{Judge: judge, Keyed: s.keyed, Deadline: s.deadline, Recorder: new(telemetry.Recorder)},
		Ledger: ledger.New(s.slots, 0, 0, 0),
	}
	k.fold.init(k)
	f := &film{
		k: k, rng: rand.New(rand.NewPCG(seed, 19)),
		salt: seed, threshold: route.Threshold(s.share), arrived: judge.NewEvidence(),
	}
	if s.keyed {
		f.spent = new(ledger.Spent)
	}
	k.steps.add(step{id: 1, share: route.Share(f.threshold), salt: f.salt, spent: f.spent})
	return f
}

// call is one under way; its hold is zero when it was thinned.
type call struct {
	ends    int64
	hold    ledger.Hold
	user    int
	outcome ledger.Outcome
	latency time.Duration
}

// begin starts a call of a unit; draw says what will become of it on its arm.
func (f *film) begin(unit uint64, user int, draw func(arm criteria.Arm) (ledger.Outcome, time.Duration)) {
	f.now++ // no two at the same time
	arm, mark := criteria.Stable, ledger.Mark(0)
	if route.Bucket(unit, f.salt) < f.threshold {
		arm, mark = criteria.Candidate, ledger.Candidate
	}
	hold := f.k.Ledger.Reserve(unit, 1, mark, f.spent)
	hold.Begin(f.now)
	outcome, latency := draw(arm)
	f.calls.push(call{ends: f.now + int64(latency), hold: hold, user: user, outcome: outcome, latency: latency})
}

// end ends the first call that is due by a time, if there is one.
func (f *film) end(by int64) (call, bool) {
	if len(f.calls) == 0 || f.calls[0].ends > by {
		return call{}, false
	}
	c := f.calls.pop()
	f.now = max(f.now, c.ends)
	c.hold.Settle(c.outcome, false, int64(c.latency))
	return c, true
}

// endAll ends the calls that are due by a time.
func (f *film) endAll(by int64) {
	for {
		if _, ok := f.end(by); !ok {
			return
		}
	}
}

// pass is a pass of the keeper at a time, so long after the one before. It reports whether the film is over.
func (f *film) pass(now int64, elapsed time.Duration) (over bool) {
	f.now = max(f.now, now)
	if !f.wallClock {
		elapsed = min(elapsed, 4*poll)
	}
	awake := f.k.awake.Add(int64(elapsed))
	fold := &f.k.fold
	fold.joined = false
	if f.onArrival {
		fold.folder.Pass(f.now, awake, int64(fold.k.cfg.Deadline), arrivals{fold, f})
		return f.rolledBack
	}
	fold.folder.Pass(f.now, awake, int64(fold.k.cfg.Deadline), fold)
	if f.unguarded {
		fold.routing = criteria.Routing{}
	}
	r := fold.rule()
	f.rolledBack = f.rolledBack || r.RollBack
	f.broken = f.broken || r.routing != nil
	return f.rolledBack || f.broken
}

// pause stops the process, and all that is under way in it.
func (f *film) pause(d time.Duration) {
	f.now += int64(d)
	for i := range f.calls {
		f.calls[i].ends += int64(d)
	}
}

// arrivals judges a result at once, whatever was assigned before it and is still under way.
type arrivals struct {
	*fold
	film *film
}

func (a arrivals) Settled(t ticket, e ledger.Entry, r *ledger.Result) {
	a.enter(a.current)
	a.film.arrived.Observe(t.stratum, a.observe(e, r))
	if a.judge.Fold(a.film.arrived, time.Duration(a.k.awake.Load())).RollBack {
		a.film.rolledBack = true
	}
	a.film.arrived.Reset()
}

// queue is a heap of calls by their ends.
type queue []call

func (q *queue) push(c call) {
	h := append(*q, c)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2].ends > h[i].ends {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
	*q = h
}

func (q *queue) pop() call {
	h := *q
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(h) && h[child].ends < h[least].ends {
				least = child
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*q = h
	return first
}

// failing draws an outcome.
func (f *film) failing(risk float64) ledger.Outcome {
	if f.rng.Float64() < risk {
		return ledger.Error
	}
	return ledger.OK
}

// play plays films with seeds 0, 1, ... on all processors; counted is the mean number of requests that were evidence.
func play(n int, film func(seed uint64) *film) (rolledBack, broken, counted int) {
	var next, rolled, brk, heard atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f := film(uint64(i))
				heard.Add(int64(f.k.fold.tally.counted[criteria.Stable] + f.k.fold.tally.counted[criteria.Candidate]))
				if f.rolledBack {
					rolled.Add(1)
				}
				if f.broken {
					brk.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return int(rolled.Load()), int(brk.Load()), int(heard.Load()) / n
}

// requireKept plays by the rule: neither model is blamed, nor the routing.
func requireKept(t *testing.T, film func(seed uint64) *film) {
	t.Helper()
	rolledBack, broken, counted := play(trials, film)
	t.Logf("by the rule: %d of %d rolled back, routing broken in %d, on %d requests", rolledBack, trials, broken, counted)
	require.Greater(t, counted, 300, "who hears nobody blames nobody")
	require.LessOrEqual(t, rolledBack, falseMost)
	require.LessOrEqual(t, broken, falseMost)
}

// requireNeeded plays against the rule.
func requireNeeded(t *testing.T, film func(seed uint64) *film) {
	t.Helper()
	rolledBack, broken, _ := play(without, film)
	t.Logf("without: %d of %d rolled back, routing broken in %d", rolledBack, without, broken)
	require.Greater(t, rolledBack, without/10)
}
