package canary_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// deed is what a scripted model does with a request.
type deed int

const (
	answers deed = iota
	answersOddly
	isSlow
	fails
	panicsWithText
	panicsWithError
	panicsWithNil
	panicsNastily
	exits
	hangs // minding no context, but not for ever
	numDeeds
)

func (d deed) String() string {
	return [...]string{"answers", "answers oddly", "is slow", "fails", "panics with a text", "panics with an error", "panics with nil", "panics nastily", "exits", "hangs"}[d]
}

// good says whether the caller gets the deed's own answer.
func (d deed) good() bool { return d <= isSlow }

// request says what each model does with it.
type request struct {
	key               string
	n                 int
	stable, candidate deed
}

// answer has all sorts of values.
type answer struct {
	model string
	n     int
	score float64
	parts []int
}

// same compares bit by bit: NaN is NaN, and nil is not empty.
func (a answer) same(b answer) bool {
	return a.model == b.model && a.n == b.n && math.Float64bits(a.score) == math.Float64bits(b.score) && len(a.parts) == len(b.parts) && (a.parts == nil) == (b.parts == nil)
}

// scripted is a model that does as it is told.
type scripted struct {
	name  string
	deed  func(request) deed
	calls atomic.Int64
}

func stableScript() *scripted {
	return &scripted{name: "stable", deed: func(r request) deed { return r.stable }}
}

func candidateScript() *scripted {
	return &scripted{name: "candidate", deed: func(r request) deed { return r.candidate }}
}

var (
	errScripted = errors.New("scripted failure")
	errPanicked = errors.New("scripted panic")
)

// nasty is a panic value whose methods panic.
type nasty struct{}

func (nasty) Error() string  { panic("Error") }
func (nasty) String() string { panic("String") }

func (m *scripted) Predict(_ context.Context, r request) (answer, error) {
	m.calls.Add(1)
	out := answer{model: m.name, n: r.n, score: float64(r.n) / 7, parts: []int{}}
	switch d := m.deed(r); d {
	case answersOddly:
		out.score, out.parts = math.Float64frombits(0x7ff8_0000_dead_beef), nil
	case isSlow:
		<-time.After(500 * time.Millisecond)
	case fails:
		return out, errScripted
	case exits:
		runtime.Goexit()
	case hangs:
		<-time.After(5 * time.Second)
	default:
		blowUp(d)
	}
	return out, nil
}

//go:noinline
func blowUp(d deed) {
	switch d {
	case panicsWithText:
		panic("scripted panic")
	case panicsWithError:
		panic(errPanicked)
	case panicsWithNil:
		panic(nil)
	case panicsNastily:
		panic(nasty{})
	}
}

// ending is all that a caller can see of a call.
type ending struct {
	out      answer
	err      error
	returned bool
	panicked any    // neither returned nor panicked: the goroutine was ended
	stack    string // of the panic
}

// watch makes a call on a goroutine of its own and tells how it ended.
func watch(call func() (answer, error)) (e ending) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if e.returned {
				return
			}
			if e.panicked = recover(); e.panicked != nil {
				e.stack = string(debug.Stack())
			}
		}()
		e.out, e.err = call()
		e.returned = true
	}()
	<-done
	return e
}
