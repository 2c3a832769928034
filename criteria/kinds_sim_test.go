//go:build !race

package criteria_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// usualFailures fail 1 % of calls, in so many ways of which the first is the most
// frequent; on the candidate's arm another one comes on top, for 1 % of its calls.
func usualFailures(ways int) world {
	return func(rng *rand.Rand, arm criteria.Arm, _ int, o *criteria.Observation) {
		o.Outcome, o.Class = criteria.Fine, 0
		switch {
		case arm == criteria.Candidate && rng.IntN(100) == 0:
			o.Outcome, o.Class = criteria.Failed, 77
		case rng.IntN(100) == 0:
			o.Outcome, o.Class = criteria.Failed, zipf(rng, ways)
		}
	}
}

// A failure that stable never shows is found and named long before the error rate,
// which only doubles, gives it away. The more ways of failing stable has, and the
// fewer of them are known, the longer it takes.
func TestSimNewFailureClass(t *testing.T) {
	for _, c := range []struct {
		name                string
		ways, seeds, median int
	}{
		{"one usual way", 1, 2000, 300},
		{"three usual ways", 3, 2000, 300},
		{"ten usual ways", 10, 2000, 400},
		{"three usual ways, not known before", 3, 0, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs := scene{
				config: only(criteria.FailureModes{Tolerance: criteria.Strict}), share: 0.05, requests: 200_000,
				seeds: c.seeds, world: usualFailures(c.ways),
			}.repeat(t, 200)
			median, p90 := delays(runs)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, c.median)
		})
	}
}
