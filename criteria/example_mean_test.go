package criteria_test

import (
	"fmt"

	"github.com/modelcanary/go-sdk/criteria"
)

// A fifth less revenue, in baskets of 0 to 200.
func ExampleMean() {
	revenue := criteria.Mean{Signal: "revenue", Max: 200, Want: criteria.Higher}
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{revenue}, Numbers: []string{"revenue"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	e := judge.NewEvidence()
	for i := range 2000 {
		basket := float64(i % 201)
		e.Observe(criteria.Fresh, &criteria.Observation{Numbers: []float64{basket}})
		e.Observe(criteria.Fresh, &criteria.Observation{Arm: criteria.Candidate, Numbers: []float64{0.8 * basket}})
	}
	judge.Fold(e, 0)
	fmt.Println(revenue)
	fmt.Println(judge.Verdicts()[0].Result)
	// Output:
	// mean(revenue) in [0, 200] at least 0.95 x stable's
	// fail
}
