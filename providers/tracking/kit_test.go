package tracking_test

import (
	"context"
	"sync"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/modelcanary/go-sdk/providers/tracking"
)

// feedback is one call of a sink.
type feedback struct {
	token, signal string
	value         float64
}

// book is a sink that notes what it is given and answers with err.
type book struct {
	err error

	mu    sync.Mutex
	calls []feedback
}

func (b *book) Feedback(_ context.Context, token, signal string, value float64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, feedback{token, signal, value})
	return b.err
}

type sinkFunc func(ctx context.Context, token, signal string, value float64) error

func (f sinkFunc) Feedback(ctx context.Context, token, signal string, value float64) error {
	return f(ctx, token, signal, value)
}

// calls are what a test provider was asked to do.
type calls struct{ log []string }

func (c *calls) note(what string) { c.log = append(c.log, what) }

// The parts of which test providers are put together; they share their calls.
type (
	bare         struct{ openfeature.FeatureProvider } // an interface, without the Track of what is in it
	tracker      struct{ *calls }
	state        struct{ *calls }
	contextState struct{ state }
	events       struct{ ch chan openfeature.Event }
)

func newBare() bare { return bare{openfeature.NoopProvider{}} }

func (bare) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: "bare"} }

func (bare) Hooks() []openfeature.Hook { return []openfeature.Hook{openfeature.UnimplementedHook{}} }

func (t tracker) Track(_ context.Context, name string, _ openfeature.EvaluationContext, _ openfeature.TrackingEventDetails) {
	t.note("track " + name)
}

func (s state) Init(openfeature.EvaluationContext) error { s.note("init"); return nil }

func (s state) Shutdown() { s.note("shutdown") }

func (c contextState) InitWithContext(context.Context, openfeature.EvaluationContext) error {
	c.note("init with context")
	return nil
}

func (c contextState) ShutdownWithContext(context.Context) error {
	c.note("shutdown with context")
	return nil
}

func (e events) EventChannel() <-chan openfeature.Event { return e.ch }

func details(value float64, token any) openfeature.TrackingEventDetails {
	return openfeature.NewTrackingEventDetails(value).Add(tracking.TokenAttribute, token)
}
