//go:build !race

package scenes

import (
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/criteria"
)

// Each rule is needed, and enough.
func TestSimRules(t *testing.T) {
	halved := func(risk float64, arm criteria.Arm, _ int) float64 {
		if arm == criteria.Candidate {
			return risk / 2
		}
		return risk
	}
	users := Users{Number: 5000, Requests: 10_000}
	better := users
	better.Risk = halved
	for name, scene := range map[string]Scene{
		"fresh coins": users.Fresh, "by assignment": better.ByAssignment, "slow candidate": SlowCandidate,
		"slow fleet": SlowFleet, "sticky fleet": StickyFleet, "carved": Carved, "wrong share": WrongShare,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const trials = 60
			kept, broken := 0, 0
			for seed := range uint64(trials) {
				if scene(rand.New(rand.NewPCG(seed, 1)), true) {
					kept++
				}
				if scene(rand.New(rand.NewPCG(seed, 1)), false) {
					broken++
				}
			}
			t.Logf("%d and %d of %d rolled back", kept, broken, trials)
			check.AtMost(t, kept, 4)
			check.Below(t, trials/10, broken)
		})
	}
}
