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
	// step 1: share 1 % for 10 min, 1,200 candidate calls, evidence from 120,000 requests
	//   criterion          event                         stable  allowed   finds   candidate calls and time until found
	// ! error_rate         failed                        0.5 %   0.55 %    1.58 %  always: 2, 833 ms   x5: 430, 3.6 min  x2: 5,400, 45 min
	//       x2 takes longer than the step of 10 min
	// !   in country="is"  failed                        0.5 %   0.55 %    15.4 %  always: 3, 1.1 min  x5: 510, 3.5 h    x2: 6,400, 1.8 d
	//       x2 takes longer than the whole ramp of 1.2 h
	//   latency            above stable's p95            5 %     5.5 %+*   8.52 %  always: 6, 2.8 s    x5: 51, 25 s      x2: 620, 5.2 min
	//                      above stable's p50            50 %    50.5 %+*  56.9 %  always: 17, 8.4 s   x1.5: 82, 41 s    x1.2: 550, 4.6 min
	// !   in country="is"  above stable's p95            5 %     5.5 %+*   40.6 %  always: 5, 2 min    x5: 51, 21 min    x2: 710, 4.9 h
	//       x2 takes longer than the whole ramp of 1.2 h
	//   backstop           failed where stable answered  0.5 %*  20 %      25.1 %  always: 6, 2.8 s    40 %: 84, 42 s    30 %: 310, 2.6 min
	//   promotion   rules out  candidate calls and time if both are alike
	// ! error_rate  +0.55 %    1,700, 14 min
	//       takes longer than the step of 10 min
	//   latency     +2 %*      790, 6.6 min
	//
	// step 2: share 20 % for 1 h, 150,000 candidate calls, evidence from 720,000 requests
	//   criterion          event                         stable  allowed   finds    candidate calls and time until found
	//   error_rate         failed                        0.5 %   0.55 %    0.645 %  always: 8, 192 ms   x5: 990, 25 s     x2: 8,000, 3.3 min
	// !   in country="is"  failed                        0.5 %   0.55 %    1.54 %   always: 7, 8.3 s    x5: 750, 16 min   x2: 8,500, 2.9 h
	//       x2 takes longer than the whole ramp of 1.2 h
	//   latency            above stable's p95            5 %     5.5 %+*   5.86 %   always: 11, 268 ms  x5: 120, 2.9 s    x2: 1,300, 31 s
	//                      above stable's p50            50 %    50.5 %+*  51.8 %   always: 32, 796 ms  x1.5: 180, 4.4 s  x1.2: 1,200, 28 s
	//     in country="is"  above stable's p95            5 %     5.5 %+*   7.89 %   always: 9, 11 s     x5: 87, 1.8 min   x2: 920, 19 min
	//   backstop           failed where stable answered  0.5 %*  20 %      20.9 %   always: 9, 217 ms   40 %: 120, 2.9 s  30 %: 420, 10 s
	//   promotion   rules out  candidate calls and time if both are alike
	//   error_rate  +0.55 %    1,900, 46 s
	//   latency     +2 %*      940, 23 s
	//
	// * assumed; Rollout.Base can say what stable does
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
	// criteria: error_rate: cannot fire: with stable at 60 % nothing that the candidate does is too much: error_rate at most 2 x stable's
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
