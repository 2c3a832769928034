package criteria_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// A candidate that fails as often as stable is not promoted for want of a difference:
// that it does not fail more often has to be shown, and takes so many calls.
func ExampleJudge_Promotion() {
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{}, // half a point more than 1.1 times stable's has to be ruled out
			criteria.Latency{},   // and at every quantile, 2 calls in 100 more that are slower
			criteria.Backstop{},  // does not gate
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.2})

	rng := rand.New(rand.NewPCG(1, 2)) // both arms alike: 1 % fail, the others take 10 to 100 ms
	e := judge.NewEvidence()
	for minute := range 60 {
		for range 1000 {
			o := criteria.Observation{Latency: time.Duration(1e7 + 9e7*rng.Float64())}
			if rng.Float64() < 0.2 {
				o.Arm = criteria.Candidate
			}
			if rng.Float64() < 0.01 {
				o.Outcome = criteria.Failed
			}
			e.Observe(criteria.Fresh, &o)
		}
		judge.Fold(e, time.Duration(minute)*time.Minute)
		e.Reset()
		p := judge.Promotion()
		if minute%5 == 1 || p.Ready {
			fmt.Printf("minute %d: ready: %v, %s\n", minute, p.Ready, p.Reason)
		}
		if p.Ready {
			break
		}
	}
	for _, g := range judge.Promotion().Gates {
		fmt.Printf("%s: %.2f of %.2f; %s\n", g.Name, g.LogE, g.Limit, g.Finding)
	}
	// Output:
	// minute 1: ready: false, latency needs about 2,000 more candidate calls
	// minute 6: ready: false, error_rate needs about 2,300 more candidate calls
	// minute 11: ready: false, error_rate needs about 3,400 more candidate calls
	// minute 16: ready: true, all 2 gating criteria are proven
	// error_rate: 3.16 of 3.00; failed: 1 % of candidate, 0.962 % of stable
	// latency: 8.10 of 3.00; slower than 100 ms: 0 % of candidate, 0 % of stable
}
