package otelpairs

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/pairlog/internal/safejson"
)

const prefix = "model_canary."

// newEvent returns false if r cannot be read: it is nil, or changed meanwhile.
func newEvent(r *pairlog.Record, maxOutput int) (e event, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	b := eventBuilder{maxOutput: maxOutput}
	b.record(r)
	e.record.SetEventName(EventName)
	e.record.SetTimestamp(r.Time)
	e.record.SetObservedTimestamp(time.Now())
	e.record.SetSeverity(log.SeverityInfo)
	e.record.AddAttributes(b.attrs...)
	if len(b.body) > 0 {
		e.record.SetBody(attribute.MapValue(b.body...))
	}
	e.trace, _ = trace.TraceIDFromHex(r.Trace) // none: the zero id
	e.bytes = b.bytes
	return e, true
}

type eventBuilder struct {
	maxOutput int
	attrs     []attribute.KeyValue
	body      []attribute.KeyValue
	json      safejson.Writer
	bytes     int64
}

func (b *eventBuilder) record(r *pairlog.Record) {
	b.text("name", r.Canary)
	b.add("epoch", attribute.Int64Value(int64(min(r.Epoch, math.MaxInt64))))
	if r.Rate != 0 {
		b.add("pair.rate", attribute.Float64Value(r.Rate))
	}
	b.text("pair.quadrant", r.Stable.Outcome+"/"+r.Candidate.Outcome)
	b.compared("pair.", r.Differs, r.Distance)
	if r.Rerun != nil {
		b.compared("pair.rerun_", r.RerunDiffers, r.RerunDistance)
	}
	addMap(b, "slice.", r.Slices, textValue)
	b.free("input", r.Input)
	b.answer("stable.", &r.Stable)
	b.answer("candidate.", &r.Candidate)
	if r.Rerun != nil {
		b.answer("rerun.", r.Rerun)
	}
}

func (b *eventBuilder) compared(what string, differs bool, distance float64) {
	b.add(what+"differs", attribute.BoolValue(differs))
	if !math.IsNaN(distance) {
		b.add(what+"distance", attribute.Float64Value(distance))
	}
}

func (b *eventBuilder) answer(side string, a *pairlog.Answer) {
	b.text(side+"version", a.Version)
	b.text(side+"outcome", a.Outcome)
	b.text(side+"class", a.Class)
	b.add(side+"duration_s", attribute.Float64Value(a.Duration.Seconds()))
	addMap(b, side+"number.", a.Numbers, attribute.Float64Value)
	addMap(b, side+"label.", a.Labels, textValue)
	addMap(b, side+"check.", a.Checks, attribute.BoolValue)
	b.free(side+"output", a.Output)
}

// addMap adds one attribute per entry.
func addMap[V any](b *eventBuilder, what string, m map[string]V, value func(V) attribute.Value) {
	if len(m) > safejson.MaxEntries {
		return
	}
	for name, v := range m {
		b.add(what+clip(name), value(v))
	}
}

// free is a value of any type as JSON.
func (b *eventBuilder) free(what string, v any) {
	if v == nil {
		return
	}
	b.json.Buf = b.json.Buf[:0]
	b.json.Value(v, b.maxOutput)
	b.body = append(b.body, attribute.String(what, string(b.json.Buf)))
	b.bytes += int64(len(b.json.Buf))
}

func (b *eventBuilder) text(what, s string) {
	if s != "" {
		b.add(what, textValue(s))
	}
}

func (b *eventBuilder) add(what string, v attribute.Value) {
	b.attrs = append(b.attrs, attribute.KeyValue{Key: attribute.Key(prefix + what), Value: v})
	b.bytes += int64(len(prefix)+len(what)) + sizeOf(v)
}

// sizeOf is about what a value takes.
func sizeOf(v attribute.Value) int64 {
	if v.Type() == attribute.STRING {
		return 64 + int64(len(v.AsString()))
	}
	return 64
}

func textValue(s string) attribute.Value { return attribute.StringValue(clip(s)) }

func clip(s string) string {
	s, _ = safejson.Clip(s, safejson.MaxText)
	return safejson.UTF8(s)
}
