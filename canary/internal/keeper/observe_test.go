package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// Every evaluation of a criterion has one verdict, the one it had then.
func TestEvaluationsAreCountedByTheirVerdict(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		k := newWorld(t, 0).start(t)
		declared := []criteria.Criterion{criteria.ErrorRate{}, criteria.Latency{Role: criteria.Hold}, criteria.Backstop{}}
		counts := func() map[string]int64 {
			all := map[string]int64{}
			k.Evaluations(declared, func(criterion, verdict string, n int64) { all[criterion+": "+verdict] = n })
			return all
		}
		judge := func(times int, outcome criteria.Outcome) {
			k.fold.mu.Lock()
			defer k.fold.mu.Unlock()
			f := &k.fold
			for range times {
				e := f.judge.NewEvidence()
				for i := range 2000 {
					o := criteria.Observation{Arm: criteria.Arm(i & 1), Latency: -1}
					if o.Arm == criteria.Candidate {
						o.Outcome = outcome
					}
					e.Observe(criteria.Fresh, &o)
				}
				f.tally.evaluations++
				f.note(f.judge.Fold(e, time.Duration(f.tally.evaluations)*time.Minute))
			}
		}
		k.fold.mu.Lock()
		k.fold.judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
		k.fold.mu.Unlock()
		judge(5, criteria.Fine)
		require.Equal(t, map[string]int64{
			"error_rate: no evidence": 1, "error_rate: pass": 4,
			"latency: no evidence": 5, "backstop: no evidence": 5,
		}, counts(), "one round is too little to prove anything")
		judge(3, criteria.Failed)
		require.Equal(t, map[string]int64{
			"error_rate: no evidence": 1, "error_rate: pass": 4, "error_rate: fail": 3,
			"latency: no evidence": 8, "backstop: no evidence": 8,
		}, counts())
	})
}
