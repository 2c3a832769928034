package rules

import (
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// promotedAt plays a candidate that fails at a rate of its own and returns the
// request with which it is promoted, -1 if it is not.
func promotedAt(p *Promotion, candidate float64) int {
	rng, w := rand.New(rand.NewPCG(1, 2)), worlds.Rates{Stable: worlds.Constant(0.01), Candidate: worlds.Constant(candidate)}
	for i := range 60_000 {
		r := worlds.Request{I: i, Share: 0.5, Arm: criteria.Arm(rng.IntN(2))}
		if w.Draw(rng, &r); p.Observe(&r) {
			return i
		}
	}
	return -1
}

func TestPromotion(t *testing.T) {
	c := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict, Margin: 0.005}}}
	once := promotedAt(NewPromotion(c, Question{}), 0.01)
	check.Below(t, 600, once, "fewer than 300 calls")
	check.AtMost(t, promotedAt(NewPromotion(c, Question{Proof: true}), 0.01), once)
	check.Equal(t, -1, promotedAt(NewPromotion(c, Question{}), 0.03))

	const step = 30_000
	fresh, carried := promotedAt(NewPromotion(c, Question{Step: step}), 0.01), promotedAt(NewPromotion(c, Question{Step: step, Carry: true}), 0.01)
	check.Below(t, step, carried)
	check.Below(t, carried, step+1000, "it was proven before")
	check.Below(t, carried, fresh)
}
