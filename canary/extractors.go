package canary

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/labels"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
)

// extractors are the functions that look at answers in a fixed order, ready for the request path.
type extractors[In, Out any] struct {
	numbers   []func(In, Out) float64
	labels    []label[In, Out]
	checks    []func(In, Out) bool
	validate  func(In, Out) error
	functions []*function  // of numbers, labels, checks and, if there is one, validate
	trouble   *atomic.Bool // some function has panicked
}

type label[In, Out any] struct {
	of    func(In, Out) string
	table *labels.Table
}

func newExtractors[In, Out any](s Signals[In, Out]) extractors[In, Out] {
	if len(s.Numbers)+len(s.Labels)+len(s.Checks) == 0 {
		d := derived[In, Out]()
		s.Numbers, s.Labels = d.Numbers, d.Labels
	}
	x := extractors[In, Out]{validate: s.Validate, trouble: new(atomic.Bool)}
	for _, name := range slices.Sorted(maps.Keys(s.Numbers)) {
		x.numbers = append(x.numbers, s.Numbers[name])
		x.declare("number", name, "the signal has no values")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		x.labels = append(x.labels, label[In, Out]{of: s.Labels[name], table: new(labels.Table)})
		x.declare("label", name, "the signal has no values")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Checks)) {
		x.checks = append(x.checks, s.Checks[name])
		x.declare("check", name, "the signal has no values")
	}
	if x.validate != nil {
		x.declare("validate", "", "every answer counts as valid")
	}
	return x
}

func (x *extractors[In, Out]) declare(kind, name, loss string) {
	x.functions = append(x.functions, &function{kind: kind, name: name, loss: loss})
}

// names are the names of the signals of a kind.
func (x *extractors[In, Out]) names(kind string) (names []string) {
	for _, f := range x.functions {
		if f.kind == kind {
			names = append(names, f.name)
		}
	}
	return names
}

func (x *extractors[In, Out]) any() bool { return len(x.functions) > 0 }

// measure stores the signals of an answer in its slot. Should a function panic, v.signal says which.
func (x *extractors[In, Out]) measure(g *gate, v *visit, in In, out Out) {
	if x.trouble.Load() {
		x.measureSome(g, v, in, out)
		return
	}
	if x.validate != nil {
		v.signal = len(x.functions) - 1
		if x.validate(in, out) != nil {
			g.ledger.SetInvalid(v.hold)
			return
		}
		v.hold.SetValid()
	}
	n := 0
	for i := range x.numbers {
		v.signal = n
		g.setNumber(v, i, x.numbers[i](in, out))
		n++
	}
	for i := range x.labels {
		v.signal = n
		g.setLabel(v, i, x.labels[i].table, x.labels[i].of(in, out))
		n++
	}
	for i := range x.checks {
		v.signal = n
		g.setCheck(v, len(x.labels)+i, x.checks[i](in, out))
		n++
	}
}

// measureSome is measure when some function has panicked before.
func (x *extractors[In, Out]) measureSome(g *gate, v *visit, in In, out Out) {
	if x.validate != nil {
		v.hold.SetValid()
		v.signal = len(x.functions) - 1
		if f := x.functions[v.signal]; !f.off() {
			invalid := x.validate(in, out) != nil
			f.ok()
			if invalid {
				g.ledger.SetInvalid(v.hold)
				return
			}
		}
	}
	n := 0
	for i := range x.numbers {
		if f := x.begin(v, &n); f.off() {
			g.ledger.MissNumber(v.hold, i)
		} else {
			g.setNumber(v, i, x.numbers[i](in, out))
			f.ok()
		}
	}
	for i := range x.labels {
		if f := x.begin(v, &n); f.off() {
			g.ledger.SetLabel(v.hold, i, ledger.NoLabel)
		} else {
			g.setLabel(v, i, x.labels[i].table, x.labels[i].of(in, out))
			f.ok()
		}
	}
	for i := range x.checks {
		if f := x.begin(v, &n); f.off() {
			g.ledger.SetLabel(v.hold, len(x.labels)+i, ledger.NoLabel)
		} else {
			g.setCheck(v, len(x.labels)+i, x.checks[i](in, out))
			f.ok()
		}
	}
}

// begin notes that the n-th function is being called, and counts on.
func (x *extractors[In, Out]) begin(v *visit, n *int) *function {
	v.signal = *n
	*n++
	return x.functions[v.signal]
}

// labelText names a label for people.
func (x *extractors[In, Out]) labelText(signal int, id uint16) string {
	if signal < 0 || signal >= len(x.labels) {
		return fmt.Sprintf("[label %d]", id)
	}
	return x.labels[signal].table.Text(id)
}
