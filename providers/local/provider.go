package local

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/open-feature/go-sdk/openfeature"
)

const providerName = "modelcanary-local"

var (
	_ openfeature.FeatureProvider          = (*Provider)(nil)
	_ openfeature.ContextAwareStateHandler = (*Provider)(nil)
	_ openfeature.EventHandler             = (*Provider)(nil)
)

// Provider is an OpenFeature provider that holds its flags in the process.
//
// All methods are safe for concurrent use, and evaluations never wait for writers. The zero value is an empty in-memory
// provider, the same as [New] returns. A Provider must not be copied.
type Provider struct {
	table  atomic.Pointer[table] // replaced as a whole, never written in place
	events mailbox

	mu   sync.Mutex // one writer at a time; guards file.err and file.stale
	file *file      // nil: in memory

	life sync.Mutex // guards run
	run  *run       // the latest watcher, nil before the first Init
}

// table holds flags by key. It is immutable once published.
type table map[string]*flag

// New returns an in-memory provider without flags; [Provider.Set] adds them. It starts no goroutine.
func New() *Provider { return &Provider{} }

// Metadata names the provider for telemetry: "modelcanary-local".
func (p *Provider) Metadata() openfeature.Metadata {
	return openfeature.Metadata{Name: providerName}
}

// Hooks returns none.
func (p *Provider) Hooks() []openfeature.Hook { return nil }

// BooleanEvaluation resolves a boolean flag. Failures are in the detail, with defaultValue as the value.
func (p *Provider) BooleanEvaluation(_ context.Context, key string, defaultValue bool, flat openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return resolve(p.flags(), key, defaultValue, flat, value.asBool, "a boolean")
}

// StringEvaluation resolves a string flag. Failures are in the detail, with defaultValue as the value.
func (p *Provider) StringEvaluation(_ context.Context, key string, defaultValue string, flat openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return resolve(p.flags(), key, defaultValue, flat, value.asString, "a string")
}

// FloatEvaluation resolves a number flag. Failures are in the detail, with defaultValue as the value.
func (p *Provider) FloatEvaluation(_ context.Context, key string, defaultValue float64, flat openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return resolve(p.flags(), key, defaultValue, flat, value.asFloat, "a number")
}

// IntEvaluation resolves a number flag whose value is whole and fits an int64; any other number is a TYPE_MISMATCH,
// never rounded. Failures are in the detail, with defaultValue as the value.
func (p *Provider) IntEvaluation(_ context.Context, key string, defaultValue int64, flat openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return resolve(p.flags(), key, defaultValue, flat, value.asInt, "a whole number")
}

// ObjectEvaluation resolves an object flag. A map[string]any or []any is a copy that the caller may change; any other
// Go value is handed out as it was set. Failures are in the detail, with defaultValue as the value.
func (p *Provider) ObjectEvaluation(_ context.Context, key string, defaultValue any, flat openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	return resolve(p.flags(), key, defaultValue, flat, value.asObject, "an object")
}

// EventChannel delivers changes of flags and of the provider's health; the OpenFeature SDK reads it.
//
// PROVIDER_CONFIGURATION_CHANGED carries the sorted keys of the flags that were added, altered or removed.
// Nobody has to read: at most two events wait here, later changes are merged into them and no key is lost. Beyond 65536 waiting keys
// the list is empty, which in OpenFeature means that any flag may have changed. The channel is never closed.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.events.channel() }

func (p *Provider) flags() table {
	if t := p.table.Load(); t != nil {
		return *t
	}
	return nil
}
