package canary

import (
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/labels"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// classes sort failed calls into classes. All of it runs on failing calls only.
type classes struct {
	classOf  func(error) string // Config.FailureClass
	redact   func(string) string
	versions [2]string
	panicked func(*function)

	class, redaction function
	table            labels.Table
	endings          [ledger.NumOutcomes]uint16 // classes of calls that failed without an error
	examples         [criteria.MaxLabels]atomic.Pointer[example]
}

// example is the text of the first error of a class.
type example struct {
	text    string // empty: there is none to be had
	version string // of the model that gave it
}

const (
	// maxClass and maxExample are how many bytes of text are kept.
	maxClass   = 64
	maxExample = 200
	// unclassified is the class of errors that cannot even be looked at.
	unclassified = "unclassified"
)

func newClasses(classOf func(error) string, redact func(string) string, versions [2]string, panicked func(*function)) *classes {
	c := &classes{
		classOf: classOf, redact: redact, versions: versions, panicked: panicked,
		class:     function{kind: "failure_class", loss: "errors are in their default classes"},
		redaction: function{kind: "redact", loss: "no text of an error is kept"},
	}
	for o := range c.endings {
		c.endings[o] = ledger.NoLabel
		if outcome := ledger.Outcome(o); outcome.Failed() && outcome != ledger.Error {
			c.endings[o] = c.table.ID(outcome.String())
		}
	}
	c.endings[ledger.Error] = c.table.ID(unclassified)
	return c
}

// of is the class of an error that a model has returned.
func (c *classes) of(err error, outcome ledger.Outcome, candidate bool) uint16 {
	name := c.own(err)
	switch {
	case name != "":
	case outcome == ledger.Timeout:
		name = ledger.Timeout.String()
	default:
		name = c.nameOf(err)
	}
	id := c.table.ID(name)
	c.exemplify(id, err, candidate)
	return id
}

// own is the class that the application gives an error; empty when it leaves that to us.
func (c *classes) own(err error) (name string) {
	if c.classOf == nil {
		return ""
	}
	c.ask(&c.class, func() { name = clean(c.classOf(err), maxClass) })
	return name
}

// ask calls a function of the application, unless it is off.
func (c *classes) ask(f *function, call func()) {
	if f.off() {
		return
	}
	returned := false
	defer func() {
		if !returned {
			_ = recover()
			c.panicked(f)
		}
	}()
	call()
	returned = true
	f.ok()
}

// maxDepth bounds the way to the innermost error.
const maxDepth = 64

// nameOf is the type of the innermost error that has a type of its own, or, where all are plain texts, the text of the innermost. A method that panics
// ends the search: what was found by then counts.
func (c *classes) nameOf(err error) (name string) {
	defer func() {
		if recover() != nil && name == "" {
			name = unclassified
		}
	}()
	for range maxDepth {
		t := reflect.TypeOf(err)
		if !plain(t) {
			name = clean(t.String(), maxClass)
		}
		inner := unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	switch t := reflect.TypeOf(err); {
	case name == "":
		name = c.masked(err, t)
	case isCode(t):
		name = clean(t.String()+": "+c.masked(err, t), maxClass)
	}
	return name
}

// plain says that a type of errors says nothing: those of errors.New and fmt.Errorf.
func plain(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "errors" || t.PkgPath() == "fmt"
}

// isCode says that the values of a type of errors are numbers, as those of syscall.Errno: their texts are few, and say more than the type.
func isCode(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr }

func unwrap(err error) error {
	switch e := err.(type) { //nolint:errorlint // this walks the chain itself
	case interface{ Unwrap() error }:
		return e.Unwrap()
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if inner != nil {
				return inner
			}
		}
	}
	return nil
}

// masked is the text of an error without what changes from one to the next; its type where there is no text to be had.
func (c *classes) masked(err error, t reflect.Type) (name string) {
	text := err.Error()
	if c.redact != nil {
		text = c.redacted(text)
	}
	if name = clean(mask(text), maxClass); name == "" {
		name = clean(t.String(), maxClass)
	}
	return name
}

func (c *classes) redacted(text string) (kept string) {
	c.ask(&c.redaction, func() { kept = c.redact(text) })
	return kept
}

// exemplify keeps the text of the first error of a class, if the application has said how to redact it.
func (c *classes) exemplify(id uint16, err error, candidate bool) {
	if c.redact == nil || c.examples[id].Load() != nil {
		return
	}
	e := &example{version: c.versions[Stable]}
	if candidate {
		e.version = c.versions[Candidate]
	}
	defer func() {
		_ = recover() // of Error
		c.examples[id].CompareAndSwap(nil, e)
	}()
	e.text = clean(c.redacted(err.Error()), maxExample)
}

// text names a class, alike in every process.
func (c *classes) text(id uint16) string { return c.table.Text(id) }

// example is the first error of a class that this process has seen, for people; "" if there is none to be had.
func (c *classes) example(id uint16) string {
	if int(id) >= len(c.examples) {
		return ""
	}
	if e := c.examples[id].Load(); e != nil && e.text != "" {
		return fmt.Sprintf("%q of %s", e.text, e.version)
	}
	return ""
}
