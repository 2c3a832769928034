package ledger

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// A candidate that dies after so many healthy calls, none of which is evidence by its coin, is out within 16 calls.
func TestBackstopAfterHealthyCalls(t *testing.T) {
	for _, healthy := range []int{0, 10, 60, 100, 500, 1000, 4000} {
		t.Run(strconv.Itoa(healthy), func(t *testing.T) {
			judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}}})
			require.NoError(t, err)
			evidence, failing := judge.NewEvidence(), 0
			for i := 0; failing < 1000; i++ {
				o := criteria.Observation{Arm: criteria.Candidate, Latency: -1}
				if i >= healthy {
					failing++
					o.Outcome, o.Answered = criteria.Failed, true
				}
				evidence.Observe(criteria.Uncounted, &o)
				if judge.Fold(evidence, time.Duration(i)*20*time.Millisecond).RollBack {
					break
				}
				evidence.Reset()
			}
			t.Logf("out after %d failing calls", failing)
			require.LessOrEqual(t, failing, 16)
		})
	}
}
