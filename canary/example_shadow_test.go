package canary_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow"
)

// Before it touches traffic, the candidate answers what stable is asked, and nobody is given its answers. Stable is quick here, so it is asked twice each time: how
// much it differs from itself is what the candidate is measured against.
func ExampleConfig_shadow() {
	ctx := context.Background()
	cfg, end := greeter(0) // the flag gives the candidate no share
	defer end()
	cfg.Candidate.Predictor = canary.Func(func(_ context.Context, name string) (string, error) {
		switch {
		case name == "":
			return "", errors.New("who are you?")
		case strings.HasPrefix(name, "1"):
			return "Howdy, " + name, nil
		}
		return "hello, " + name, nil
	})
	cfg.Shadow = shadow.Config[string, string]{
		Rate:  1, // in service a tenth, or Flags.Shadow
		Rerun: 1,
		Equal: strings.EqualFold,
	}
	cfg.Criteria = []criteria.Criterion{criteria.Disagreement{}} // on at most 5 % more inputs than stable with itself
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	served := map[string]int{}
	requests := time.NewTicker(100 * time.Microsecond)
	defer requests.Stop()
	for i := 0; !c.Snapshot().State.Tripped(); i++ {
		greeting, err := c.Predict(ctx, fmt.Sprint(i%100))
		if err != nil {
			log.Fatal(err)
		}
		served[greeting[:5]]++
		<-requests.C // they do not come without a pause: the shadow runs in it
	}
	fmt.Println("users saw Howdy:", served["Howdy"])
	fmt.Println(c.Snapshot().State.Cause.Reason[:strings.Index(c.Snapshot().State.Cause.Reason, ":")])
	// Output:
	// users saw Howdy: 0
	// criterion disagreement
}
