//go:build !race

package keeper

import (
	"fmt"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// A candidate that is merely slower, by up to a thousand requests, is judged on a prefix of the assignments, and kept. Judged as results come in, the fast
// arm's successes are all there is to see.
func TestSimSettledInTheOrderOfAssignment(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			slower := func(onArrival bool) func(uint64) *film {
				return func(seed uint64) *film { return slowCandidate(t, seed, share, onArrival) }
			}
			requireKept(t, slower(false))
			requireNeeded(t, slower(true))
		})
	}
}

func slowCandidate(t testing.TB, seed uint64, share float64, onArrival bool) *film {
	const requests = 8000
	f := newFilm(t, seed, stage{share: share, slots: 4096, deadline: 5 * time.Second})
	f.onArrival = onArrival
	draw := func(arm criteria.Arm) (ledger.Outcome, time.Duration) {
		outcome, latency := f.failing(0.01), 333*time.Millisecond
		if arm == criteria.Candidate {
			latency = time.Second
		}
		if outcome == ledger.Error {
			latency *= 2
		}
		return outcome, latency
	}
	for i := range requests {
		at := int64(i) * int64(time.Millisecond)
		f.endAll(at)
		f.now = at
		f.begin(f.rng.Uint64(), 0, draw)
		if i%5 == 4 && f.pass(f.now, poll) {
			break
		}
	}
	return f
}

// While a process stands still no call runs, so none is overdue. On the wall clock all are, and most of them are the slower arm's.
func TestSimPausedProcess(t *testing.T) {
	t.Parallel()
	paused := func(wallClock bool) func(uint64) *film {
		return func(seed uint64) *film { return pausedProcess(t, seed, wallClock) }
	}
	requireKept(t, paused(false))
	requireNeeded(t, paused(true))
}

func pausedProcess(t testing.TB, seed uint64, wallClock bool) *film {
	const (
		passes = 6000 // half a minute
		pause  = 15 * time.Second
	)
	f := newFilm(t, seed, stage{share: 0.5, slots: 1024, deadline: 2 * time.Second})
	f.wallClock = wallClock
	draw := func(arm criteria.Arm) (ledger.Outcome, time.Duration) {
		if arm == criteria.Candidate {
			return f.failing(0.01), time.Second
		}
		return f.failing(0.01), 50 * time.Millisecond
	}
	for i := range passes {
		elapsed := poll
		if i == passes/2 {
			f.pause(pause)
			elapsed += pause
		}
		if i%2 == 0 { // a hundred a second
			f.begin(f.rng.Uint64(), 0, draw)
		}
		f.endAll(f.now + int64(poll))
		if f.pass(f.now+int64(poll), elapsed) {
			break
		}
	}
	return f
}

// A full ledger thins evidence at the assignment. Callers who ask again as soon as they are answered come back the more often the faster their arm and their
// errors are; so a request without a slot spends its unit's coin, or those who come back would be the witnesses.
func TestSimFullLedger(t *testing.T) {
	t.Parallel()
	full := func(forgetful, unguarded bool) func(uint64) *film {
		return func(seed uint64) *film { return fullLedger(t, seed, forgetful, unguarded) }
	}
	requireKept(t, full(false, false))
	requireNeeded(t, full(true, true))
	rolledBack, broken, _ := play(without, full(true, false))
	t.Logf("without, but with the routing check: %d of %d rolled back, routing broken in %d", rolledBack, without, broken)
}

// caller is a user who asks again as soon as the answer is there.
type caller struct {
	unit   uint64
	risk   float64
	leaves int64
}

func fullLedger(t testing.TB, seed uint64, forgetful, unguarded bool) *film {
	const (
		seconds = 20
		perPass = 1 // new callers: 200 a second
		stay    = 2 * time.Second
	)
	f := newFilm(t, seed, stage{keyed: true, share: 0.5, slots: 64, deadline: 3 * time.Second})
	f.unguarded = unguarded
	if forgetful {
		f.spent = nil
	}
	var callers []caller
	ask := func(user int) {
		c := &callers[user]
		f.begin(c.unit, user, func(arm criteria.Arm) (ledger.Outcome, time.Duration) {
			outcome := f.failing(c.risk)
			switch {
			case outcome == ledger.Error:
				return outcome, 5 * time.Millisecond
			case arm == criteria.Candidate:
				return outcome, time.Second
			default:
				return outcome, 50 * time.Millisecond
			}
		})
	}
	for range seconds * int(time.Second/poll) {
		for range perPass {
			c := caller{unit: f.rng.Uint64(), leaves: f.now + int64(stay)}
			if f.rng.IntN(20) == 0 {
				c.risk = 0.8
			}
			callers = append(callers, c)
			ask(len(callers) - 1)
		}
		end := f.now + int64(poll)
		for c, ok := f.end(end); ok; c, ok = f.end(end) {
			if f.now < callers[c.user].leaves {
				ask(c.user)
			}
		}
		if f.pass(end, poll) {
			break
		}
	}
	return f
}
