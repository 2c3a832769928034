package criteria_test

import (
	"fmt"

	"github.com/modelcanary/go-sdk/criteria"
)

// shadowed folds 500 pairs and prints what the judge finds.
func shadowed(c criteria.Criterion, pair func(i int) criteria.Pair) {
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{c}, Numbers: []string{"confidence"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := judge.NewEvidence()
	for i := range 500 {
		p := pair(i)
		e.ObservePair(&p)
	}
	judge.Fold(e, 0)
	v := judge.Verdicts()[0]
	fmt.Printf("%s: %s\n", v.Result, v.Finding)
}

// Stable, asked twice, answers differently in one of ten; the candidate differs from
// it in two of five.
func ExampleDisagreement() {
	shadowed(criteria.Disagreement{}, func(i int) criteria.Pair {
		return criteria.Pair{Differs: i%5 < 2, Rerun: true, RerunDiffers: i%10 == 9}
	})
	// Output: fail: differs beyond what stable differs from itself: 30 % of pairs
}

// The candidate is a little less sure of three inputs in four.
func ExampleDifference() {
	sure := criteria.Difference{Signal: "confidence", Want: criteria.Higher}
	shadowed(sure, func(i int) criteria.Pair {
		if i%4 == 0 {
			return criteria.Pair{Differences: []float64{0.001}}
		}
		return criteria.Pair{Differences: []float64{-0.001}}
	})
	// Output: fail: confidence lower than stable's: 75 % of pairs
}

// Of a stable model that always answers alike, every difference is the candidate's.
func ExampleEvidence_ObservePair() {
	judge, _ := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{criteria.Disagreement{Limit: criteria.Strict}},
	})
	e := judge.NewEvidence()
	served, again, candidate := "cat", "cat", "dog"
	pairs := 0
	for !judge.Fold(e, 0).RollBack {
		e.Reset()
		e.ObservePair(&criteria.Pair{Differs: candidate != served, Rerun: true, RerunDiffers: again != served})
		pairs++
	}
	fmt.Println("refuted by", pairs, "pairs")
	// Output: refuted by 10 pairs
}
