package lifecycle

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// ErrNotReady is what a call gets of a model that is not ready: nothing was called.
var ErrNotReady = errors.New("canary: model is not ready")

// Kind is the way a function of the application failed.
type Kind uint8

// The kinds of failures.
const (
	Errored   Kind = iota + 1 // it returned an error
	Panicked                  // it panicked
	Exited                    // it ended its goroutine (runtime.Goexit)
	TimedOut                  // it has not returned in time, and was given up
	NoModel                   // Load returned neither a model nor an error
	Saturated                 // Load was not called, because too many functions given up have not returned
)

var kinds = [...]string{"unknown", "error", "panic", "goexit", "timeout", "no_model", "saturated"}

// String is the kind in snake case, as telemetry spells it.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return kinds[0]
}

// Failure is why a model could not be loaded, or not be closed. As an error it never calls methods of what the application returned, which
// may panic, and never shows their text, which may hold data: Err and Value are there for who knows what may be shown.
type Failure struct {
	// Stage is where it happened: Loading, Warming, or Draining for a model that could not be closed.
	Stage State
	Kind  Kind
	// At is when it was noticed.
	At time.Time
	// Err is the error returned, or the panic value if that is an error; nil otherwise.
	Err error
	// Value and Stack are those of a panic; nil otherwise.
	Value any
	Stack []byte
}

// Error says what failed and in which way, with types in place of texts.
func (f *Failure) Error() string {
	return fmt.Sprintf("canary: model %v: %s", f.Stage, f.what())
}

func (f *Failure) what() string {
	switch f.Kind {
	case Errored:
		return fmt.Sprintf("returned a %T", f.Err)
	case Panicked:
		return fmt.Sprintf("panicked with a %T", f.Value)
	case Exited:
		return "ended its goroutine"
	case TimedOut:
		return "has not returned in time"
	case NoModel:
		return "returned neither a model nor an error"
	case Saturated:
		return fmt.Sprintf("not tried, %d functions given up earlier have not returned", maxStrays)
	default:
		return "failed"
	}
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// contained calls a function of the application and returns how it failed; nil when it did not. Of a function that ends the goroutine it does not return:
// who calls it is prepared for that in a deferred function.
func contained(stage State, call func() error) (f *Failure) {
	defer func() {
		if value := recover(); value != nil {
			err, _ := value.(error)
			f = &Failure{Stage: stage, Kind: Panicked, Err: err, Value: value, Stack: debug.Stack()}
		}
	}()
	if err := call(); err != nil {
		return &Failure{Stage: stage, Kind: Errored, Err: err}
	}
	return nil
}

// HangError says by number what has not ended.
type HangError struct {
	Calls    int64 // of Predict
	Loads    int   // Load with the warming
	Closings int   // Close of a loaded model
}

// Error names what has not ended.
func (e *HangError) Error() string {
	return fmt.Sprintf("canary: model not closed: %d calls, %d loads and %d closings have not returned", e.Calls, e.Loads, e.Closings)
}
