package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Scope is the name of the instrumentation scope.
const Scope = "github.com/modelcanary/go-sdk/canary"

// Source is what the instruments read. Every function is called when the application collects: it must be quick, and safe for concurrent use.
type Source struct {
	Name         string   // of the canary
	FlagKey      string   // of the rollout flag
	ArmNames     []string // by number
	ReasonNames  []string
	FlagReasons  []string // OpenFeature's word for each reason
	OutcomeNames []string // the first is success and has no error.type

	Records *Records

	State  func() string // one of States
	States []string
	Share  func() float64
	// Counters of closed sets, by attribute value.
	Evaluations    func(yield func(criterion, verdict string, n int64))
	Rollbacks      func(yield func(cause, origin string, n int64))
	FlagErrors     func(yield func(kind, flag string, n int64))
	Callbacks      func(yield func(callback string, n int64))
	StoreFailures  func() int64
	AuditFailures  func() int64
	DroppedEvents  func() int64
	AbandonedCalls func() int64
	Undurable      func() bool

	// What came back about decisions: taken, and refused.
	Feedback        func(yield func(signal, arm, source string, n int64))
	FeedbackRefused func(yield func(reason string, n int64))

	// Of the shadow; its durations are recorded beside those of requests, and never compared with them.
	Shadowed          bool // there may be one
	Shadows           *Records
	ShadowComparisons func(yield func(result string, n int64))
	ShadowDrops       func(yield func(reason string, n int64))
	ShadowLogDrops    func(yield func(reason string, n int64))
	ShadowRunning     func() int64
}

// Instruments are the OpenTelemetry instruments of one canary.
type Instruments struct {
	source       Source
	calls        durationInstrument // of requests
	shadows      durationInstrument
	registration metric.Registration
}

// durationInstrument is a histogram of durations that are counted elsewhere and replayed.
type durationInstrument struct {
	records   *Records
	histogram metric.Float64Histogram
	options   [Arms][Outcomes][]metric.RecordOption
	replayed  [Arms][Outcomes][bins]replayed
}

type replayed struct{ count, nanos int64 }

// durationBounds are advice in seconds: in-process models answer in microseconds, hosted ones in seconds.
var durationBounds = []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// New registers the instruments of a canary with a meter.
func New(meter metric.Meter, source Source) (*Instruments, error) {
	t := &Instruments{source: source}
	b := builder{meter: meter}
	t.calls.records, t.calls.histogram = source.Records, b.duration("model_canary.prediction.duration", "Duration of model calls, failed ones included.")
	t.shadows.records, t.shadows.histogram = source.Shadows, b.duration("model_canary.shadow.duration", "Duration of calls in the shadow, which run in quiet moments: not to be compared with those of requests.")
	comparison := b.counter("model_canary.shadow.comparison", "{comparison}", "Pairs of answers to the same input by what their comparison says.")
	shadowDrop := b.counter("model_canary.shadow.dropped", "{request}", "Requests drawn for the shadow that became no pair, by why.")
	logDrop := b.counter("model_canary.shadow.log.dropped", "{record}", "Records that the pair log could not take, by why.")
	running := b.gaugeCount("model_canary.shadow.active", "{request}", "Calls of shadows that are under way, those past their timeout included.")
	selection := b.counter("model_canary.selection", "{selection}", "Requests by the arm they were assigned to and why.")
	fallback := b.counter("model_canary.fallback", "{prediction}", "Candidate failures that stable answered.")
	evaluation := b.counter("model_canary.criterion.evaluation", "{evaluation}", "Evaluations of the criteria by verdict.")
	rollback := b.counter("model_canary.rollback", "{rollback}", "Rollbacks by cause and origin.")
	flagError := b.counter("model_canary.flag.error", "{evaluation}", "Evaluations of a flag that gave no usable share or rate.")
	callback := b.counter("model_canary.callback.failure", "{call}", "Panics of the application's own functions.")
	thinned := b.counter("model_canary.evidence.thinned", "{request}", "Requests that were served but not taken as evidence because the ledger was full.")
	store := b.counter("model_canary.store.failure", "{operation}", "Failed reads and writes of the state.")
	audit := b.counter("model_canary.audit.failure", "{line}", "Lines of the audit trail that could not be written.")
	dropped := b.counter("model_canary.event.dropped", "{event}", "Events that the application's hook was too slow to take.")
	feedback := b.counter("model_canary.feedback", "{report}", "Reports on decisions that were taken, by signal, the arm of the unit and who has reported.")
	refused := b.counter("model_canary.feedback.refused", "{report}", "Reports on decisions that were refused, by why.")
	state := b.gaugeCount("model_canary.state", "{canary}", "1 for the current state, 0 for the others.")
	undurable := b.gaugeCount("model_canary.state.undurable", "{canary}", "1 while the store does not hold what was decided, a rollback say, and it is tried again.")
	abandoned := b.gaugeCount("model_canary.candidate.abandoned", "{call}", "Candidate calls past their timeout that are still under way.")
	share, err := meter.Float64ObservableGauge("model_canary.share", metric.WithUnit("1"), metric.WithDescription("Share of requests the candidate is given."))
	b.keep(err)
	if b.err != nil {
		return nil, fmt.Errorf("canary: telemetry: %w", b.err)
	}

	base := attribute.String("model_canary.name", source.Name)
	with := func(attrs ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(attrs, base)...))
	}
	t.calls.prepare(&source, with)
	t.shadows.prepare(&source, with)
	s := &t.source
	observe := func(_ context.Context, o metric.Observer) error {
		for arm, armName := range s.ArmNames {
			for reason, name := range s.ReasonNames {
				if n := s.Records.sum(func(r *Recorder) int64 { return r.Selections(uint8(arm), uint8(reason)) }); n > 0 {
					o.ObserveInt64(selection, n, with(attribute.String("model_canary.arm", armName), attribute.String("model_canary.reason", name),
						attribute.String("feature_flag.key", s.FlagKey), attribute.String("feature_flag.result.reason", s.FlagReasons[reason])))
				}
			}
		}
		for outcome, name := range s.OutcomeNames {
			if n := s.Records.sum(func(r *Recorder) int64 { return r.Fallbacks(uint8(outcome)) }); n > 0 {
				o.ObserveInt64(fallback, n, with(attribute.String("error.type", name)))
			}
		}
		s.Evaluations(func(criterion, verdict string, n int64) {
			o.ObserveInt64(evaluation, n, with(attribute.String("model_canary.criterion", criterion), attribute.String("model_canary.verdict", verdict)))
		})
		s.Rollbacks(func(cause, origin string, n int64) {
			o.ObserveInt64(rollback, n, with(attribute.String("model_canary.criterion", cause), attribute.String("model_canary.origin", origin)))
		})
		s.FlagErrors(func(kind, flag string, n int64) {
			o.ObserveInt64(flagError, n, with(attribute.String("feature_flag.key", flag), attribute.String("error.type", kind)))
		})
		s.Callbacks(func(name string, n int64) {
			o.ObserveInt64(callback, n, with(attribute.String("model_canary.callback", name)))
		})
		current := s.State()
		for _, name := range s.States {
			value := int64(0)
			if name == current {
				value = 1
			}
			o.ObserveInt64(state, value, with(attribute.String("model_canary.state", name)))
		}
		o.ObserveInt64(thinned, s.Records.sum(func(r *Recorder) int64 { return r.Thinned.Load() }), with())
		o.ObserveInt64(store, s.StoreFailures(), with())
		o.ObserveInt64(audit, s.AuditFailures(), with())
		o.ObserveInt64(dropped, s.DroppedEvents(), with())
		pending := int64(0)
		if s.Undurable() {
			pending = 1
		}
		o.ObserveInt64(undurable, pending, with())
		o.ObserveInt64(abandoned, s.AbandonedCalls(), with())
		s.Feedback(func(signal, arm, source string, n int64) {
			o.ObserveInt64(feedback, n, with(attribute.String("model_canary.signal", signal), attribute.String("model_canary.arm", arm), attribute.String("model_canary.source", source)))
		})
		s.FeedbackRefused(func(reason string, n int64) {
			o.ObserveInt64(refused, n, with(attribute.String("model_canary.reason", reason)))
		})
		s.ShadowComparisons(func(result string, n int64) {
			o.ObserveInt64(comparison, n, with(attribute.String("model_canary.comparison.result", result)))
		})
		s.ShadowDrops(func(reason string, n int64) {
			o.ObserveInt64(shadowDrop, n, with(attribute.String("model_canary.reason", reason)))
		})
		s.ShadowLogDrops(func(reason string, n int64) {
			o.ObserveInt64(logDrop, n, with(attribute.String("model_canary.reason", reason)))
		})
		if s.Shadowed {
			o.ObserveInt64(running, s.ShadowRunning(), with())
		}
		o.ObserveFloat64(share, s.Share(), with())
		return nil
	}
	registration, err := meter.RegisterCallback(observe, append(b.observables, share)...)
	if err != nil {
		return nil, fmt.Errorf("canary: telemetry: %w", err)
	}
	t.registration = registration
	return t, nil
}

// prepare builds the options of every series once: applying attributes on each record would cost more than the record.
func (d *durationInstrument) prepare(source *Source, with func(...attribute.KeyValue) metric.MeasurementOption) {
	for arm := range d.options {
		for outcome := range d.options[arm] {
			if arm >= len(source.ArmNames) || outcome >= len(source.OutcomeNames) {
				continue
			}
			attrs := []attribute.KeyValue{attribute.String("model_canary.arm", source.ArmNames[arm])}
			if outcome > 0 {
				attrs = append(attrs, attribute.String("error.type", source.OutcomeNames[outcome]))
			}
			d.options[arm][outcome] = []metric.RecordOption{with(attrs...)}
		}
	}
}

// Replay records the durations since the last replay: each call once, with the mean of its bin, so that count and sum are exact. Without an SDK it does
// nothing. Not safe for concurrent use.
func (t *Instruments) Replay(ctx context.Context) {
	t.calls.replay(ctx)
	t.shadows.replay(ctx)
}

func (d *durationInstrument) replay(ctx context.Context) {
	if !d.histogram.Enabled(ctx) {
		return
	}
	for arm := range d.replayed {
		for outcome := range d.replayed[arm] {
			options := d.options[arm][outcome]
			for bin := range d.replayed[arm][outcome] {
				was := &d.replayed[arm][outcome][bin]
				count, nanos := d.records.cell(arm, outcome, bin)
				n := count - was.count
				if n <= 0 {
					continue
				}
				mean := float64(nanos-was.nanos) / float64(n) / 1e9
				for range n {
					d.histogram.Record(ctx, mean, options...)
				}
				*was = replayed{count: count, nanos: nanos}
			}
		}
	}
}

// Close takes the instruments back.
func (t *Instruments) Close() error { return t.registration.Unregister() }

// builder creates instruments and keeps the first error.
type builder struct {
	meter       metric.Meter
	observables []metric.Observable
	err         error
}

func (b *builder) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) duration(name, description string) metric.Float64Histogram {
	h, err := b.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(durationBounds...))
	b.keep(err)
	return h
}

func (b *builder) counter(name, unit, description string) metric.Int64ObservableCounter {
	c, err := b.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(description))
	b.keep(err)
	b.observables = append(b.observables, c)
	return c
}

func (b *builder) gaugeCount(name, unit, description string) metric.Int64ObservableUpDownCounter {
	c, err := b.meter.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithDescription(description))
	b.keep(err)
	b.observables = append(b.observables, c)
	return c
}
