package canary_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// Text is what users send, Label what the models answer.
type (
	Text struct {
		UserID, Body string
	}
	Label struct {
		Code       string
		Confidence float64
	}
)

// The model in service knows a few words of each language.
var trigram = canary.Func(func(_ context.Context, t Text) (Label, error) {
	if strings.Contains(t.Body, "the") {
		return Label{Code: "en", Confidence: 0.8}, nil
	}
	return Label{Code: "fr", Confidence: 0.6}, nil
})

// The model on trial knows more, it says.
var ngram = canary.Func(func(_ context.Context, t Text) (Label, error) {
	if strings.Contains(t.Body, "the") {
		return Label{Code: "en", Confidence: 0.9}, nil
	}
	return Label{Code: "fr", Confidence: 0.9}, nil
})

// Two language detectors behind one Predict: the new one gets the share that the flag says, and is gone when it turns out worse.
func Example() {
	ctx := context.Background()

	// Flags: any OpenFeature provider. This one keeps them in memory.
	percent := local.New()
	if err := percent.Set("langdetect-rollout", 100); err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, percent); err != nil {
		log.Fatal(err)
	}
	defer func() { _ = api.Shutdown(ctx) }()

	// State: what a restart must not forget.
	dir, err := os.MkdirTemp("", "canary")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := rollback.OpenFile(filepath.Join(dir, "langdetect.state"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()

	langdetect, err := canary.New(canary.Config[Text, Label]{
		Name:      "langdetect",
		Stable:    canary.Model[Text, Label]{Version: "trigram-1", Predictor: trigram},
		Candidate: canary.Model[Text, Label]{Version: "ngram-2", Predictor: ngram},
		Key:       func(_ context.Context, t Text) string { return t.UserID },
		Flags:     canary.Flags{Client: api.NewClient(), Rollout: "langdetect-rollout"},
		Signals: canary.Signals[Text, Label]{
			Numbers: canary.Numbers[Text, Label]{"confidence": func(_ Text, l Label) float64 { return l.Confidence }},
			Labels:  canary.Labels[Text, Label]{"language": func(_ Text, l Label) string { return l.Code }},
		},
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{},                                         // at most 10 % more errors, the default
			criteria.Latency{Tolerance: 0.2},                             // no quantile more than 20 % slower
			criteria.Distribution{Signal: "confidence"},                  // the scores must not shift
			criteria.Categories{Signal: "language", Role: criteria.Hold}, // holds the share, does not roll back
		},
		Ramp:  rollback.Ramp{Steps: []float64{0.01, 0.05, 0.25, 1}, Soak: 10 * time.Minute, Auto: true}, // never faster than proof
		Store: store,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = langdetect.Shutdown(ctx) }()

	label, err := langdetect.Predict(ctx, Text{UserID: "alice", Body: "the quick brown fox"}) // the caller's old line
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(label.Code)
	// Output: en
}
