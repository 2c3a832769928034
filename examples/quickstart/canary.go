package main

import (
	"context"
	"log/slog"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// newCanary is all that an application declares: two models, whom an
// assignment sticks to, the flag in a person's hand, what is measured on each
// answer, in what the candidate must not be worse, and where a rollback is
// remembered. From then on it calls the canary where it called its model.
func newCanary(stable predictor, c contest, flags canary.FlagClient, store rollback.Store, tell func(canary.Event)) (*canary.Canary[digits.Image, digits.Digit], error) {
	return canary.New(canary.Config[digits.Image, digits.Digit]{
		Name:      "digits",
		Stable:    canary.Model[digits.Image, digits.Digit]{Version: digits.StableVersion, Predictor: stable},
		Candidate: canary.Model[digits.Image, digits.Digit]{Version: c.Version, Predictor: c.model},
		Key:       func(_ context.Context, in digits.Image) string { return in.User },
		Flags:     canary.Flags{Client: flags, Rollout: digits.RolloutFlag},
		Signals: canary.Signals[digits.Image, digits.Digit]{
			Numbers: canary.Numbers[digits.Image, digits.Digit]{"confidence": func(_ digits.Image, d digits.Digit) float64 { return d.Confidence }},
			Labels:  canary.Labels[digits.Image, digits.Digit]{"digit": func(_ digits.Image, d digits.Digit) string { return d.Label() }},
		},
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{},                        // fails at most 10 % more often, the default
			criteria.Latency{Tolerance: 0.2},            // at most 20 % slower, at any quantile
			criteria.Distribution{Signal: "confidence"}, // neither surer nor less sure
			criteria.Categories{Signal: "digit"},        // no digit more often or less often
		},
		Store:   store,
		OnEvent: tell,
		Logger:  slog.New(slog.DiscardHandler), // tell prints them
	})
}
