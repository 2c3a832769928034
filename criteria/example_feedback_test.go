package criteria_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// Users buy after what the models show them, some hours later: of the candidate's 8 % do, of stable's 10 %.
func ExampleFeedback() {
	bought := criteria.Feedback{Signal: "bought", Want: criteria.Higher, Within: 72 * time.Hour}
	fmt.Println(bought)

	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{bought}})
	if err != nil {
		fmt.Println(err)
		return
	}
	shares := [criteria.NumStrata]float64{criteria.Fresh: 0.5}
	judge.BeginStep(shares)        // units are assigned from now on,
	judge.BeginFeedback(0, shares) // and three days later the first ones are judged
	rng := rand.New(rand.NewPCG(1, 2))
	var ruling criteria.Ruling
	for day := time.Duration(0); !ruling.RollBack && day < 60; day++ {
		e := judge.NewEvidence()
		for range 2000 {
			unit := criteria.Response{Servers: []float64{0}}
			rate := 0.10
			if rng.IntN(2) == 0 {
				unit.Arm, rate = criteria.Candidate, 0.08
			}
			if rng.Float64() < rate {
				unit.Servers[0], unit.Heard, unit.HeardServers = 1, 1, 1
			}
			e.ObserveFeedback(0, criteria.Fresh, &unit)
		}
		ruling = judge.Fold(e, day*24*time.Hour)
	}
	fmt.Println(ruling.RollBack, ruling.Culprit)
	fmt.Println(judge.Verdicts()[0].Finding)
	// Output:
	// feedback(bought) within 3 d at least 0.95 x stable's
	// true feedback(bought)
	// bought: 7.88 % of candidate, 9.86 % of stable units
}
