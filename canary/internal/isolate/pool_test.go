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
	var awake atomic.Int64
	awake.Store(1 << 60) // a process that never sleeps
	return newPoolAwake(t, release, &awake)
}

func newPoolAwake(t *testing.T, release <-chan struct{}, awake *atomic.Int64) *Pool[string, string] {
	t.Helper()
	p := NewPool(model(release), time.Second, 4, awake)
	t.Cleanup(func() { require.Zero(t, p.Close(context.Background())) })
	return p
}

// clock lets awake time follow virtual time, as the keeper does.
func clock(awake *atomic.Int64) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				awake.Add(int64(5 * time.Millisecond))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-gone }
}

func TestEndings(t *testing.T) {
	p := NewPool(model(nil), time.Minute, 4, new(atomic.Int64))
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
		var awake atomic.Int64
		defer clock(&awake)()
		release := make(chan struct{})
		p := newPoolAwake(t, release, &awake)
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

// A process that stood still (SIGSTOP, throttling) must not blame the model: the timeout runs in awake time.
func TestSleepOfTheProcessIsNotATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var awake atomic.Int64 // nobody advances it: asleep
		release := make(chan struct{})
		p := newPoolAwake(t, release, &awake)
		time.AfterFunc(15*time.Second, func() { close(release) })
		out, _, _, ending := p.Call(t.Context(), "hang")
		require.Equal(t, Returned, ending)
		require.Equal(t, "answer to hang", out)
	})
}

// A clock that is as old as an idle keeper's does not extend a call.
func TestTimeoutIsKeptByAnIdleKeeper(t *testing.T) {
	for _, timeout := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var awake atomic.Int64
			release := make(chan struct{})
			p := NewPool(model(release), timeout, 4, &awake)
			time.AfterFunc(timeout/2, func() { awake.Store(int64(max(0, timeout-awakeLag))) }) // what a keeper knows when the timer fires
			began := time.Now()
			_, _, _, ending := p.Call(t.Context(), "hang")
			require.Equal(t, TimedOut, ending)
			require.Equal(t, timeout, time.Since(began))
			close(release)
			require.Zero(t, p.Close(t.Context()))
		})
	}
}

// A timer that is much later than it was due says that the process stood still, a closed pool forgives nothing.
func TestStoodStill(t *testing.T) {
	var awake atomic.Int64
	p := NewPool(model(nil), time.Second, 4, &awake)
	awake.Store(int64(time.Hour))
	now := time.Now()
	require.False(t, p.stoodStill(0, now), "awake all the time")
	require.True(t, p.stoodStill(0, now.Add(-time.Second)), "the timer came late")
	awake.Store(int64(200 * time.Millisecond))
	require.True(t, p.stoodStill(0, now), "asleep for most of the time")
	awake.Store(int64(300 * time.Millisecond))
	require.False(t, p.stoodStill(0, now), "may be the age of the clock")
	awake.Store(0)
	require.Zero(t, p.Close(t.Context()))
	require.False(t, p.stoodStill(0, now.Add(-time.Hour)), "nobody counts awake time any more")
}

// A call that is under way when its keeper has gone for good still ends.
func TestHangWhileNobodyCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := NewPool(model(release), time.Second, 4, new(atomic.Int64))
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
		p := NewPool(model(nil), time.Minute, 4, new(atomic.Int64))
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
	p := NewPool(func(_ context.Context, in int) (int, error) { return in, nil }, time.Second, 4, new(atomic.Int64))
	defer p.Close(b.Context())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _, _, _ = p.Call(ctx, 1)
	}
}
