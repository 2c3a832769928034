package scenes

import (
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// replicas pool their counts in one judge.
const replicas = 20

// SlowFleet are replicas with ten requests a second each, of which the candidate's
// take two seconds. What is pooled is a prefix of the fleet's assignments: up to
// the same second of all replicas. Broken, each replica pools its own prefix, which
// ends just before a call that is still under way, and that call is the candidate's.
func SlowFleet(rng *rand.Rand, kept bool) bool {
	const second, moments = 100, 60 * 100
	c := newCourt()
	var waiting [replicas][]fleetCall // in the order of assignment
	for now := range moments {
		for r := range waiting {
			if rng.IntN(10) != 0 {
				continue
			}
			call := fleetCall{arm: toss(rng), failed: rng.IntN(100) == 0, second: now / second, settled: now + 5}
			if call.arm == criteria.Candidate {
				call.settled = now + 2*second
			}
			waiting[r] = append(waiting[r], call)
		}
		before := now/second + 1 // the second that somebody has not settled
		if kept {
			before = unsettled(&waiting, now, before-1)
		}
		for r := range waiting {
			for len(waiting[r]) > 0 && waiting[r][0].settled <= now && waiting[r][0].second < before {
				c.hear(waiting[r][0].arm, waiting[r][0].failed)
				waiting[r] = waiting[r][1:]
			}
		}
		if c.rolls(time.Duration(now) * time.Second / second) {
			return true
		}
	}
	return false
}

// A fleetCall is a call of a replica: the second it was assigned in, and the moment
// it ends.
type fleetCall struct {
	arm             criteria.Arm
	failed          bool
	second, settled int
}

// unsettled is the first second, up to the present one, of which some replica still
// waits for a call.
func unsettled(waiting *[replicas][]fleetCall, now, present int) int {
	for r := range waiting {
		for _, call := range waiting[r] {
			if call.settled > now {
				present = min(present, call.second)
				break
			}
		}
	}
	return present
}

// StickyFleet are a thousand users who are sent to any replica; one in fifty fails
// nine of ten calls. A user counts once in the fleet, on the replica that owns
// him. Broken, each replica counts his first request to it.
func StickyFleet(rng *rand.Rand, kept bool) bool {
	const users = 1000
	c := newCourt()
	var arms [users]criteria.Arm
	for u := range arms {
		arms[u] = toss(rng)
	}
	var seen [replicas][users]bool
	for i := range 100_000 {
		u, r := rng.IntN(users), rng.IntN(replicas)
		risk := 0.002
		if u < users/50 {
			risk = 0.9
		}
		failed := rng.Float64() < risk
		if seen[r][u] || kept && u%replicas != r {
			continue
		}
		seen[r][u] = true
		if c.hear(arms[u], failed); c.rolls(at(i)) {
			return true
		}
	}
	return false
}
