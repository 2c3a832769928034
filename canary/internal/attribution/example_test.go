package attribution_test

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/attribution"
	"github.com/modelcanary/go-sdk/criteria"
)

// printer is a sink that says what it is told.
type printer struct{}

func (printer) BeginFeedback(shares [criteria.NumStrata]float64) {
	fmt.Println("units are the candidate's with probability", shares[criteria.Fresh])
}

func (printer) FoldFeedback(w *attribution.Window) {
	fmt.Println(w.Arm, w.Servers, w.All, "heard of", w.Heard != 0)
}

func ExampleWindows() {
	const corrected, cohort = 0, 1
	w := attribution.New(attribution.Config{Within: 24 * time.Hour, Signals: 1, MaxOpen: 1 << 18})
	w.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.05})
	w.Open(7, cohort, criteria.Fresh, criteria.Stable, 0, 0)
	w.Open(8, cohort, criteria.Fresh, criteria.Candidate, 0, time.Minute)

	w.Report(8, cohort, criteria.Candidate, corrected, 1, true)
	fmt.Println("the wrong arm:", w.Report(7, cohort, criteria.Candidate, corrected, 1, false))

	w.Fold(25*time.Hour, printer{})
	fmt.Println("too late:", w.Report(7, cohort, criteria.Stable, corrected, 1, false))
	// Output:
	// the wrong arm: false
	// units are the candidate's with probability 0.05
	// stable [0] [0] heard of false
	// candidate [0] [1] heard of true
	// too late: false
}
