package flags

import "github.com/open-feature/go-sdk/openfeature"

// events are the hints: after any of them the flag may read differently.
var events = [...]openfeature.EventType{
	openfeature.ProviderConfigChange,
	openfeature.ProviderReady,
	openfeature.ProviderError,
	openfeature.ProviderStale,
}

// listen registers the handlers, waits for the end and removes them. It has a goroutine of its own because the SDK
// guards its handlers by a lock that a stranger's handler may hold for as long as it likes.
func (r *Reader) listen() {
	defer close(r.listened)
	hint := r.hint
	defer r.each(func(event openfeature.EventType) { r.cfg.Client.RemoveHandler(event, &hint) })
	r.each(func(event openfeature.EventType) { r.cfg.Client.AddHandler(event, &hint) })
	<-r.stop
}

// each calls f with every event. Where the client panics there are no hints, but still the poll.
func (r *Reader) each(f func(openfeature.EventType)) {
	for _, event := range events {
		r.guard(Panic, func() { f(event) })
	}
}

// hint asks for an evaluation soon. The SDK may call it under its lock, and in any order: so it never waits, and looks
// at nothing.
func (r *Reader) hint(openfeature.EventDetails) {
	select {
	case r.hints <- struct{}{}:
	default: // one is waiting already, and will read what is true by then
	}
}

// guard calls f and counts its panic as kind instead of letting it end the process.
func (r *Reader) guard(kind Kind, f func()) {
	defer func() {
		if recover() != nil {
			r.counts[kind].Add(1)
		}
	}()
	f()
}
