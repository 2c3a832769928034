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

// The candidate differs in one country only, which is two pairs in a hundred; elsewhere
// both are noisy.
func ExamplePair() {
	judge, _ := criteria.NewJudge(criteria.Config{
		Criteria:  []criteria.Criterion{criteria.Disagreement{}},
		Slices:    []string{"country"},
		SliceText: func(_ int, cell uint8) string { return fmt.Sprint("c", cell) },
	})
	e := judge.NewEvidence()
	for i := range 2000 {
		country := uint8(i % 50)
		e.ObservePair(&criteria.Pair{
			Differs: country == 7 || i%11 == 0, Rerun: true, RerunDiffers: i%13 == 0, Slices: []uint8{country},
		})
	}
	judge.Fold(e, 0)
	v := judge.Verdicts()[0]
	fmt.Println(v.Result, "in", v.Slice)
	fmt.Println(v.Finding)
	// Output:
	// fail in country="c7"
	// differs beyond what stable differs from itself: 92.5 % of pairs
}
