package criteria_test

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// judged lets stable answer as usual and the candidate otherwise, 400 times each,
// and prints what the judge finds. Every so many calls of an arm are the given one.
func judged(c criteria.Criterion, usualEvery, otherEvery int, call criteria.Observation) {
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: []criteria.Criterion{c},
		Checks:   []string{"completed"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	share := [criteria.NumStrata]float64{criteria.Fresh: 0.5}
	judge.BeginStep(share)
	judge.BeginWindows(share)
	e := judge.NewEvidence()
	for i := range 400 {
		for arm, every := range []int{usualEvery, otherEvery} {
			o := criteria.Observation{}
			if i%every == 0 {
				o = call
			}
			o.Arm = criteria.Arm(arm)
			e.Observe(criteria.Fresh, &o)
			e.ObserveWindow(criteria.Fresh, &o)
		}
	}
	judge.Fold(e, 0)
	v := judge.Verdicts()[0]
	fmt.Printf("%s: %s\n", v.Result, v.Finding)
}

func ExampleTimeoutRate() {
	judged(criteria.TimeoutRate{}, 100, 5, criteria.Observation{Outcome: criteria.TimedOut})
	// Output: fail: ran out of time: 20 % of candidate, 1 % of stable calls
}

func ExampleCancelRate() {
	judged(criteria.CancelRate{Tolerance: 0.5}, 20, 4, criteria.Observation{Outcome: criteria.Cancelled})
	// Output: fail: cancelled by the caller: 25 % of candidate, 5 % of stable calls
}

func ExampleInvalidRate() {
	judged(criteria.InvalidRate{}, 100, 10, criteria.Observation{Invalid: true})
	// Output: fail: invalid: 10 % of candidate, 1 % of stable calls
}

// The task is completed half as often.
func ExampleRate() {
	completed := criteria.Rate{Signal: "completed", Want: criteria.Higher}
	fmt.Println(completed)
	judged(completed, 1, 2, criteria.Observation{Checks: 1 << 0})
	// Output:
	// rate(completed) at least 0.95 x stable's
	// fail: completed: 50 % of candidate, 100 % of stable calls
}

// An objective holds whatever stable does.
func ExampleErrorObjective() {
	judged(criteria.ErrorObjective{Limit: 0.01}, 20, 20, criteria.Observation{Outcome: criteria.Failed})
	// Output: fail: failed: 5 % of candidate calls
}

func ExampleLatencyObjective() {
	p99 := criteria.LatencyObjective{Quantile: 0.99, Limit: 50 * time.Millisecond}
	fmt.Println(p99)
	judged(p99, 10, 10, criteria.Observation{Latency: 60 * time.Millisecond})
	// Output:
	// latency_objective(0.99): 99 % of candidate calls within 50.0 ms
	// fail: slower than 50.0 ms: 10 % of candidate calls
}

// A window is bad if any of a unit's first calls fails.
func ExampleSessionErrorRate() {
	sessions := criteria.SessionErrorRate{Calls: 5}
	fmt.Println(sessions)
	judged(sessions, 100, 5, criteria.Observation{Outcome: criteria.Failed})
	// Output:
	// session_error_rate of the first 5 calls within 1m0s at most 1.1 x stable's
	// fail: failed within a session: 20 % of candidate, 1 % of stable windows
}
