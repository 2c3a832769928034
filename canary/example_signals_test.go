package canary_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// Sentiment is an answer that measures itself.
type Sentiment struct {
	score float64
}

// Confidence is how sure the model is, in [0, 1].
func (s Sentiment) Confidence() float64 { return max(s.score, 1-s.score) }

// Label is the class.
func (s Sentiment) Label() string {
	if s.score > 0.5 {
		return "positive"
	}
	return "negative"
}

// With no signals given they come from the answer: its Confidence and Label methods, its length, its value.
func ExampleSignals_derived() {
	ctx := context.Background()
	client, end := flagClient(50)
	defer end()
	sure := canary.Func(func(context.Context, string) (Sentiment, error) { return Sentiment{score: 0.9}, nil })
	unsure := canary.Func(func(context.Context, string) (Sentiment, error) { return Sentiment{score: 0.6}, nil })

	c, err := canary.New(canary.Config[string, Sentiment]{
		Name:      "sentiment",
		Stable:    canary.Model[string, Sentiment]{Version: "1", Predictor: sure},
		Candidate: canary.Model[string, Sentiment]{Version: "2", Predictor: unsure},
		Flags:     canary.Flags{Client: client, Rollout: "rollout"},
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{},
			criteria.Distribution{Signal: "confidence"},
			criteria.Categories{Signal: "label"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	answer, err := c.Predict(ctx, "what a day")
	fmt.Println(answer.Label(), err)
	for _, v := range c.Snapshot().Verdicts {
		fmt.Println(v.Criterion)
	}
	// Output:
	// positive <nil>
	// error_rate at most 1.1 x stable's
	// distribution(confidence) above and below every quantile at most 1.1 x stable's
	// categories(label) with and without every label at most 1.1 x stable's
	// backstop: at most 20 % of candidate calls rescued by stable
}

// Reply is the answer of an assistant.
type Reply struct {
	Text    string
	Sources []string
	Stopped string // why it ended: "end", "length"
}

// assistant is the configuration of a canary of two assistants, and what ends its flags.
func assistant() (cfg canary.Config[string, Reply], end func()) {
	client, end := flagClient(0)
	answer := canary.Func(func(_ context.Context, question string) (Reply, error) {
		if question == "" {
			return Reply{Stopped: "length"}, nil
		}
		return Reply{Text: "42", Sources: []string{"guide"}, Stopped: "end"}, nil
	})
	return canary.Config[string, Reply]{
		Name:      "assistant",
		Stable:    canary.Model[string, Reply]{Version: "1", Predictor: answer},
		Candidate: canary.Model[string, Reply]{Version: "2", Predictor: answer},
		Flags:     canary.Flags{Client: client, Rollout: "rollout"},
		Criteria:  []criteria.Criterion{criteria.ErrorRate{}},
		// Nothing looks at the answers in these examples, so that each shows one thing.
		OperationalOnly: true,
	}, end
}

// Checks are questions to each answer. One that panics is counted, and costs the caller nothing.
func ExampleChecks() {
	ctx := context.Background()
	cfg, end := assistant()
	defer end()
	cfg.Signals.Checks = canary.Checks[string, Reply]{
		"completed":    func(_ string, r Reply) bool { return r.Stopped == "end" },
		"first_source": func(_ string, r Reply) bool { return r.Sources[0] == "guide" },
	}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	for _, question := range []string{"what is the answer?", ""} {
		reply, err := c.Predict(ctx, question)
		fmt.Printf("%q %v\n", reply.Text, err)
	}
	fmt.Println(c.Snapshot().CallbackPanics)
	// Output:
	// "42" <nil>
	// "" <nil>
	// map[check:first_source:1]
}

// An answer that Validate refuses is served all the same, and the other functions need not cope with it.
func ExampleSignals_validate() {
	ctx := context.Background()
	cfg, end := assistant()
	defer end()
	cfg.Signals.Checks = canary.Checks[string, Reply]{
		"first_source": func(_ string, r Reply) bool { return r.Sources[0] == "guide" },
	}
	cfg.Signals.Validate = func(_ string, r Reply) error {
		if len(r.Sources) == 0 {
			return errors.New("no sources")
		}
		return nil
	}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	reply, err := c.Predict(ctx, "")
	fmt.Printf("%q %v\n", reply.Text, err)
	fmt.Println(c.Snapshot().CallbackPanics)
	// Output:
	// "" <nil>
	// map[]
}

// Slices are of the request alone. With CarveOut a country in which the candidate is worse goes back to stable while the others go on.
func ExampleSlices() {
	ctx := context.Background()
	type query struct{ country, text string }
	client, end := flagClient(10)
	defer end()
	search := canary.Func(func(_ context.Context, q query) (string, error) { return "results for " + q.text, nil })
	c, err := canary.New(canary.Config[query, string]{
		Name:      "search",
		Stable:    canary.Model[query, string]{Version: "1", Predictor: search},
		Candidate: canary.Model[query, string]{Version: "2", Predictor: search},
		Flags:     canary.Flags{Client: client, Rollout: "rollout"},
		Signals: canary.Signals[query, string]{
			Slices: canary.Slices[query]{"country": func(q query) string { return q.country }},
		},
		SliceAction: criteria.CarveOut,
		Criteria:    []criteria.Criterion{criteria.ErrorRate{}, criteria.Distribution{Signal: "length", Max: 100}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	fmt.Println(c.Predict(ctx, query{country: "NZ", text: "kiwi"}))
	fmt.Println("carved:", len(c.Snapshot().Carved))
	// Output:
	// results for kiwi <nil>
	// carved: 0
}

// Errors are sorted into few classes with names of the application's; what it has no name for is in its default class.
func ExampleConfig_failureClass() {
	ctx := context.Background()
	errQuota := errors.New("quota exceeded")
	cfg, end := assistant()
	defer end()
	cfg.Stable.Predictor = canary.Func(func(context.Context, string) (Reply, error) {
		return Reply{}, fmt.Errorf("tenant 17: %w", errQuota)
	})
	var seen string
	cfg.FailureClass = func(err error) string {
		if errors.Is(err, errQuota) {
			seen = "quota"
			return seen
		}
		return "" // the type of the error, say *net.OpError
	}
	// Error texts may be shown without what follows the name of a tenant.
	cfg.Redact = func(text string) string { return strings.TrimPrefix(text, "tenant 17: ") }
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = c.Shutdown(ctx) }()

	_, err = c.Predict(ctx, "what is the answer?")
	fmt.Println(err)
	fmt.Println("class:", seen)
	// Output:
	// tenant 17: quota exceeded
	// class: quota
}
