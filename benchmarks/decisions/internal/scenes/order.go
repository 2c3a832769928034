package scenes

import (
	"math/rand/v2"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
)

// SlowCandidate is one that is as often right as stable and needs three times as
// long; failures take twice as long again. Evidence is a prefix of the assignments.
// Broken, calls count as they come in, and what comes in first is the faster arm's
// answers.
func SlowCandidate(rng *rand.Rand, kept bool) bool {
	const requests = 8000
	order, c := make([]arrival, requests), newCourt()
	for i := range order {
		order[i] = newArrival(rng, i)
	}
	if !kept {
		slices.SortStableFunc(order, func(a, b arrival) int { return a.in - b.in })
	}
	for i, a := range order {
		if a.in >= requests {
			return false // what is not in by the end is in neither order
		}
		if c.hear(a.arm, a.failed); c.rolls(at(i)) {
			return true
		}
	}
	return false
}

// An arrival is a call and when its result is in, in requests.
type arrival struct {
	arm    criteria.Arm
	failed bool
	in     int
}

func newArrival(rng *rand.Rand, i int) arrival {
	a, lag := arrival{arm: toss(rng), failed: rng.IntN(100) == 0}, 333
	if a.arm == criteria.Candidate {
		lag = 1000
	}
	if a.failed {
		lag *= 2
	}
	a.in = i + lag
	return a
}
