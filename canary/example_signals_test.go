package canary_test

import (
	"context"
	"fmt"
	"log"

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
