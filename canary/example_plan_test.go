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
	// plan: alpha 0.01, 20 requests/s, 5000 units
	//
	// step 1: share 5 % for 30 min, 1800 candidate calls, evidence from 4996 units
	//   ! runs out of units after 12 min; of a change that comes later only the backstop and a sentinel see anything
	//   criterion             event                             stable  allowed   finds   candidate calls until found
	//   error_rate            failed                            1 %*    1.1 %     4.66 %  always 3 (2.7 s), x5 371 (6.2 min), x2 never              ! x2 is not found before all units have testified
	//   distribution(length)  above stable's p90, or below p10  10 %    12.1 %+*  23.6 %  always 16 (15 s), x5 44 (43 s), x2 never                  ! x2 is not found before all units have testified
	//   distribution(length)  above stable's p50, or below p50  50 %    56.1 %+*  72.2 %  always 33 (33 s), x1.5 248 (4.1 min), x1.2 never          ! x1.2 is not found before all units have testified
	//   backstop              failed where stable answered      1 %*    20 %      24.2 %  always 6 (5.7 s), 46.7 % 51 (51 s), 33.3 % 185 (3.1 min)
	//
	// step 2: share 50 % for 1 h, 36000 candidate calls, evidence from 4750 units
	//   ! runs out of units after 12 min; of a change that comes later only the backstop and a sentinel see anything
	//   criterion             event                             stable  allowed   finds   candidate calls until found
	//   error_rate            failed                            1 %*    1.1 %     2.84 %  always 12 (1.2 s), x5 889 (1.5 min), x2 never             ! x2 is not found before all units have testified
	//   distribution(length)  above stable's p90, or below p10  10 %    12.1 %+*  18 %    always 18 (1.8 s), x5 86 (8.6 s), x2 1847 (3.1 min)
	//   distribution(length)  above stable's p50, or below p50  50 %    56.1 %+*  64.7 %  always 50 (4.9 s), x1.5 437 (44 s), x1.2 never            ! x1.2 is not found before all units have testified
	//   backstop              failed where stable answered      1 %*    20 %      21.3 %  always 10 (967 ms), 46.7 % 81 (8.1 s), 33.3 % 284 (28 s)
	//
	// * assumed; declare it in Rollout.Base
	// + as calls without a value are scored in the candidate's favour
}
