package tracking

import (
	"errors"

	"github.com/open-feature/go-sdk/openfeature"
)

// Wrap returns a provider that does what the given one does, and whose Track is also feedback for the sink.
//
// The result is an [openfeature.Tracker]. It is a StateHandler, a ContextAwareStateHandler or an EventHandler if and only if the given one is: the SDK asks for
// them by type assertion, and one too many or too few would change when a provider counts as ready. Give the result to the SDK instead of the given provider, not
// beside it; its life is that of the given one. It is as safe for concurrent use as the given one and the sink are.
//
// A panic of the sink is an error (see [OnError]); one of the given provider goes to the application as it always did. Wrap fails without a provider or a sink,
// and for a bad option, with all problems at once.
func Wrap(given openfeature.FeatureProvider, sink Sink, options ...Option) (openfeature.FeatureProvider, error) {
	p := &provider{FeatureProvider: given, sink: sink}
	var errs []error
	if given == nil {
		errs = append(errs, errors.New("tracking: the provider is nil"))
	}
	if sink == nil {
		errs = append(errs, errors.New("tracking: the sink is nil"))
	}
	for _, option := range options {
		errs = append(errs, option(p))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.tracker, _ = given.(openfeature.Tracker)
	return p.dress(), nil
}

// One type for each set of optional interfaces. The SDK tells providers apart by pointer, so pointers they are.
type (
	withState struct {
		*provider
		openfeature.StateHandler
	}
	withContextState struct {
		*provider
		openfeature.ContextAwareStateHandler
	}
	withEvents struct {
		*provider
		openfeature.EventHandler
	}
	withStateAndEvents struct {
		*provider
		openfeature.StateHandler
		openfeature.EventHandler
	}
	withContextStateAndEvents struct {
		*provider
		openfeature.ContextAwareStateHandler
		openfeature.EventHandler
	}
)

// dress gives p the optional interfaces of the provider it wraps.
func (p *provider) dress() openfeature.FeatureProvider {
	contextState, isContextState := p.FeatureProvider.(openfeature.ContextAwareStateHandler)
	state, isState := p.FeatureProvider.(openfeature.StateHandler)
	events, isEvents := p.FeatureProvider.(openfeature.EventHandler)
	switch {
	case isContextState && isEvents:
		return &withContextStateAndEvents{p, contextState, events}
	case isContextState:
		return &withContextState{p, contextState}
	case isState && isEvents:
		return &withStateAndEvents{p, state, events}
	case isState:
		return &withState{p, state}
	case isEvents:
		return &withEvents{p, events}
	}
	return p
}
