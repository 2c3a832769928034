package canary

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/labels"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// Signals are what is measured on each answer, by name: 1 to 64 of a-z, 0-9, dot, underscore and dash. The functions are called on the caller's goroutine
// right after the model, with the input and the answer by value, only when the call returned no error. They must be quick and must not modify what they
// are given. A function that panics leaves this request without signals; after three panics in a row it is not called any more, its signal has no values, and an
// event says so. One that calls runtime.Goexit counts alike, but ends its caller. One that hangs, hangs its caller.
//
// With neither Numbers nor Labels they are derived from the type of the answer: the method Confidence() float64 gives the number "confidence", the method
// Label() string the label "label", a string, slice or array the number "length", an integer or float the number "value".
type Signals[In, Out any] struct {
	// Numbers are judged by [criteria.Distribution]; at most 32.
	Numbers Numbers[In, Out]
	// Labels are judged by [criteria.Categories]; at most 32. Up to 224 texts of a label are told apart, more share 32 cells by their hash.
	Labels Labels[In, Out]
}

// Numbers are number signals by name. NaN and infinities are values, counted apart.
type Numbers[In, Out any] map[string]func(in In, out Out) float64

// Labels are label signals by name.
type Labels[In, Out any] map[string]func(in In, out Out) string

func (s *Signals[In, Out]) validate(p *problems) {
	names(p, "Signals.Numbers", s.Numbers)
	names(p, "Signals.Labels", s.Labels)
}

func names[F any](p *problems, field string, signals map[string]F) {
	for _, name := range slices.Sorted(maps.Keys(signals)) {
		if !namePattern.MatchString(name) {
			p.add(field, "name %q is not 1 to 64 of a-z, 0-9, '.', '_', '-'", name)
		}
		if isNil(signals[name]) {
			p.add(field, "%q is a nil function", name)
		}
	}
	if len(signals) > criteria.MaxSignals {
		p.add(field, "%d signals are more than %d", len(signals), criteria.MaxSignals)
	}
}

// extractors are the signals in a fixed order, ready for the request path.
type extractors[In, Out any] struct {
	numbers []number[In, Out]
	labels  []label[In, Out]
	trouble *atomic.Bool // some function has panicked
}

type number[In, Out any] struct {
	name  string
	of    func(In, Out) float64
	panic *panics
}

type label[In, Out any] struct {
	name  string
	of    func(In, Out) string
	panic *panics
	table *labels.Table
}

func newExtractors[In, Out any](s Signals[In, Out]) extractors[In, Out] {
	if len(s.Numbers) == 0 && len(s.Labels) == 0 {
		s = derived[In, Out]()
	}
	x := extractors[In, Out]{trouble: new(atomic.Bool)}
	for _, name := range slices.Sorted(maps.Keys(s.Numbers)) {
		x.numbers = append(x.numbers, number[In, Out]{name: name, of: s.Numbers[name], panic: new(panics)})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		x.labels = append(x.labels, label[In, Out]{name: name, of: s.Labels[name], panic: new(panics), table: new(labels.Table)})
	}
	return x
}

// names are the names of the number and of the label signals.
func (x *extractors[In, Out]) names() (numbers, texts []string) {
	for i := range x.numbers {
		numbers = append(numbers, x.numbers[i].name)
	}
	for i := range x.labels {
		texts = append(texts, x.labels[i].name)
	}
	return numbers, texts
}

func (x *extractors[In, Out]) any() bool { return len(x.numbers)+len(x.labels) > 0 }

// measure stores the signals of an answer in its slot. Should a function panic, v.signal says which.
func (x *extractors[In, Out]) measure(g *gate, v *visit, in In, out Out) {
	if x.trouble.Load() {
		x.measureSome(g, v, in, out)
		return
	}
	for i := range x.numbers {
		v.signal = i
		g.setNumber(v, i, x.numbers[i].of(in, out))
	}
	for i := range x.labels {
		v.signal = len(x.numbers) + i
		g.setLabel(v, i, x.labels[i].table, x.labels[i].of(in, out))
	}
}

// measureSome is measure when some function has panicked before.
func (x *extractors[In, Out]) measureSome(g *gate, v *visit, in In, out Out) {
	for i := range x.numbers {
		n := &x.numbers[i]
		if n.panic.off() {
			g.ledger.MissNumber(v.hold, i)
			continue
		}
		v.signal = i
		g.setNumber(v, i, n.of(in, out))
		n.panic.ok()
	}
	for i := range x.labels {
		l := &x.labels[i]
		if l.panic.off() {
			g.ledger.SetLabel(v.hold, i, ledger.NoLabel)
			continue
		}
		v.signal = len(x.numbers) + i
		g.setLabel(v, i, l.table, l.of(in, out))
		l.panic.ok()
	}
}

// panicked notes that a signal function has panicked; off is its name when that turned it off.
func (x *extractors[In, Out]) panicked(signal int) (off string) {
	x.trouble.Store(true)
	name, p := "", (*panics)(nil)
	if signal < len(x.numbers) {
		name, p = "number "+x.numbers[signal].name, x.numbers[signal].panic
	} else {
		signal -= len(x.numbers)
		name, p = "label "+x.labels[signal].name, x.labels[signal].panic
	}
	if p.count() {
		return name
	}
	return ""
}

// panics counts the panics of one function of the application and turns it off after three in a row.
type panics struct {
	row   atomic.Int32
	total atomic.Int64
}

const maxPanics = 3

func (p *panics) off() bool { return p.row.Load() >= maxPanics }

func (p *panics) ok() {
	if p.row.Load() != 0 {
		p.row.Store(0)
	}
}

// count notes a panic and reports whether it was the one that turned the function off.
func (p *panics) count() bool {
	p.total.Add(1)
	return p.row.Add(1) == maxPanics
}

// derived are the signals that the type of the answer offers by itself.
func derived[In, Out any]() Signals[In, Out] {
	s := Signals[In, Out]{Numbers: Numbers[In, Out]{}, Labels: Labels[In, Out]{}}
	t := reflect.TypeFor[Out]()
	if m, ok := t.MethodByName("Confidence"); ok && t.Kind() != reflect.Interface {
		if confidence, ok := reflect.TypeAssert[func(Out) float64](m.Func); ok {
			s.Numbers["confidence"] = func(_ In, out Out) float64 { return confidence(out) }
		}
	}
	if m, ok := t.MethodByName("Label"); ok && t.Kind() != reflect.Interface {
		if text, ok := reflect.TypeAssert[func(Out) string](m.Func); ok {
			s.Labels["label"] = func(_ In, out Out) string { return text(out) }
		}
	}
	switch t.Kind() {
	case reflect.String, reflect.Slice, reflect.Array:
		s.Numbers["length"] = func(_ In, out Out) float64 { return float64(reflect.ValueOf(&out).Elem().Len()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.Numbers["value"] = func(_ In, out Out) float64 { return float64(reflect.ValueOf(&out).Elem().Int()) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.Numbers["value"] = func(_ In, out Out) float64 { return float64(reflect.ValueOf(&out).Elem().Uint()) }
	case reflect.Float32, reflect.Float64:
		s.Numbers["value"] = func(_ In, out Out) float64 { return reflect.ValueOf(&out).Elem().Float() }
	}
	return s
}

// labelText names a label for people.
func (x *extractors[In, Out]) labelText(signal int, id uint16) string {
	if signal < 0 || signal >= len(x.labels) {
		return fmt.Sprintf("[label %d]", id)
	}
	return x.labels[signal].table.Text(id)
}
