// Package isolate runs a model call on a goroutine of its own, so that a hang or a Goexit of the model does not become the caller's.
package isolate

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Ending is how an isolated call ended.
type Ending uint8

// The endings.
const (
	Returned  Ending = iota
	Panicked         // the call panicked; the error is a *PanicError
	Exited           // the call ended its goroutine (runtime.Goexit)
	TimedOut         // the call is still under way and was abandoned
	Saturated        // the call was not started: too many abandoned calls are under way
)

// PanicError is a recovered panic of a model.
type PanicError struct {
	Value any
	Stack []byte
}

// Error never calls methods of the panic value, which may panic themselves.
func (e *PanicError) Error() string {
	return fmt.Sprintf("canary: candidate panicked with a %T", e.Value)
}

// Unwrap returns the panic value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// awakeLag is how far behind the awake time may be while nothing is wrong: a keeper without traffic wakes that often.
const awakeLag = 250 * time.Millisecond

// maxIdle is how many goroutines wait for the next call; more are started when more calls run at a time, and end after them.
const maxIdle = 64

// Pool runs calls of one function. Its goroutines are those of calls under way and at most maxIdle waiting for the next one; after Close, only those
// whose calls have not returned. Safe for concurrent use.
type Pool[In, Out any] struct {
	predict      func(context.Context, In) (Out, error)
	timeout      time.Duration
	awake        *atomic.Int64 // nanoseconds this process has been awake
	maxAbandoned int64
	base         time.Time

	abandoned atomic.Int64
	idle      chan *worker[In, Out]

	mu      sync.Mutex // starting and ending goroutines, closing
	running int
	closed  bool
	settled bool
	quiet   chan struct{} // closed when the pool is closed and nothing runs
}

// NewPool returns a pool. The timeout is measured in awake time, to awakeLag: a call is not abandoned because the whole process stood still.
func NewPool[In, Out any](predict func(context.Context, In) (Out, error), timeout time.Duration, maxAbandoned int, awake *atomic.Int64) *Pool[In, Out] {
	return &Pool[In, Out]{
		predict:      predict,
		timeout:      timeout,
		awake:        awake,
		base:         time.Now(),
		maxAbandoned: int64(maxAbandoned),
		idle:         make(chan *worker[In, Out], maxIdle),
		quiet:        make(chan struct{}),
	}
}

// Abandoned is the number of abandoned calls still under way.
func (p *Pool[In, Out]) Abandoned() int { return int(p.abandoned.Load()) }

// Call runs the function on a goroutine of the pool and waits for it, at most the timeout. took is the time of the function alone, without the way there and
// back; 0 when it has not ended.
func (p *Pool[In, Out]) Call(ctx context.Context, in In) (out Out, took time.Duration, err error, ending Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	if p.abandoned.Load() >= p.maxAbandoned {
		return out, 0, nil, Saturated
	}
	w := p.worker()
	w.ctx, w.in = ctx, in
	w.state.Store(working)
	began := p.awake.Load()
	w.timer.Reset(p.timeout)
	w.start <- struct{}{}
	for {
		select {
		case <-w.finished:
			w.timer.Stop()
			out, took, err, ending = w.out, w.took, w.err, w.ending
			p.release(w)
			return out, took, err, ending
		case due := <-w.timer.C:
			if p.stoodStill(began, due) {
				w.timer.Reset(p.timeout)
				continue
			}
			p.abandoned.Add(1)
			if w.state.CompareAndSwap(working, abandoned) {
				return out, 0, nil, TimedOut
			}
			p.abandoned.Add(-1) // it ended just now: its result is on the way
		}
	}
}

// stoodStill says whether a call that began at an awake time has not had its time although the timer that was due says so, because the process stood still and not
// the model. Awake time is up to awakeLag old, so short calls are judged by how late the timer is alone. A closed pool has nobody who counts awake time.
func (p *Pool[In, Out]) stoodStill(began int64, due time.Time) bool {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	asleep := p.timeout - awakeLag - time.Duration(p.awake.Load()-began)
	return !closed && max(asleep, time.Since(due)) > p.timeout/2
}

// Close ends the waiting goroutines and waits for the others until ctx is done; it returns how many calls are then still under way.
func (p *Pool[In, Out]) Close(ctx context.Context) int {
	p.mu.Lock()
	p.closed = true
	p.settle()
	p.mu.Unlock()
	p.drain()
	select {
	case <-p.quiet:
		return 0
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

// settle says once, under the lock, that a closed pool runs nothing.
func (p *Pool[In, Out]) settle() {
	if p.closed && p.running == 0 && !p.settled {
		p.settled = true
		close(p.quiet)
	}
}

// drain ends the goroutines that wait for a call.
func (p *Pool[In, Out]) drain() {
	for {
		select {
		case w := <-p.idle:
			close(w.start)
		default:
			return
		}
	}
}

// The states of a call.
const (
	working int32 = iota
	ended
	abandoned
)

// worker is one goroutine and the mailbox of its call.
type worker[In, Out any] struct {
	ctx      context.Context //nolint:containedctx // of the call under way, for the goroutine that runs it
	in       In
	out      Out
	took     time.Duration
	err      error
	ending   Ending
	state    atomic.Int32
	start    chan struct{}
	finished chan struct{}
	timer    *time.Timer
}

// worker returns one that waits for a call, or starts one.
func (p *Pool[In, Out]) worker() *worker[In, Out] {
	select {
	case w := <-p.idle:
		return w
	default:
	}
	w := &worker[In, Out]{start: make(chan struct{}, 1), finished: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	w.timer.Stop()
	p.mu.Lock()
	p.running++
	p.mu.Unlock()
	go p.run(w)
	return w
}

// release keeps a worker for the next call, or lets its goroutine end.
func (p *Pool[In, Out]) release(w *worker[In, Out]) {
	gone := w.ending == Exited
	w.forget()
	if gone {
		return
	}
	select {
	case p.idle <- w:
	default:
		close(w.start)
		return
	}
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		p.drain()
	}
}

// forget drops what the call held, so that an idle worker keeps nothing alive.
func (w *worker[In, Out]) forget() {
	var in In
	var out Out
	w.ctx, w.in, w.out, w.err, w.ending = nil, in, out, nil, Returned
}

// run is the goroutine of a worker: one call after the other, until its start is closed, the caller has left, or the function ends the goroutine.
func (p *Pool[In, Out]) run(w *worker[In, Out]) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running--
		p.settle()
	}()
	for range w.start {
		if !p.serve(w) {
			return
		}
	}
}

// serve runs one call and reports whether the goroutine may take another. Whatever way the function leaves, the caller hears of it.
func (p *Pool[In, Out]) serve(w *worker[In, Out]) (again bool) {
	w.ending = Exited
	began := time.Since(p.base)
	defer func() {
		w.took = time.Since(p.base) - began
		if w.ending == Exited {
			if value := recover(); value != nil {
				w.ending, w.err = Panicked, &PanicError{Value: value, Stack: debug.Stack()}
			}
		}
		again = w.state.CompareAndSwap(working, ended)
		if again {
			w.finished <- struct{}{}
			return
		}
		p.abandoned.Add(-1)
	}()
	w.out, w.err = p.predict(w.ctx, w.in)
	w.ending = Returned
	return
}
