package canary_test

import (
	"fmt"
	"log"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// A plan before the start: is this ramp worth its risk?
func ExampleNewPlan() {
	cfg, end := greeter(0)
	defer end()
	plan, err := canary.NewPlan(cfg, criteria.Rollout{
		Steps:             []criteria.Step{{Share: 0.05, Soak: 30 * time.Minute}, {Share: 0.5, Soak: time.Hour}},
		RequestsPerSecond: 20,
		Units:             5000,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	// Output:
	// plan: alpha 0.01, 20 requests/s of 5000 units
	//
	// step 1: share 5 % for 30 min, 1,800 candidate calls, evidence from 5,000 units
	//   ! runs out of units after 12 min; of a change that comes later only the backstop and a sentinel see anything
	//   criterion             event                             stable  allowed   finds   candidate calls and time until found
	// ! error_rate            failed                            1 %*    1.1 %     4.66 %  always: 3, 2.7 s  x5: 380, 6.2 min    x2: never
	//       x2 is not found before all units have testified
	// ! distribution(length)  above stable's p90, or below p10  10 %    12.1 %+*  23.6 %  always: 16, 15 s  x5: 44, 43 s        x2: never
	//       x2 is not found before all units have testified
	// !                       above stable's p50, or below p50  50 %    56.1 %+*  71.5 %  always: 33, 33 s  x1.5: 250, 4.1 min  x1.2: never
	//       x1.2 is not found before all units have testified
	//   backstop              failed where stable answered      1 %*    20 %      24 %    always: 6, 5.7 s  40 %: 84, 1.4 min   30 %: 310, 5.1 min
	//   promotion             rules out  candidate calls and time if both are alike
	// ! error_rate            +0.6 %*    never
	//       is not proven before all units have testified
	// ! distribution(length)  +3 %       never
	//       is not proven before all units have testified
	//
	// step 2: share 50 % for 1 h, 36,000 candidate calls, evidence from 4,800 units
	//   ! runs out of units after 12 min; of a change that comes later only the backstop and a sentinel see anything
	//   criterion             event                             stable  allowed   finds   candidate calls and time until found
	// ! error_rate            failed                            1 %*    1.1 %     2.84 %  always: 12, 1.2 s   x5: 890, 1.5 min  x2: never
	//       x2 is not found before all units have testified
	//   distribution(length)  above stable's p90, or below p10  10 %    12.1 %+*  17.9 %  always: 18, 1.8 s   x5: 86, 8.6 s     x2: 1,900, 3.1 min
	// !                       above stable's p50, or below p50  50 %    56.1 %+*  64.7 %  always: 50, 4.9 s   x1.5: 440, 44 s   x1.2: never
	//       x1.2 is not found before all units have testified
	//   backstop              failed where stable answered      1 %*    20 %      21.1 %  always: 10, 967 ms  40 %: 130, 13 s   30 %: 460, 46 s
	//   promotion             rules out  candidate calls and time if both are alike
	// ! error_rate            +0.6 %*    never
	//       is not proven before all units have testified
	// ! distribution(length)  +3 %       never
	//       is not proven before all units have testified
	//
	// * assumed; Rollout.Base can say what stable does
	// + as calls without a value are scored in the candidate's favour
}
