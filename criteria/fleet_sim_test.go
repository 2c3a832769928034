//go:build !race

package criteria_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// The rules of evidence for several replicas that pool their counts, each with and
// without: a rule that could be left out would not be one.

const (
	replicas    = 20
	fleetTrials = 200
	fleetShare  = 0.5
)

// poolFalse counts the epochs of equal models that are rolled back.
func poolFalse(t *testing.T, play func(seed uint64) bool) (n int) {
	for seed := range uint64(fleetTrials) {
		if play(seed) {
			n++
		}
	}
	t.Logf("%d of %d rolled back", n, fleetTrials)
	return n
}

// 2 of 200 are 1 %; 3 sigma more are 6.
const fleetFalse = 6

// What is pooled must be a prefix of the fleet's assignments. Each replica's own
// prefix ends just before a call that is still under way, and when the candidate is
// the slow one that call is the candidate's: the union of such prefixes has a run of
// stable calls too many from every replica.
func TestSimPooledPrefix(t *testing.T) {
	t.Run("same tick", func(t *testing.T) {
		require.LessOrEqual(t, poolFalse(t, func(seed uint64) bool { return slowFleetRollsBack(t, seed, true) }), fleetFalse)
	})
	t.Run("own prefixes", func(t *testing.T) {
		require.Greater(t, poolFalse(t, func(seed uint64) bool { return slowFleetRollsBack(t, seed, false) }), fleetTrials/10)
	})
}

// A fleetCall is one call of a replica.
type fleetCall struct {
	arm     criteria.Arm
	failed  bool
	settled int // the moment it ends
}

// slowFleetRollsBack plays a minute of 20 replicas with ten requests a second
// each, 100 moments to the second, in which the candidate needs two seconds.
func slowFleetRollsBack(t testing.TB, seed uint64, sameTick bool) bool {
	const second, moments = 100, 60 * 100
	judge, err := criteria.NewJudge(strictRate)
	require.NoError(t, err)
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: fleetShare})
	rng, o, e := rand.New(rand.NewPCG(seed, 31)), observation(), judge.NewEvidence()
	var calls [replicas][]fleetCall // not pooled yet, in the order of assignment
	var ticks [replicas][]int       // the second each was assigned in
	for now := range moments {
		for r := range calls {
			if rng.IntN(10) == 0 {
				c := fleetCall{failed: rng.IntN(100) == 0, settled: now + 5}
				if rng.Float64() < fleetShare {
					c.arm, c.settled = criteria.Candidate, now+2*second
				}
				calls[r], ticks[r] = append(calls[r], c), append(ticks[r], now/second)
			}
		}
		tick := now / second // up to which every replica has settled
		for r := range calls {
			for i, c := range calls[r] {
				if c.settled > now {
					tick = min(tick, ticks[r][i])
					break
				}
			}
		}
		for r := range calls {
			for len(calls[r]) > 0 && calls[r][0].settled <= now && (!sameTick || ticks[r][0] < tick) {
				c := calls[r][0]
				calls[r], ticks[r] = calls[r][1:], ticks[r][1:]
				o.Arm, o.Outcome = c.arm, criteria.Fine
				if c.failed {
					o.Outcome = criteria.Failed
				}
				e.Observe(criteria.Fresh, o)
			}
		}
		ruling := judge.Fold(e, time.Duration(now)*time.Second/second)
		e.Reset()
		if ruling.RollBack {
			return true
		}
	}
	return false
}

// A sticky coin is read once in the fleet: a unit counts on the replica that owns
// it and nowhere else.
func TestSimPooledUnits(t *testing.T) {
	t.Run("on its owner", func(t *testing.T) {
		require.LessOrEqual(t, poolFalse(t, func(seed uint64) bool { return stickyFleetRollsBack(t, seed, true) }), fleetFalse)
	})
	t.Run("on every replica", func(t *testing.T) {
		require.Greater(t, poolFalse(t, func(seed uint64) bool { return stickyFleetRollsBack(t, seed, false) }), fleetTrials/10)
	})
}

// stickyFleetRollsBack plays 1,000 users, 5 % of which fail in half of their calls
// and the others in 0.2 %, who are sent to any replica.
func stickyFleetRollsBack(t testing.TB, seed uint64, ownerOnly bool) bool {
	const users = 1000
	judge, err := criteria.NewJudge(strictRate)
	require.NoError(t, err)
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: fleetShare})
	rng, o, e := rand.New(rand.NewPCG(seed, 37)), observation(), judge.NewEvidence()
	var arms [users]criteria.Arm
	for u := range arms {
		if rng.Float64() < fleetShare {
			arms[u] = criteria.Candidate
		}
	}
	var seen [replicas][users]bool
	for i := range 100_000 {
		u, r := rng.IntN(users), rng.IntN(replicas)
		rate := 0.002
		if u < users/20 {
			rate = 0.5
		}
		o.Arm, o.Outcome = arms[u], criteria.Fine
		if rng.Float64() < rate {
			o.Outcome = criteria.Failed
		}
		if seen[r][u] || ownerOnly && u%replicas != r {
			continue
		}
		seen[r][u] = true
		e.Observe(criteria.Fresh, o)
		ruling := judge.Fold(e, time.Duration(i)*pace)
		e.Reset()
		if ruling.RollBack {
			return true
		}
	}
	return false
}
