package tracking

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
)

// TokenAttribute is the attribute of a tracking event that carries the token of a decision, a text.
const TokenAttribute = "model_canary.token"

// Sink takes feedback; a canary is one. It is called on the goroutine that tracks, by many at once, and before the wrapped provider sees the event.
type Sink interface {
	Feedback(ctx context.Context, token, signal string, value float64) error
}

// Option changes what a wrapped provider does.
type Option func(*provider) error

// OnError has f told of feedback that did not arrive: the sink's error, its panic, or an attribute [TokenAttribute] that is no text. By default nobody is told; a
// canary counts what it refuses in any case. f is called on the goroutine that tracks, by many at once, and a panic of f ends there.
func OnError(f func(ctx context.Context, signal string, err error)) Option {
	return func(p *provider) error {
		if f == nil {
			return errors.New("tracking: the function of OnError is nil")
		}
		p.onError = f
		return nil
	}
}

// FromContext hands events without a token to the sink, too, with "" for the token: for sinks that find the decision in the context. Such a sink is asked about
// every event that the application tracks.
func FromContext() Option {
	return func(p *provider) error {
		p.fromContext = true
		return nil
	}
}

// provider is a provider whose Track is also heard by a sink. What it does not say itself, the embedded one says.
type provider struct {
	openfeature.FeatureProvider
	tracker     openfeature.Tracker // the same as a tracker, nil if it is none
	sink        Sink
	fromContext bool
	onError     func(ctx context.Context, signal string, err error)
}

// Track hands the event to the sink if it has a token, and without the token to the wrapped provider.
func (p *provider) Track(ctx context.Context, name string, evalCtx openfeature.EvaluationContext, details openfeature.TrackingEventDetails) {
	attribute := details.Attribute(TokenAttribute)
	p.feedback(ctx, attribute, name, details.Value())
	if p.tracker == nil {
		return
	}
	if attribute != nil {
		details = withoutToken(details)
	}
	p.tracker.Track(ctx, name, evalCtx, details)
}

func (p *provider) feedback(ctx context.Context, attribute any, signal string, value float64) {
	token, isText := attribute.(string)
	switch {
	case attribute != nil && !isText:
		p.report(ctx, signal, fmt.Errorf("tracking: attribute %s of event %.80q is of type %T, not a text", TokenAttribute, signal, attribute))
	case token != "" || p.fromContext:
		if err := p.ask(ctx, token, signal, value); err != nil {
			p.report(ctx, signal, err)
		}
	}
}

// ask calls the sink; a panic is an error.
func (p *provider) ask(ctx context.Context, token, signal string, value float64) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("tracking: the sink panicked: %v", v)
		}
	}()
	return p.sink.Feedback(ctx, token, signal, value)
}

func (p *provider) report(ctx context.Context, signal string, err error) {
	if p.onError == nil {
		return
	}
	defer func() { _ = recover() }() // the application tracks; it did not ask for our errors here
	p.onError(ctx, signal, err)
}

// withoutToken is a copy; what the application holds is not touched.
func withoutToken(details openfeature.TrackingEventDetails) openfeature.TrackingEventDetails {
	rest := openfeature.NewTrackingEventDetails(details.Value())
	for key, value := range details.Attributes() {
		if key != TokenAttribute {
			rest.Add(key, value)
		}
	}
	return rest
}
