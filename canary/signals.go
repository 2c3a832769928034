package canary

import (
	"maps"
	"reflect"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
)

// Signals are what is measured on each request and answer, by name: 1 to 64 of a-z, 0-9, dot, underscore and dash.
//
// Numbers, Labels, Checks and Validate look at answers. They are called on the caller's goroutine right after the model, with the input and the answer by value,
// only when the call returned no error. They must be quick and must not modify what they are given. A function that panics leaves this request without these
// signals; after three panics in a row it is not called any more, its signal has no values, and an event says so. One that calls runtime.Goexit counts alike, but
// ends its caller. One that hangs, hangs its caller. Slices look at requests, see [Slices].
//
// With no Numbers, Labels and Checks they are derived from the type of the answer: the method Confidence() float64 gives the number "confidence", the method
// Label() string the label "label", a string, slice or array the number "length", an integer or float the number "value".
type Signals[In, Out any] struct {
	// Numbers are judged by [criteria.Distribution]; at most 32.
	Numbers Numbers[In, Out]

	// Labels are judged by [criteria.Categories]; at most 32. Up to 224 texts of a label are told apart, more share 32 cells by their hash.
	Labels Labels[In, Out]

	// Checks are questions with yes or no for an answer; at most 32.
	Checks Checks[In, Out]

	// Slices are what traffic is sliced by; at most 8 dimensions.
	Slices Slices[In]

	// Validate says what is wrong with an answer: it does not parse, it has too few rows. An invalid answer is served untouched and counted; the error itself
	// is not kept. It has no other signals: the functions of Numbers, Labels and Checks are given valid answers only. nil: every answer is valid.
	Validate func(in In, out Out) error
}

// Numbers are number signals by name: "confidence". NaN and infinities are values, counted apart.
type Numbers[In, Out any] map[string]func(in In, out Out) float64

// Labels are label signals by name: "language".
type Labels[In, Out any] map[string]func(in In, out Out) string

// Checks are yes/no signals by name: "completed", "has_citation".
type Checks[In, Out any] map[string]func(in In, out Out) bool

func (s *Signals[In, Out]) validate(p *problems) {
	names(p, "Signals.Numbers", "signals", s.Numbers, criteria.MaxSignals)
	names(p, "Signals.Labels", "signals", s.Labels, criteria.MaxSignals)
	names(p, "Signals.Checks", "signals", s.Checks, criteria.MaxSignals)
	names(p, "Signals.Slices", "dimensions", s.Slices, criteria.MaxDimensions)
}

func names[F any](p *problems, field, kind string, functions map[string]F, most int) {
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if !namePattern.MatchString(name) {
			p.add(field, "name %q is not 1 to 64 of a-z, 0-9, '.', '_', '-'", name)
		}
		if isNil(functions[name]) {
			p.add(field, "%q is a nil function", name)
		}
	}
	if len(functions) > most {
		p.add(field, "%d %s are more than %d", len(functions), kind, most)
	}
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
