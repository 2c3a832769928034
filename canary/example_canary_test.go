package canary_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// flagClient is an OpenFeature client with the flag "rollout" at a percentage, and what ends it.
func flagClient(percent float64) (client *openfeature.Client, end func()) {
	ctx := context.Background()
	flags := local.New()
	if err := flags.Set("rollout", percent); err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, flags); err != nil {
		log.Fatal(err)
	}
	return api.NewClient(), func() { _ = api.Shutdown(ctx) }
}

// greeter is the configuration of a canary of two models that greet, and what ends its flags.
func greeter(percent float64) (cfg canary.Config[string, string], end func()) {
	client, end := flagClient(percent)
	hello := canary.Func(func(_ context.Context, name string) (string, error) { return "Hello, " + name, nil })
	howdy := canary.Func(func(_ context.Context, name string) (string, error) { return "Howdy, " + name, nil })
	return canary.Config[string, string]{
		Name:      "greeter",
		Stable:    canary.Model[string, string]{Version: "formal-1", Predictor: hello},
		Candidate: canary.Model[string, string]{Version: "casual-2", Predictor: howdy},
		Key:       func(_ context.Context, name string) string { return name },
		Flags:     canary.Flags{Client: client, Rollout: "rollout"},
		Criteria:  []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "length", Max: 40}},
		Store:     rollback.NewMemory(),
	}, end
}

// Decide is Predict that says which model answered, and why.
func ExampleCanary_Decide() {
	ctx := context.Background()
	cfg, end := greeter(50)
	defer end()
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	for _, name := range []string{"Alice", "Bob", "Carol", "Alice"} {
		greeting, decision, err := c.Decide(ctx, name)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%-14s %v\n", greeting, decision)
	}
	// Output:
	// Howdy, Alice   greeter: candidate casual-2 (split, share 50 %, epoch 1)
	// Howdy, Bob     greeter: candidate casual-2 (split, share 50 %, epoch 1)
	// Hello, Carol   greeter: stable formal-1 (split, share 50 %, epoch 1)
	// Howdy, Alice   greeter: candidate casual-2 (split, share 50 %, epoch 1)
}

// A person takes the candidate out. The next request is stable's, and so is every one after a restart.
func ExampleCanary_Rollback() {
	ctx := context.Background()
	store := rollback.NewMemory() // in production: rollback.OpenFile
	cfg, end := greeter(100)
	defer end()
	cfg.Store = store

	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	before, _ := c.Predict(ctx, "Alice")
	if err := c.Rollback(ctx, "bob@example.org", "too casual").Err; err != nil {
		log.Fatal(err) // out all the same, but not stored durably yet
	}
	after, _ := c.Predict(ctx, "Alice")
	fmt.Println(before)
	fmt.Println(after)
	if err := c.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}

	c, err = canary.New(cfg) // the next process
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()
	_, decision, _ := c.Decide(ctx, "Alice")
	fmt.Println(decision)
	// Output:
	// Howdy, Alice
	// Hello, Alice
	// greeter: stable formal-1 (rolled_back, share 0 %, epoch 1)
}

// Snapshot answers what a person asks at three in the morning.
func ExampleCanary_Snapshot() {
	ctx := context.Background()
	cfg, end := greeter(5)
	defer end()
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 1000 {
		if _, err := c.Predict(ctx, fmt.Sprintf("user %d", i)); err != nil {
			log.Fatal(err)
		}
	}
	if err := c.Shutdown(ctx); err != nil { // so that the last request is in the counts
		log.Fatal(err)
	}

	s := c.Snapshot()
	fmt.Printf("%s, epoch %d, %s\n", s.Canary, s.State.Epoch, s.State.Stage)
	for _, arm := range []canary.Arm{canary.Stable, canary.Candidate} {
		fmt.Printf("%v: %d calls, failures %v\n", arm, s.Requests[arm].Calls, s.Requests[arm].Failed)
	}
	for _, v := range s.Verdicts {
		fmt.Printf("%s: %v\n", v.Name, v.Result)
	}
	// Output:
	// greeter, epoch 1, ramping
	// stable: 948 calls, failures map[]
	// candidate: 52 calls, failures map[]
	// error_rate: no evidence
	// distribution(length): no evidence
	// backstop: no evidence
}

// Shutdown bounds its wait by the context, and leaves the canary a plain stable model.
func ExampleCanary_Shutdown() {
	ctx := context.Background()
	cfg, end := greeter(100)
	defer end()
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Shutdown(ctx))
	fmt.Println(c.Predict(ctx, "Alice"))
	// Output:
	// <nil>
	// Hello, Alice <nil>
}

// Func makes a predictor of a function; the types are inferred.
func ExampleFunc() {
	length := canary.Func(func(_ context.Context, text string) (int, error) {
		if text == "" {
			return 0, errors.New("nothing to measure")
		}
		return len(text), nil
	})
	fmt.Println(length.Predict(context.Background(), "four"))
	fmt.Println(length.Predict(context.Background(), ""))
	// Output:
	// 4 <nil>
	// 0 nothing to measure
}

// OnEvent hears of what a person may want to know. Events print themselves.
func ExampleConfig_onEvent() {
	ctx := context.Background()
	cfg, end := greeter(5)
	defer end()
	cfg.OnEvent = func(e canary.Event) { fmt.Println(e) }

	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Rollback(ctx, "bob@example.org", "too casual").Err; err != nil {
		log.Fatal(err)
	}
	if err := c.Shutdown(ctx); err != nil { // delivers what waits
		log.Fatal(err)
	}
	// Output:
	// greeter: state_missing: no stored state: a first start
	// greeter: share_changed: share 0 % -> 5 %
	// greeter: rolled_back: too casual (by bob@example.org)
}

// Everything that is wrong with a configuration is said at once.
func ExampleConfigError() {
	cfg, end := greeter(5)
	defer end()
	cfg.Name = "Greeter"
	cfg.Candidate.Version = cfg.Stable.Version
	cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "lenght"}}

	_, err := canary.New(cfg)
	fmt.Println(err)

	if problem, ok := errors.AsType[*canary.ConfigError](err); ok {
		fmt.Println("first:", problem.Field)
	}
	// Output:
	// canary: Name: "Greeter" is not 1 to 64 of a-z, 0-9, '.', '_', '-'
	// canary: Candidate.Version: "formal-1" is stable's version too; the versions must differ
	// canary: Criteria: distribution(lenght): unknown number signal "lenght", declared are ["length"]
	// first: Name
}

// Stable is compared with itself first: what differs then is noise, and our own overhead.
func ExamplePreflight() {
	ctx := context.Background()
	client, end := flagClient(5)
	defer end()
	passed := make(chan struct{})
	c, err := canary.New(canary.Config[string, string]{
		Name:      "echo",
		Stable:    canary.Model[string, string]{Version: "1", Predictor: canary.Func(func(_ context.Context, in string) (string, error) { return in, nil })},
		Candidate: canary.Model[string, string]{Version: "2", Predictor: canary.Func(func(_ context.Context, in string) (string, error) { return in + "!", nil })},
		Flags:     canary.Flags{Client: client, Rollout: "rollout"},
		Criteria:  []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "length", Max: 100}},
		Preflight: 1000,
		OnEvent: func(e canary.Event) {
			if e.Kind == canary.PreflightPassed {
				close(passed)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	exclaimed := false
	for range 1000 {
		answer, _ := c.Predict(ctx, "hello")
		exclaimed = exclaimed || answer != "hello"
	}
	<-passed
	p := c.Snapshot().Preflight
	fmt.Println(p.Stage, p.Requests, exclaimed)
	// Output: passed 1000 false
}
