package lifecycle

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

// script is a model that does what its input says, and a Load, a Close and a MemoryBytes that do what they are told.
type script struct {
	onLoad, onClose, onMemory string        // "" is well
	release                   chan struct{} // ends what hangs

	loads, closes, calls, misuses atomic.Int64
}

func newScript() *script { return &script{release: make(chan struct{})} }

// act does what a word says. Those who hang do not look at their context.
func (s *script) act(ctx context.Context, word string) error {
	switch word {
	case "error":
		return errBoom
	case "panic":
		panic("boom")
	case "panic error":
		panic(errBoom)
	case "panic nasty":
		panic(nasty{})
	case "goexit":
		runtime.Goexit()
	case "hang":
		<-s.release
	case "obey": // hangs, but leaves when it is told to
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// nasty is a panic value whose methods panic.
type nasty struct{}

func (nasty) Error() string  { panic("Error") }
func (nasty) String() string { panic("String") }

func (s *script) Load(ctx context.Context) (Predictor[string, string], error) {
	s.loads.Add(1)
	switch s.onLoad {
	case "nil":
		return nil, nil
	case "nil pointer":
		return (*loaded)(nil), nil
	case "nil func":
		return function(nil), nil
	}
	l := &loaded{script: s}
	return l, s.act(ctx, s.onLoad)
}

// loaded is a model of a script. It notices calls after its closing.
type loaded struct {
	script *script
	closed atomic.Bool
}

func (l *loaded) Predict(ctx context.Context, in string) (string, error) {
	if l.closed.Load() {
		l.script.misuses.Add(1)
	}
	l.script.calls.Add(1)
	err := l.script.act(ctx, in)
	if l.closed.Load() {
		l.script.misuses.Add(1)
	}
	return "answer to " + in, err
}

func (l *loaded) Close() error {
	l.script.closes.Add(1)
	if l.closed.Swap(true) {
		l.script.misuses.Add(1)
	}
	return l.script.act(context.Background(), l.script.onClose)
}

func (l *loaded) MemoryBytes() int64 {
	_ = l.script.act(context.Background(), l.script.onMemory)
	if l.script.onMemory == "negative" {
		return -5
	}
	return 4096
}

// function is a model that is neither closed nor asked for memory.
type function func(context.Context, string) (string, error)

func (f function) Predict(ctx context.Context, in string) (string, error) { return f(ctx, in) }

// world is a model of a script under test, with how often its readiness changed.
type world struct {
	*Model[string, string]
	*script
	changes atomic.Int64
}

// newWorld makes a model that loads in no more than ten seconds, cools down in a minute and retries as soon as it may. Its end is that of the test: whatever
// hangs is released, and nothing may be left.
func newWorld(t *testing.T, s *script, warm ...string) *world {
	t.Helper()
	w := &world{script: s}
	m, err := New(Config[string, string]{
		Load: s.Load, Warm: warm, LoadTimeout: 10 * time.Second,
		Changed: func() { w.changes.Add(1) }, Jitter: func() float64 { return 0 },
	})
	require.NoError(t, err)
	w.Model = m
	return w
}

// end releases what hangs and closes the model.
func (w *world) end(t *testing.T) {
	t.Helper()
	select {
	case <-w.release:
	default:
		close(w.release)
	}
	require.NoError(t, w.Close(context.Background()))
	require.Equal(t, Closed, w.Status().State)
	require.Zero(t, w.misuses.Load(), "calls of a closed model, or closings of one")
}

// later lets time pass and everything come to rest.
func later(d time.Duration) {
	<-time.After(d) // in the bubble's time
	synctest.Wait()
}

// predict asks the model and wants to know only of the error.
func (w *world) predict(t *testing.T, in string) error {
	t.Helper()
	out, err := w.Predict(t.Context(), in)
	if err == nil {
		require.Equal(t, "answer to "+in, out)
	}
	return err
}

// started begins a call that hangs and returns how to let it leave and wait for it.
func (w *world) started(t *testing.T) (leave func()) {
	t.Helper()
	inside := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = w.Predict(cancelled{inside}, "obey")
	}()
	synctest.Wait()
	return func() {
		close(inside)
		<-gone
		synctest.Wait()
	}
}

// cancelled is a context that is done when its channel is closed.
type cancelled struct{ done chan struct{} }

func (c cancelled) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c cancelled) Done() <-chan struct{}       { return c.done }
func (c cancelled) Err() error                  { return context.Canceled }
func (c cancelled) Value(any) any               { return nil }
