package criteria_test

import (
	"fmt"
	"strconv"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// observe counts the same call n times.
func observe(e *criteria.Evidence, n int, o criteria.Observation) {
	for range n {
		e.Observe(criteria.Fresh, &o)
	}
}

// A dead candidate at a share of 5 %: two calls are enough.
func Example() {
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{criteria.ErrorRate{}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.05})

	e := judge.NewEvidence()
	observe(e, 38, criteria.Observation{Arm: criteria.Stable})
	observe(e, 2, criteria.Observation{Arm: criteria.Candidate, Outcome: criteria.Failed})

	ruling := judge.Fold(e, 2*time.Second)
	fmt.Printf("roll back: %v, because of %s, evidence %.2f of %.2f\n",
		ruling.RollBack, ruling.Culprit, ruling.LogE, ruling.Limit)
	// Output: roll back: true, because of error_rate, evidence 4.87 of 4.61
}

// NewJudge reports everything that is wrong with a configuration at once.
func ExampleNewJudge() {
	_, err := criteria.NewJudge(criteria.Config{
		Alpha:   1.5,
		Numbers: []string{"confidence"},
		Criteria: []criteria.Criterion{
			criteria.Latency{Tolerance: -0.1},
			criteria.Distribution{Signal: "certainty"},
		},
	})
	fmt.Println(err)
	// Output:
	// criteria: config: alpha 1.5 is outside (0, 1)
	// criteria: latency: tolerance -0.1 is neither in [0, 100] nor Strict
	// criteria: distribution(certainty): unknown number signal "certainty", declared are ["confidence"]
}

// Criteria are plain values: they compare, and print what they demand.
func ExampleCriterion() {
	for _, c := range []criteria.Criterion{
		criteria.ErrorRate{},
		criteria.Latency{Tolerance: 0.2},
		criteria.Distribution{Signal: "confidence", Role: criteria.Hold},
		criteria.Categories{Signal: "digit", Tolerance: criteria.Strict},
		criteria.Backstop{},
	} {
		fmt.Println(c)
	}
	fmt.Println(criteria.ErrorRate{} == criteria.ErrorRate{Tolerance: 0.1})
	// Output:
	// error_rate at most 1.1 x stable's
	// latency at most 1.2 x stable's at every quantile
	// distribution(confidence) above and below every quantile at most 1.1 x stable's
	// categories(digit) with and without every label at most stable's
	// backstop: at most 20 % of candidate calls rescued by stable
	// false
}

// judgeOf returns a judge of one criterion that knows stable from a seed.
func judgeOf(c criteria.Criterion, usual func(i int) criteria.Observation) *criteria.Judge {
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria:  []criteria.Criterion{c},
		Numbers:   []string{"confidence"},
		Labels:    []string{"digit"},
		LabelText: func(_ int, id uint16) string { return strconv.FormatUint(uint64(id), 10) },
	})
	if err != nil {
		panic(err)
	}
	for i := range 1000 {
		o := usual(i)
		judge.Seed(&o)
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	return judge
}

// compare lets stable answer as usual and the candidate otherwise, and prints
// what the judge finds.
func compare(judge *criteria.Judge, usual, other func(i int) criteria.Observation) {
	e := judge.NewEvidence()
	for i := range 400 {
		o := usual(i)
		e.Observe(criteria.Fresh, &o)
		o = other(i)
		o.Arm = criteria.Candidate
		e.Observe(criteria.Fresh, &o)
	}
	judge.Fold(e, 0)
	v := judge.Verdicts()[0]
	fmt.Printf("%s: %s\n", v.Result, v.Finding)
}

func ExampleErrorRate() {
	usual := func(int) criteria.Observation { return criteria.Observation{} }
	failing := func(i int) criteria.Observation {
		if i%5 == 0 {
			return criteria.Observation{Outcome: criteria.Failed}
		}
		return criteria.Observation{}
	}
	compare(judgeOf(criteria.ErrorRate{}, usual), usual, failing)
	// Output: fail: failed: 20 % of candidate, 0 % of stable calls
}

func ExampleLatency() {
	usual := func(i int) criteria.Observation {
		return criteria.Observation{Latency: time.Duration(10+i%100) * time.Millisecond}
	}
	slower := func(i int) criteria.Observation {
		return criteria.Observation{Latency: 2 * usual(i).Latency}
	}
	compare(judgeOf(criteria.Latency{Tolerance: 0.2}, usual), usual, slower)
	// Output: fail: slower than 110 ms: 54 % of candidate, 0 % of stable calls
}

func ExampleDistribution() {
	usual := func(i int) criteria.Observation {
		return criteria.Observation{Numbers: []float64{float64(i%100) / 100}}
	}
	unsure := func(i int) criteria.Observation {
		return criteria.Observation{Numbers: []float64{float64(i%100) / 300}}
	}
	compare(judgeOf(criteria.Distribution{Signal: "confidence"}, usual), usual, unsure)
	// Output: fail: confidence below 0.5: 100 % of candidate, 50 % of stable calls
}

func ExampleCategories() {
	usual := func(i int) criteria.Observation {
		return criteria.Observation{Labels: []uint16{uint16(i % 10)}}
	}
	confused := func(i int) criteria.Observation { // takes every 7 for a 1
		if i%10 == 7 {
			i = 1
		}
		return usual(i)
	}
	judge := judgeOf(criteria.Categories{Signal: "digit", Tolerance: criteria.Strict}, usual)
	compare(judge, usual, confused)
	// Output: fail: digit is "7": 0 % of candidate, 10 % of stable calls
}

// The backstop needs no coin: it counts the calls of users who have long
// testified.
func ExampleBackstop() {
	judge, _ := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}},
	})
	e := judge.NewEvidence()
	rescued := criteria.Observation{Arm: criteria.Candidate, Outcome: criteria.Failed, Answered: true}
	e.Observe(criteria.Uncounted, &rescued)
	calls := 1
	for !judge.Fold(e, 0).RollBack {
		calls++
	}
	fmt.Println(calls, judge.Verdicts()[1].Finding)
	// Output: 6 failed where stable answered: 100 % of candidate calls
}

// Evidence of several goroutines or replicas adds up.
func ExampleEvidence_Merge() {
	judge, _ := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}})
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	here, there := judge.NewEvidence(), judge.NewEvidence()
	observe(here, 70, criteria.Observation{})
	observe(there, 60, criteria.Observation{Arm: criteria.Candidate})
	here.Merge(there)
	judge.Fold(here, 0)
	fmt.Println(judge.Verdicts()[0])
	// Output: error_rate: no evidence, evidence 0.00 of 4.61 (guardrail, weight 1); failed: 0 % of candidate, 0 % of stable calls; candidate 0 % [0 %, 11.3 %] of 60, stable 0 % [0 %, 9.91 %] of 70; tolerance 10 %; its evidence is below the limit
}

// A router that gives 40 % instead of 50 % is found out, and nobody blamed.
func ExampleRouting() {
	var routing criteria.Routing
	routing.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.5})
	units := 0
	for !routing.Broken() {
		arm := criteria.Stable
		if units%5 < 2 {
			arm = criteria.Candidate
		}
		routing.Assign(criteria.Fresh, arm)
		units++
	}
	fmt.Println("broken after", units, "units")
	// Output: broken after 345 units
}

func ExampleRateInterval() {
	fmt.Println(criteria.RateInterval(10, 1000, 0.05))
	// Output: [0.00241, 0.0262]
}

func ExampleRatioInterval() {
	// 5 of 20 failures were the candidate's, which had 5 % of the calls.
	fmt.Println(criteria.RatioInterval(5, 20, 0.05, 0.05))
	// Output: [0.944, 27.2]
}

// A report names more than what failed alone, with a promise about the list.
func ExampleDiscoveries() {
	verdicts := []criteria.Verdict{
		{Name: "error_rate", LogE: 0.3},
		{Name: "latency", LogE: 3.4},
		{Name: "categories(class)", LogE: 3.1},
		{Name: "distribution(score)", LogE: -0.7},
	}
	for _, v := range criteria.Discoveries(verdicts, 0.1) {
		fmt.Println(v.Name)
	}
	// Output:
	// latency
	// categories(class)
}
