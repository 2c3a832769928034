package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/rollback"
)

// corrected is the signal: a user has said that the answer was wrong.
const corrected = "corrected"

// within is how long a user is waited for.
const within = 100 * minute

type reader = canary.Canary[digits.Image, digits.Digit]

// open starts the canary of the service, with a candidate.
func open(flags *digits.Flags, stable, candidate *digits.Softmax, version string, store rollback.Store, key canary.TokenKey) (*reader, error) {
	return canary.New(canary.Config[digits.Image, digits.Digit]{ //nolint:wrapcheck // it says what it is
		Name:      "digits",
		Stable:    canary.Model[digits.Image, digits.Digit]{Version: digits.StableVersion, Predictor: stable},
		Candidate: canary.Model[digits.Image, digits.Digit]{Version: version, Predictor: candidate},
		Key:       func(_ context.Context, i digits.Image) string { return i.User },
		Flags:     canary.Flags{Client: flags.Client(), Rollout: digits.RolloutFlag},
		Criteria: []criteria.Criterion{
			criteria.Feedback{Signal: corrected, Want: criteria.Lower, Within: within, Clients: true},
			criteria.ErrorRate{},
			criteria.Latency{Tolerance: 0.5, Role: criteria.Observe}, // other programs run on this machine, too
		},
		// Users report from a browser: they decide here, so they must not know which model they speak of.
		Tokens: canary.Tokens{Keys: []canary.TokenKey{key}, Sealed: true},
		Store:  store,
		Logger: slog.New(slog.DiscardHandler),
	})
}

// newKey is what a service would read from where it keeps its secrets.
func newKey() canary.TokenKey {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return canary.TokenKey{ID: "k1", Secret: secret}
}

// closeWithin is how long the end of a service may take.
const closeWithin = 10 * time.Second
