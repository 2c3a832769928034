package canary

import (
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
)

// version of the instrumentation scope.
const version = "0.1.0"

// startTelemetry makes the OpenTelemetry instruments with the application's global meter provider. If that fails the canary goes on without them.
func (c *Canary[In, Out]) startTelemetry(flag string, declared []criteria.Criterion) {
	defer func() {
		if value := recover(); value != nil {
			c.keeper.Emit(keeper.Event{Kind: keeper.TelemetryFailed, Message: fmt.Sprintf("the meter provider panicked with a %T", value)})
		}
	}()
	meter := otel.Meter(telemetry.Scope, metric.WithInstrumentationVersion(version))
	instruments, err := telemetry.New(meter, c.source(flag, declared))
	if err != nil {
		c.keeper.Emit(keeper.Event{Kind: keeper.TelemetryFailed, Message: err.Error()})
		return
	}
	c.instruments = instruments
	c.keeper.Attach(instruments)
}

func (c *Canary[In, Out]) stopTelemetry() {
	defer func() { _ = recover() }()
	if c.instruments != nil {
		_ = c.instruments.Close()
	}
}

// source is what the instruments read.
func (c *Canary[In, Out]) source(flag string, declared []criteria.Criterion) telemetry.Source {
	k := c.keeper
	s := telemetry.Source{
		Name: c.name, FlagKey: flag, ArmNames: []string{Stable.String(), Candidate.String()},
		Recorder: c.recorder, States: keeper.States[:], State: k.StateName,
		Share:          func() float64 { return k.Plan().Share },
		StoreFailures:  k.StoreFailures,
		DroppedEvents:  k.DroppedEvents,
		AbandonedCalls: func() int64 { return int64(k.Abandoned()) },
		Callbacks:      c.callbackPanics,
		Rollbacks:      k.Rollbacks,
		Evaluations: func(yield func(criterion, verdict string, n int64)) {
			k.Evaluations(declared, yield)
		},
		FlagErrors: func(yield func(kind string, n int64)) {
			for kind, n := range k.FlagCounts() {
				if n > 0 && flags.Kind(kind) != flags.OK {
					yield(flags.Kind(kind).String(), int64(n))
				}
			}
		},
	}
	for r := range keeper.NumReasons {
		s.ReasonNames = append(s.ReasonNames, r.String())
		s.FlagReasons = append(s.FlagReasons, r.FlagReason())
	}
	for o := range ledger.NumOutcomes {
		s.OutcomeNames = append(s.OutcomeNames, o.String())
	}
	return s
}

// callbackPanics yields how often each function of the configuration has panicked.
func (c *Canary[In, Out]) callbackPanics(yield func(name string, n int64)) {
	yield("key", c.keyPanics.total.Load())
	for _, f := range c.signals.functions {
		yield(f.key(), f.total.Load())
	}
	for i := range c.slices {
		yield(c.slices[i].function.key(), c.slices[i].function.total.Load())
	}
	yield(c.classes.class.key(), c.classes.class.total.Load())
	yield(c.classes.redaction.key(), c.classes.redaction.total.Load())
}

// functionPanicked notes the panic of a function; when that turns it off, an event says so.
func (c *Canary[In, Out]) functionPanicked(f *function) {
	if f.count() {
		c.keeper.Emit(keeper.Event{Kind: keeper.CallbackFailed, Message: fmt.Sprintf("the function of %s has panicked or ended its goroutine %d times in a row and is not called any more: %s", f, maxPanics, f.loss)})
	}
}
