package lifecycle

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Model is a model that is loaded when it is needed and closed when it is not. Make it with [New], end it with [Model.Close]. All its methods are safe for
// concurrent use; none but Close and Predict waits for anything.
type Model[In, Out any] struct {
	door door
	// loaded is what Predict calls. It is written only while the door is shut and nobody is inside.
	loaded Predictor[In, Out]

	cfg    Config[In, Out]
	needed atomic.Bool   // written under mu
	quiet  chan struct{} // closed when the model is closed for good and nothing of the application's runs

	mu            sync.Mutex // everything below; never held during a call of the application's code
	state         State
	since         time.Time
	ended         bool
	unneeded      time.Time         // since when; while it is not needed
	attempt       *attempt[In, Out] // the load under way; nil when there is none
	attempts      int
	failures      int
	failure       *Failure
	nextTry       time.Time
	memory        Memory
	closing       *closing // of the loaded model, while it is under way; nil otherwise
	closeFailures int
	closeFailure  *Failure
	strayLoads    int // given up, not returned
	strayClosings int
	timer         *time.Timer // calls tick when the next step is due by itself
}

// New makes a model that is not needed yet. It starts nothing. It returns every problem of the configuration at once.
func New[In, Out any](cfg Config[In, Out]) (*Model[In, Out], error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	m := &Model[In, Out]{cfg: cfg.withDefaults(), quiet: make(chan struct{}), since: time.Now()}
	m.door.emptied = m.tick
	return m, nil
}

// Need says whether the model is needed from now on. Saying the same again costs one atomic load. After Close it means nothing.
func (m *Model[In, Out]) Need(needed bool) {
	if m.needed.Load() == needed {
		return
	}
	m.do(func() {
		if m.ended || m.needed.Load() == needed {
			return
		}
		m.needed.Store(needed)
		if !needed {
			m.unneeded = time.Now()
		}
	})
}

// Ready reports whether calls are let in.
func (m *Model[In, Out]) Ready() bool { return m.door.open.Load() }

// Predict calls the loaded model, if it is ready; otherwise it returns [ErrNotReady] and has called nothing. The model is not closed before the call has
// returned, panicked or ended its goroutine. What the model returns is passed on untouched.
func (m *Model[In, Out]) Predict(ctx context.Context, in In) (out Out, err error) {
	s := m.door.enter()
	if s == nil {
		return out, ErrNotReady
	}
	defer m.door.leave(s)
	return m.loaded.Predict(ctx, in)
}

// Close ends the model for good: no call is let in any more, a load under way is cancelled, and when the last call has left the model is closed. It waits for
// all of that until ctx is done; what has not ended by then comes back as a [*HangError], and ends by itself if it ever does. Close may be called again, to wait
// again. After nil no goroutine of the model is left.
func (m *Model[In, Out]) Close(ctx context.Context) error {
	m.do(func() {
		m.ended = true
		m.needed.Store(false)
	})
	select {
	case <-m.quiet:
		return nil
	case <-ctx.Done():
	}
	return m.hanging()
}

// hanging says what has not ended; nil when everything has.
func (m *Model[In, Out]) hanging() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.isQuiet() {
		return nil
	}
	e := &HangError{Calls: m.door.calls(), Loads: m.strayLoads, Closings: m.strayClosings}
	if m.closing != nil {
		e.Closings++
	}
	return e
}
