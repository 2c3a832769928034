package canary_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/modelcanary/go-sdk/canary"
)

// Three users have soon told all they can. The sentinel keeps comparing: of the requests of the candidate's users some go to stable.
func ExampleConfig_sentinel() {
	ctx := context.Background()
	cfg, end := greeter(50)
	defer end()
	cfg.Sentinel = 0.05
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for range 20 {
		for _, name := range []string{"Alice", "Bob", "Carol"} {
			if _, err := c.Predict(ctx, name); err != nil {
				log.Fatal(err)
			}
		}
	}
	if err := c.Shutdown(ctx); err != nil { // so that the last request is in the counts
		log.Fatal(err)
	}
	s := c.Snapshot()
	fmt.Println("users that have testified:", s.Testified)
	fmt.Println("requests that were evidence:", s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted)
	// Output:
	// users that have testified: 3
	// requests that were evidence: 41
}

// Every week the users are drawn anew, and may testify again.
func ExampleConfig_reassign() {
	cfg, end := greeter(50)
	defer end()
	cfg.Reassign = 7 * 24 * time.Hour
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(context.Background()) }()

	drawn := c.Snapshot().Drawn
	fmt.Println("drawn on a", drawn.Weekday(), "at", drawn.Format(time.TimeOnly))
	fmt.Println("less than a week ago:", time.Since(drawn) < cfg.Reassign)
	// Output:
	// drawn on a Thursday at 00:00:00
	// less than a week ago: true
}
