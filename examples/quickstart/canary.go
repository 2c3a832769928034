package main

import (
	"context"
	"log/slog"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// newCanary is all that an application declares: two models, whom an
// assignment sticks to, the flag in a person's hand, what is measured on each
// answer, in what the candidate must not be worse, and where a rollback is
// remembered. From then on it calls the canary where it called its model.
func newCanary(stable predictor, c contest, flags canary.FlagClient, store rollback.Store, tell func(canary.Event)) (*canary.Canary[Image, Digit], error) {
	return canary.New(canary.Config[Image, Digit]{
		Name:      "digits",
		Stable:    canary.Model[Image, Digit]{Version: stableVersion, Predictor: stable},
		Candidate: canary.Model[Image, Digit]{Version: c.Version, Predictor: c.model},
		Key:       func(_ context.Context, in Image) string { return in.User },
		Flags:     canary.Flags{Client: flags, Rollout: rolloutFlag},
		Signals: canary.Signals[Image, Digit]{
			Numbers: canary.Numbers[Image, Digit]{"confidence": func(_ Image, d Digit) float64 { return d.Confidence }},
			Labels:  canary.Labels[Image, Digit]{"digit": func(_ Image, d Digit) string { return d.Label() }},
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
