package canary_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// The flag asks for everything; the ramp says how far that may go by now, and people decide about the ramp.
func ExampleCanary_Jump() {
	ctx := context.Background()
	cfg, end := greeter(100)
	defer end()
	cfg.Ramp = rollback.Ramp{Steps: []float64{0.01, 0.05, 0.25, 1}}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()
	tell := func(what string, err error) {
		s := c.Snapshot()
		held := ""
		if s.State.Hold.Held() {
			held = ", held by " + s.State.Hold.Cause.Actor
		}
		fmt.Printf("%s: %.4g %%%s\n", what, 100*s.Share, held)
		if err != nil {
			fmt.Println("  ", err)
		}
	}
	tell("at the start", nil)
	tell("alice jumps", c.Jump(ctx, "alice", "the press is asking", 0.25))
	tell("bob lowers", c.Jump(ctx, "bob", "too many calls", 0.01))
	tell("bob resumes", c.Resume(ctx, "bob"))
	tell("carol promotes", c.Promote(ctx, "carol"))
	// Output:
	// at the start: 1 %
	// alice jumps: 25 %
	// bob lowers: 1 %, held by bob
	// bob resumes: 1 %
	// carol promotes: 1 %
	//    canary: promote: refused: the candidate has not had its full share yet
}

// With proof the candidate becomes the stable model. The one of before is the way back.
func ExampleCanary_Promote() {
	ctx := context.Background()
	cfg, end := greeter(100)
	defer end()
	cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Margin: 0.2}, criteria.Distribution{Signal: "length", Max: 40, Margin: 0.2}}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	fmt.Println("without proof:", errors.Is(c.Promote(ctx, "alice"), canary.ErrRefused))
	for user := 0; !c.Snapshot().Promotion.Ready; user++ {
		_, _ = c.Predict(ctx, strings.Repeat("x", user%20)+fmt.Sprint(user))
	}
	if err := c.Promote(ctx, "alice"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("in service:", c.Snapshot().Stable)

	c.Rollback(ctx, "alice", "users complain")
	greeting, _ := c.Predict(ctx, "Bob")
	fmt.Println("at once:", greeting)
	// Output:
	// without proof: true
	// in service: casual-2
	// at once: Hello, Bob
}

// A candidate was rolled back; the mended one is begun without a redeploy.
func ExampleCanary_Begin() {
	ctx := context.Background()
	cfg, end := greeter(100)
	defer end()
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()
	c.Rollback(ctx, "alice", "too casual")

	err = c.Begin(ctx, "alice", canary.Model[string, string]{
		Version: "casual-3",
		Predictor: canary.Func(func(_ context.Context, name string) (string, error) {
			return "Hi, " + name, nil
		}),
	})
	if err != nil {
		log.Fatal(err) // the epoch of before goes on
	}
	_, decision, _ := c.Decide(ctx, "Alice")
	fmt.Println(decision)
	// Output: greeter: candidate casual-3 (split, share 95 %, epoch 2)
}

// A heavy model is loaded in the background when it first has a share, and closed a minute after a rollback. Nobody waits for it.
func ExampleModel_load() {
	ctx := context.Background()
	cfg, end := greeter(100)
	defer end()
	loaded := make(chan struct{})
	cfg.OnEvent = func(e canary.Event) {
		if e.Kind == canary.ShareChanged && e.Share > 0 {
			close(loaded)
		}
	}
	cfg.Candidate = canary.Model[string, string]{
		Version: "casual-2",
		Load: func(context.Context) (canary.Predictor[string, string], error) {
			greetings := []string{"Howdy"} // from a file of some gigabytes
			return canary.Func(func(_ context.Context, name string) (string, error) { return greetings[0] + ", " + name, nil }), nil
		},
		Warm: []string{"nobody"},
	}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()
	<-loaded // an application serves meanwhile
	greeting, _ := c.Predict(ctx, "Alice")
	fmt.Println(greeting, "-", c.Snapshot().Model.State)
	// Output: Howdy, Alice - ready
}
