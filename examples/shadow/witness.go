package main

import (
	"context"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary"
)

// witness stands between the canary and the models, and sees whether promises
// are kept. What it puts into the context of a request no shadow may see: so a
// call with it is a request's.
type witness struct {
	served atomic.Int64 // requests that the candidate was called for
	hold   hold
}

// testimony is what stable said to one request.
type testimony struct {
	answer Label
	err    error
	calls  int
}

type testimonyKey struct{}

// attend returns a context for one request, and where stable's answer to it is
// written.
func (w *witness) attend(ctx context.Context) (context.Context, *testimony) {
	t := new(testimony)
	return context.WithValue(ctx, testimonyKey{}, t), t
}

// stable is the model in service, and writes down what it says to requests.
func (w *witness) stable(model predictor) predictor {
	return canary.Func(func(ctx context.Context, in Text) (Label, error) {
		label, err := model.Predict(ctx, in)
		if t, of := ctx.Value(testimonyKey{}).(*testimony); of {
			t.answer, t.err = label, err
			t.calls++
		}
		return label, err
	})
}

// candidate is the model on trial, and hangs while it is held.
func (w *witness) candidate(model predictor) predictor {
	return canary.Func(func(ctx context.Context, in Text) (Label, error) {
		if ctx.Value(testimonyKey{}) != nil {
			w.served.Add(1)
		}
		w.hold.pass(ctx)
		return model.Predict(ctx, in)
	})
}
