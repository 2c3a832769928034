package rules

import (
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Within the first round it is Ours to the request; after many it has seen it all
// and is slow to believe that things have changed.
func TestOnce(t *testing.T) {
	c := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}}
	for _, late := range []struct {
		at     int
		slower bool
	}{{0, false}, {30_000, true}} {
		ours, once := NewOurs(c, true), NewOnce(c)
		w := worlds.Rates{Stable: worlds.Constant(0.01), Candidate: worlds.Late(0.01, 1, late.at)}
		at, sooner := play(t, w, 0.5, ours), 0
		if sooner = play(t, w, 0.5, once); late.slower {
			check.Below(t, at, sooner)
		} else {
			check.Equal(t, at, sooner)
		}
	}
}

// play returns the request with which a rule rolls back.
func play(t testing.TB, w worlds.World, share float64, rule interface {
	Rule
	Seeder
}) int {
	rng := rand.New(rand.NewPCG(5, 2))
	for i := range 100_000 {
		r := worlds.Request{I: i - 2000, Share: share}
		if r.I >= 0 && rng.Float64() < share {
			r.Arm = criteria.Candidate
		}
		w.Draw(rng, &r)
		if r.I < 0 {
			rule.Seed(&r)
		} else if rule.Observe(&r) {
			return r.I
		}
	}
	t.Fatal("never rolled back")
	return 0
}
