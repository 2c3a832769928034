package scenes

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// Carved is a rollout without half of the traffic, a slice in which no model fails
// and which was given to stable. Its requests are evidence in neither arm. Broken,
// they count as stable's, under a share that is not theirs.
func Carved(rng *rand.Rand, kept bool) bool {
	c := newCourt()
	for i := range 10_000 {
		arm, failed, carved := toss(rng), rng.IntN(20) == 0, rng.IntN(2) == 0
		if carved {
			arm, failed = criteria.Stable, false
		}
		if carved && kept {
			continue
		}
		if c.hear(arm, failed); c.rolls(at(i)) {
			return true
		}
	}
	return false
}

// WrongShare is a router that gives the candidate 40 % where 50 % are declared. The
// routing check finds it and holds the rollout. Broken, nobody checks.
func WrongShare(rng *rand.Rand, kept bool) bool {
	const really = 0.4
	c := newCourt()
	var routing criteria.Routing
	routing.BeginStep(shares)
	for i := range 20_000 {
		arm := criteria.Stable
		if rng.Float64() < really {
			arm = criteria.Candidate
		}
		if routing.Assign(criteria.Fresh, arm); kept && routing.Broken() {
			return false
		}
		if c.hear(arm, rng.IntN(100) == 0); c.rolls(at(i)) {
			return true
		}
	}
	return false
}
