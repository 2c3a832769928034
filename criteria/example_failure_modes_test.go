package criteria_test

import (
	"fmt"

	"github.com/modelcanary/go-sdk/criteria"
)

// Both models fail as often, but the candidate in a way that stable never does.
func ExampleFailureModes() {
	classes := []string{"timeout", "panic: index out of range"}
	judge, _ := criteria.NewJudge(criteria.Config{
		Criteria:  []criteria.Criterion{criteria.ErrorRate{}, criteria.FailureModes{}},
		ClassText: func(id uint16) string { return classes[id] },
		ClassExample: func(id uint16) string {
			return []string{"", `"index out of range [3] with length 3" of v2`}[id]
		},
	})
	failing := func(i, class int) criteria.Observation {
		if i%50 == 0 {
			return criteria.Observation{Outcome: criteria.Failed, Class: uint16(class)}
		}
		return criteria.Observation{}
	}
	for i := range 2000 {
		o := failing(i, 0)
		judge.Seed(&o)
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	e := judge.NewEvidence()
	for i := range 2000 {
		o := failing(i, 0)
		e.Observe(criteria.Fresh, &o)
		o = failing(i, 1)
		o.Arm = criteria.Candidate
		e.Observe(criteria.Fresh, &o)
	}
	judge.Fold(e, 0)
	for _, v := range judge.Verdicts() {
		fmt.Printf("%s: %s: %s\n", v.Name, v.Result, v.Finding)
	}
	// Output:
	// error_rate: no evidence: failed: 2 % of candidate, 2 % of stable calls
	// failure_modes: fail: failed with "panic: index out of range" (for example "index out of range [3] with length 3" of v2): 2 % of candidate, 0 % of stable calls
}
