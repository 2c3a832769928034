package isolate

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model does what its input says.
func model(release <-chan struct{}) func(context.Context, string) (string, error) {
	return func(_ context.Context, in string) (string, error) {
		switch in {
		case "panic":
			panic("boom")
		case "panic error":
			panic(errBoom)
		case "panic nasty":
			panic(nasty{})
		case "exit":
			runtime.Goexit()
		case "hang":
			<-release
		case "error":
			return "partial", errBoom
		}
		return "answer to " + in, nil
	}
}

var errBoom = errors.New("boom")

// nasty is a panic value whose methods panic.
type nasty struct{}

func (nasty) Error() string  { panic("Error") }
func (nasty) String() string { panic("String") }

func newPool(t *testing.T, release <-chan struct{}) *Pool[string, string] {
	t.Helper()
	p := NewPool(model(release), time.Second, 4)
	t.Cleanup(func() { require.Zero(t, p.Close(context.Background())) })
	return p
}

func TestEndings(t *testing.T) {
	p := NewPool(model(nil), time.Minute, 4)
	for range 3 {
		out, _, err, ending := p.Call(t.Context(), "x")
		require.Equal(t, "answer to x", out)
		require.NoError(t, err)
		require.Equal(t, Returned, ending)

		out, _, err, ending = p.Call(t.Context(), "error")
		require.Equal(t, "partial", out)
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, Returned, ending)

		_, _, err, ending = p.Call(t.Context(), "panic")
		require.Equal(t, Panicked, ending)
		var panicked *PanicError
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, "boom", panicked.Value)
		require.Contains(t, string(panicked.Stack), "model")

		_, _, err, ending = p.Call(t.Context(), "panic error")
		require.Equal(t, Panicked, ending)
		require.ErrorIs(t, err, errBoom)

		_, _, err, ending = p.Call(t.Context(), "panic nasty")
		require.Equal(t, Panicked, ending)
		require.NotPanics(t, func() { _ = err.Error() })

		_, _, _, ending = p.Call(t.Context(), "exit")
		require.Equal(t, Exited, ending)
	}
	require.Zero(t, p.Close(t.Context()))
	require.Zero(t, p.Close(t.Context()), "Close is idempotent")
}

func TestHangIsAbandonedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := newPool(t, release)
		for i := range 4 {
			began := time.Now()
			_, _, _, ending := p.Call(t.Context(), "hang")
			require.Equal(t, TimedOut, ending)
			require.Equal(t, time.Second, time.Since(began))
			require.Equal(t, i+1, p.Abandoned())
		}
		began := time.Now()
		_, _, _, ending := p.Call(t.Context(), "hang")
		require.Equal(t, Saturated, ending, "no fifth goroutine hangs")
		require.Zero(t, time.Since(began))

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, 4, p.Close(short), "Close reports what still runs")
		close(release)
		synctest.Wait()
		require.Zero(t, p.Abandoned())
	})
}

// A process that stood still (SIGSTOP, throttling) must not blame the model: its timers are late, and the call gets its timeout anew.
func TestSleepOfTheProcessIsNotATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := newPool(t, release)
		var stoodStill atomic.Int64
		awake := p.now
		p.now = func() time.Duration { return awake() + time.Duration(stoodStill.Load()) }
		time.AfterFunc(time.Second/2, func() { stoodStill.Store(int64(15 * time.Second)) })
		time.AfterFunc(3*time.Second/2, func() { close(release) })
		out, _, _, ending := p.Call(t.Context(), "hang")
		require.Equal(t, Returned, ending)
		require.Equal(t, "answer to hang", out)
	})
}

// The timeout is the timeout, however short.
func TestTimeoutIsKept(t *testing.T) {
	for _, timeout := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			p := NewPool(model(release), timeout, 4)
			began := time.Now()
			_, _, _, ending := p.Call(t.Context(), "hang")
			require.Equal(t, TimedOut, ending)
			require.Equal(t, timeout, time.Since(began))
			close(release)
			require.Zero(t, p.Close(t.Context()))
		})
	}
}

// A call that is under way when its keeper has gone for good still ends.
func TestHangWhileNobodyCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := NewPool(model(release), time.Second, 4)
		endings := make(chan Ending)
		began := time.Now()
		go func() {
			_, _, _, ending := p.Call(t.Context(), "hang")
			endings <- ending
		}()
		<-time.After(100 * time.Millisecond)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.Equal(t, 1, p.Close(gone))
		require.Equal(t, TimedOut, <-endings)
		require.Equal(t, time.Second, time.Since(began))
		close(release)
		require.Zero(t, p.Close(t.Context()))
	})
}

func TestConcurrentSafe(t *testing.T) {
	p := newPool(t, nil)
	inputs := []string{"a", "b", "panic", "exit", "error", "c"}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 500 {
				in := inputs[(g+i)%len(inputs)]
				out, _, err, ending := p.Call(t.Context(), in)
				if ending == Returned && err == nil && out != "answer to "+in {
					t.Errorf("%q got the answer %q", in, out)
				}
			}
		})
	}
	wg.Wait()
	require.Zero(t, p.Abandoned())
}

func TestCallWhileClosing(t *testing.T) {
	for range 200 {
		p := NewPool(model(nil), time.Minute, 4)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				out, _, _, ending := p.Call(t.Context(), "x")
				if ending != Returned || out != "answer to x" {
					t.Errorf("got %q, ending %v", out, ending)
				}
			})
		}
		p.Close(t.Context())
		wg.Wait()
		require.Zero(t, p.Close(t.Context()))
	}
}

func TestIdleWorkersKeepNothingAlive(t *testing.T) {
	p := newPool(t, nil)
	_, _, _, _ = p.Call(t.Context(), "x")
	w := <-p.idle
	require.Nil(t, w.ctx)
	require.Empty(t, w.in)
	require.Empty(t, w.out)
	p.idle <- w
}

func TestCallDoesNotAllocate(t *testing.T) {
	p := newPool(t, nil)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _, _, _ = p.Call(ctx, "") }))
}

func BenchmarkCall(b *testing.B) {
	p := NewPool(func(_ context.Context, in int) (int, error) { return in, nil }, time.Second, 4)
	defer p.Close(b.Context())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _, _, _ = p.Call(ctx, 1)
	}
}
