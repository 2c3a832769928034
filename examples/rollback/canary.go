package main

import (
	"log/slog"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/rollback"
)

// model and candidate are what the canary wraps.
type (
	model     = canary.Model[digits.Image, digits.Digit]
	twoModels = canary.Canary[digits.Image, digits.Digit]
)

// ramp is how a candidate climbs when the flag lets it: the steps of a week,
// in seconds, so that they can be watched.
var ramp = rollback.Ramp{
	Steps: []float64{0.05, 0.5, 1},
	Soak:  500 * time.Millisecond, // in production: a day, to see its cycle
	Bake:  500 * time.Millisecond,
	Auto:  true, // with proof, nobody has to be asked
}

// newCanary is all that an application declares. There is no key: a digit is
// a digit whoever sends it, so each request is assigned by itself, and a
// process that starts again learns from its first request on.
func newCanary(stable, candidate model, flags canary.FlagClient, store rollback.Store, tell func(canary.Event)) (*twoModels, error) {
	return canary.New(canary.Config[digits.Image, digits.Digit]{
		Name:      "digits",
		Stable:    stable,
		Candidate: candidate,
		Flags:     canary.Flags{Client: flags, Rollout: digits.RolloutFlag},
		Signals: canary.Signals[digits.Image, digits.Digit]{
			Numbers: canary.Numbers[digits.Image, digits.Digit]{"confidence": func(_ digits.Image, d digits.Digit) float64 { return d.Confidence }},
			Labels:  canary.Labels[digits.Image, digits.Digit]{"digit": func(_ digits.Image, d digits.Digit) string { return d.Label() }},
		},
		Criteria: []criteria.Criterion{
			criteria.ErrorRate{Margin: 0.05},                          // fails no more often
			criteria.Distribution{Signal: "confidence", Margin: 0.15}, // neither surer nor less sure
			criteria.Categories{Signal: "digit", Margin: 0.15},        // no digit more often or less often
		},
		Ramp:    ramp,
		Store:   store,
		OnEvent: tell,
		Logger:  slog.New(slog.DiscardHandler), // tell prints them
	})
}
