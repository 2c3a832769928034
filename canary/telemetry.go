package canary

import (
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
)

// version of the instrumentation scope.
const version = "0.1.0"

// startTelemetry makes the OpenTelemetry instruments with the application's global meter provider. If that fails the canary goes on without them.
func (c *Canary[In, Out]) startTelemetry() {
	defer func() {
		if value := recover(); value != nil {
			c.herald.Tell(keeper.Event{Kind: keeper.TelemetryFailed, Message: fmt.Sprintf("the meter provider panicked with a %T", value)})
		}
	}()
	meter := otel.Meter(telemetry.Scope, metric.WithInstrumentationVersion(version))
	instruments, err := telemetry.New(meter, c.source())
	if err != nil {
		c.herald.Tell(keeper.Event{Kind: keeper.TelemetryFailed, Message: err.Error()})
		return
	}
	c.instruments = instruments
	c.herald.Attach(instruments)
}

func (c *Canary[In, Out]) stopTelemetry() {
	defer func() { _ = recover() }()
	if c.instruments != nil {
		_ = c.instruments.Close()
	}
}

// source is what the instruments read.
func (c *Canary[In, Out]) source() telemetry.Source {
	one := func(name string) func() int64 {
		return func() (n int64) {
			c.books.total(name, func(_, _ string, m int64) { n += m })
			return n
		}
	}
	first := func(name string) func(func(string, int64)) {
		return func(yield func(string, int64)) {
			c.books.total(name, func(word, _ string, n int64) { yield(word, n) })
		}
	}
	both := func(name string) func(func(string, string, int64)) {
		return func(yield func(string, string, int64)) { c.books.total(name, yield) }
	}
	s := telemetry.Source{
		Name: c.cfg.Name, FlagKey: c.cfg.Flags.Rollout, ArmNames: []string{Stable.String(), Candidate.String()},
		Records: &c.books.records, States: keeper.States[:],
		State:          func() string { return c.current.Load().keeper.StateName() },
		Share:          func() float64 { return c.current.Load().keeper.Plan().Share },
		DroppedEvents:  c.herald.Dropped,
		StoreFailures:  one("store"),
		AuditFailures:  one("audit"),
		AbandonedCalls: c.books.abandoned,
		Undurable:      func() bool { return !c.current.Load().keeper.Durable() },
		Callbacks:      first("callback"), FlagErrors: both("flag"),
		Shadowed: c.cfg.wantsShadow(), Shadows: &c.books.shadows, ShadowComparisons: first("comparison"), ShadowDrops: first("shadow"),
		ShadowLogDrops: func(yield func(string, int64)) {
			for reason, n := range logCounts(c.cfg.Shadow.Log).Dropped {
				yield(reason, n)
			}
		},
		ShadowRunning: c.books.shadowing,
		Feedback:      c.reception.taken, FeedbackRefused: c.reception.refusals,
		Rollbacks: both("rollback"), Evaluations: both("evaluation"),
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

// counters are the kinds of counts that an epoch has beside those of requests.
func counters[In, Out any]() map[string]counter[In, Out] {
	return map[string]counter[In, Out]{
		"store":      func(e *epoch[In, Out], add func(a, b string, n int64)) { add("", "", e.keeper.StoreFailures()) },
		"audit":      func(e *epoch[In, Out], add func(a, b string, n int64)) { add("", "", e.keeper.AuditFailures()) },
		"rollback":   func(e *epoch[In, Out], add func(a, b string, n int64)) { e.keeper.Rollbacks(add) },
		"evaluation": func(e *epoch[In, Out], add func(a, b string, n int64)) { e.keeper.Evaluations(e.judged.Criteria, add) },
		"callback": func(e *epoch[In, Out], add func(a, b string, n int64)) {
			e.callbackPanics(func(name string, n int64) { add(name, "", n) })
		},
		"flag": func(e *epoch[In, Out], add func(a, b string, n int64)) {
			e.keeper.FlagCounts(func(flag string, counts flags.Counts) {
				for kind, n := range counts {
					if n > 0 && flags.Kind(kind) != flags.OK {
						add(flags.Kind(kind).String(), flag, int64(n))
					}
				}
			})
		},
		"comparison": func(e *epoch[In, Out], add func(a, b string, n int64)) { e.shade.comparisons(add) },
		"shadow":     func(e *epoch[In, Out], add func(a, b string, n int64)) { e.shade.drops(add) },
	}
}

// callbackPanics yields how often each function of the configuration has panicked.
func (e *epoch[In, Out]) callbackPanics(yield func(name string, n int64)) {
	yield("key", e.keyPanics.total.Load())
	for _, f := range e.signals.functions {
		yield(f.key(), f.total.Load())
	}
	for i := range e.slices {
		yield(e.slices[i].function.key(), e.slices[i].function.total.Load())
	}
	yield(e.classes.class.key(), e.classes.class.total.Load())
	yield(e.classes.redaction.key(), e.classes.redaction.total.Load())
	e.shade.failures(yield)
}

// functionPanicked notes the panic of a function; when that turns it off, an event says so.
func (e *epoch[In, Out]) functionPanicked(f *function) {
	if f.count() {
		e.keeper.Emit(keeper.Event{Kind: keeper.CallbackFailed, Message: fmt.Sprintf("the function of %s has panicked or ended its goroutine %d times in a row and is not called any more: %s", f, maxPanics, f.loss)})
	}
}
