package criteria_test

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// What will be found, and how soon, before the first request is at risk.
func ExampleNewPlan() {
	config := criteria.Config{
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{},
			criteria.Latency{Tolerance: 0.2},
			criteria.Backstop{},
		},
		Slices: []string{"country"},
	}
	plan, err := criteria.NewPlan(config, criteria.Rollout{
		Steps:             []criteria.Step{{Share: 0.01}, {Share: 0.2, Soak: time.Hour}},
		RequestsPerSecond: 200,
		Base:              map[string]criteria.Base{"error_rate": {Rate: 0.005}},
		Slices:            map[string]map[string]float64{"country": {"is": 0.02}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// plan: alpha 0.01, 200 requests/s
	//
	// step 1: share 1 % for 10 min, 1200 candidate calls, evidence from 120000 requests
	//   criterion                   event                         stable  allowed   finds   candidate calls until found
	//   error_rate                  failed                        0.5 %   0.55 %    1.58 %  always 2 (833 ms), x5 427 (3.6 min), x2 5367 (45 min)     ! x2 takes longer than the step of 10 min
	//   error_rate in country="is"  failed                        0.5 %   0.55 %    15.6 %  always 3 (1.1 min), x5 507 (3.5 h), x2 6667 (1.9 d)       ! x2 takes longer than the whole ramp of 1.2 h
	//   latency                     above stable's p95            5 %     5.5 %+*   8.59 %  always 6 (2.8 s), x5 51 (25 s), x2 620 (5.2 min)
	//   latency                     above stable's p50            50 %    50.5 %+*  57 %    always 17 (8.4 s), x1.5 82 (41 s), x1.2 549 (4.6 min)
	//   latency in country="is"     above stable's p95            5 %     5.5 %+*   39.1 %  always 5 (2 min), x5 55 (23 min), x2 741 (5.1 h)          ! x2 takes longer than the whole ramp of 1.2 h
	//   backstop                    failed where stable answered  0.5 %*  20 %      25.4 %  always 6 (2.8 s), 46.7 % 51 (25 s), 33.3 % 185 (1.5 min)
	//
	// step 2: share 20 % for 1 h, 144000 candidate calls, evidence from 720000 requests
	//   criterion                   event                         stable  allowed   finds    candidate calls until found
	//   error_rate                  failed                        0.5 %   0.55 %    0.648 %  always 8 (192 ms), x5 987 (25 s), x2 7967 (3.3 min)
	//   error_rate in country="is"  failed                        0.5 %   0.55 %    1.4 %    always 7 (8.3 s), x5 787 (16 min), x2 8867 (3.1 h)        ! x2 takes longer than the whole ramp of 1.2 h
	//   latency                     above stable's p95            5 %     5.5 %+*   5.92 %   always 11 (268 ms), x5 116 (2.9 s), x2 1253 (31 s)
	//   latency                     above stable's p50            50 %    50.5 %+*  52.3 %   always 32 (796 ms), x1.5 175 (4.4 s), x1.2 1132 (28 s)
	//   latency in country="is"     above stable's p95            5 %     5.5 %+*   8.03 %   always 10 (12 s), x5 91 (1.9 min), x2 972 (20 min)
	//   backstop                    failed where stable answered  0.5 %*  20 %      21.3 %   always 9 (217 ms), 46.7 % 72 (1.8 s), 33.3 % 257 (6.4 s)
	//
	// * assumed; declare it in Rollout.Base
	// + as calls without a value are scored in the candidate's favour
}

// A plan refuses what can never fire, and a limit that stable itself breaks.
func ExampleNewPlan_refused() {
	_, err := criteria.NewPlan(criteria.Config{Criteria: []criteria.Criterion{
		criteria.ErrorRate{Tolerance: 1},
		criteria.Backstop{Limit: 0.05},
	}}, criteria.Rollout{
		Steps:             []criteria.Step{{Share: 0.05}},
		RequestsPerSecond: 10,
		Base:              map[string]criteria.Base{"error_rate": {Rate: 0.6}, "backstop": {Rate: 0.08}},
	})
	fmt.Println(err)
	// Output:
	// criteria: error_rate: cannot fire: with stable at 60 % even 100 % of the candidate's calls are allowed: error_rate at most 2 x stable's
	// criteria: backstop: would find a candidate worse that is like stable: stable's own 8 % is above the limit of 5 %
}

// The same numbers for programs.
func ExamplePlan() {
	plan, err := criteria.NewPlan(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}}, criteria.Rollout{
		Steps:             []criteria.Step{{Share: 0.05}},
		RequestsPerSecond: 50,
		Units:             10_000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Steps[0].Warning)
	for _, c := range plan.Rows[0].Changes {
		fmt.Printf("%-6s found %v, after %d calls in %v\n", c.Change, c.Found, c.Calls, c.Time.Round(time.Second))
	}
	// Output:
	// runs out of units after 10 min; of a change that comes later only the backstop and a sentinel see anything
	// always found true, after 3 calls in 1s
	// x5     found true, after 213 calls in 1m25s
	// x2     found false, after 0 calls in 0s
}
