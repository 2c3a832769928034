package lifecycle

import (
	"context"
	"math"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// failing is how an attempt fails, and what is left of it then.
type failing struct {
	stage State
	kind  Kind
	loads int   // under way, given up
	close int64 // closings of what was loaded, so far
	late  int64 // closings when what hangs has returned
}

var loadings = map[string]*failing{
	"":            nil,
	"error":       {stage: Loading, kind: Errored},
	"panic":       {stage: Loading, kind: Panicked},
	"panic error": {stage: Loading, kind: Panicked},
	"panic nasty": {stage: Loading, kind: Panicked},
	"goexit":      {stage: Loading, kind: Exited},
	"nil":         {stage: Loading, kind: NoModel},
	"nil pointer": {stage: Loading, kind: NoModel},
	"nil func":    {stage: Loading, kind: NoModel},
	"obey":        {stage: Loading, kind: TimedOut},
	"hang":        {stage: Loading, kind: TimedOut, loads: 1, late: 1},
}

var warmings = map[string]*failing{
	"none":        nil,
	"well":        nil,
	"error":       {stage: Warming, kind: Errored, close: 1},
	"panic":       {stage: Warming, kind: Panicked, close: 1},
	"panic nasty": {stage: Warming, kind: Panicked, close: 1},
	"goexit":      {stage: Warming, kind: Exited, close: 1},
	"obey":        {stage: Warming, kind: TimedOut, close: 1},
	"hang":        {stage: Warming, kind: TimedOut, loads: 1, late: 1},
}

// Every way to load, with every way to warm up.
func TestLoads(t *testing.T) {
	for loading, loadFails := range loadings {
		for warming, warmFails := range warmings {
			t.Run("load "+loading+", warm "+warming, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScript()
					s.onLoad = loading
					warm := []string{"first", warming, "last"}
					if warming == "none" {
						warm = nil
					}
					w := newWorld(t, s, warm...)
					w.Need(true)
					later(10 * time.Second / 2) // before a load is given up, after retries have failed
					later(10*time.Second/2 + time.Millisecond)
					want := loadFails
					if want == nil {
						want = warmFails
					}
					if want == nil {
						requireReady(t, w, len(warm))
						w.end(t)
						return
					}
					s.onLoad, w.cfg.Warm = "", nil // what is tried next is well
					requireFailing(t, w, want, loading+warming)
					later(time.Minute)
					require.True(t, w.Ready(), "the next one is well")
					require.Zero(t, w.Status().Failures)
					require.Nil(t, w.Status().Failure)
					w.Need(false)
					later(time.Hour)
					require.Equal(t, Idle, w.Status().State)
					w.end(t)
					require.EqualValues(t, w.Status().Attempts, w.loads.Load())
				})
			})
		}
	}
}

func requireReady(t *testing.T, w *world, samples int) {
	t.Helper()
	require.True(t, w.Ready())
	require.NoError(t, w.predict(t, "x"))
	require.EqualValues(t, samples+1, w.calls.Load())
	require.Zero(t, w.closes.Load())
	require.Nil(t, w.Status().Failure)
}

func requireFailing(t *testing.T, w *world, want *failing, word string) {
	t.Helper()
	require.False(t, w.Ready())
	require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
	require.Zero(t, w.changes.Load())
	s := w.Status()
	require.Equal(t, Failed, s.State)
	require.Equal(t, want.stage, s.Failure.Stage)
	require.Equal(t, want.kind.String(), s.Failure.Kind.String())
	require.Equal(t, s.Since, s.Failure.At)
	require.Equal(t, s.Failures, s.Attempts)
	require.True(t, s.NextTry.After(time.Now()))
	require.Equal(t, want.loads, s.Loads)
	require.Equal(t, want.close*int64(s.Attempts), w.closes.Load(), "what was loaded and failed to warm up is closed")
	switch word {
	case "error", "panic error":
		require.ErrorIs(t, s.Failure, errBoom)
	case "panic":
		require.Equal(t, "boom", s.Failure.Value)
		require.NotEmpty(t, s.Failure.Stack)
	}
	require.NotContains(t, s.Failure.Error(), "boom", "the application's texts are not ours to show")
	before := w.closes.Load()
	close(w.release)
	synctest.Wait()
	require.Equal(t, want.late, w.closes.Load()-before, "what comes too late is closed")
	require.Zero(t, w.Status().Loads)
	require.False(t, w.Ready(), "and never serves")
}

// The time between loads doubles, from a second to five minutes, for as long as the model is needed.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onLoad = "error"
		w := newWorld(t, s)
		w.Need(true)
		later(0)
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 150, 150, 150} {
			want *= time.Second
			status := w.Status()
			require.Equal(t, i+1, status.Failures)
			require.Equal(t, i+1, status.Attempts)
			require.Equal(t, want, time.Until(status.NextTry))
			later(want - time.Nanosecond)
			require.EqualValues(t, i+1, w.loads.Load())
			later(time.Nanosecond)
			require.EqualValues(t, i+2, w.loads.Load())
		}
		w.Need(false)
		require.Zero(t, w.Status().NextTry)
		loads := w.loads.Load()
		later(time.Hour)
		require.Equal(t, loads, w.loads.Load(), "nobody needs it")
		require.Equal(t, Idle, w.Status().State)
		require.ErrorIs(t, w.Status().Failure, errBoom, "kept to be read")
		require.Zero(t, w.changes.Load())
		w.end(t)
	})
}

// A need that comes and goes must not hurry the next load, unless the model has cooled down in between.
func TestNeedDoesNotHurryRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onLoad = "error"
		w := newWorld(t, s)
		w.Need(true)
		later(20 * time.Second) // loads at 0, 1, 3, 7, 15; the next at 31
		require.EqualValues(t, 5, w.loads.Load())
		for range 10 {
			w.Need(false)
			later(time.Millisecond)
			w.Need(true)
			later(time.Millisecond)
		}
		require.EqualValues(t, 5, w.loads.Load())
		w.Need(false)
		later(time.Minute)
		w.Need(true)
		later(0)
		require.EqualValues(t, 6, w.loads.Load())
		require.Equal(t, time.Second, time.Until(w.Status().NextTry), "afresh")
		w.end(t)
	})
}

func TestBackoff(t *testing.T) {
	for failures := -1; failures < 100; failures++ {
		least, most := backoff(failures, 0), backoff(failures, 1)
		require.GreaterOrEqual(t, least, retryFirst)
		require.LessOrEqual(t, most, retryMost)
		require.Equal(t, most, 2*least)
		require.GreaterOrEqual(t, backoff(failures+1, 0), least)
		require.InDelta(t, float64(least+most)/2, float64(backoff(failures, 0.5)), 1)
	}
	require.Equal(t, 5*time.Minute, backoff(math.MaxInt, 2), "bad jitter is clamped")
	require.Equal(t, time.Second, backoff(1, -3))
}

// Loads that hang are given up, but no more than two run beside each other.
func TestHangingLoadsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onLoad = "hang"
		w := newWorld(t, s)
		w.Need(true)
		later(time.Hour)
		status := w.Status()
		require.EqualValues(t, 2, w.loads.Load())
		require.Equal(t, 2, status.Attempts)
		require.Equal(t, 2, status.Loads)
		require.Equal(t, Failed, status.State)
		require.Equal(t, Saturated, status.Failure.Kind)
		require.ErrorContains(t, status.Failure, "2 functions given up earlier")
		s.onLoad = ""
		close(w.release)
		later(5 * time.Minute)
		require.True(t, w.Ready(), "they have returned")
		require.EqualValues(t, 2, w.closes.Load())
		w.end(t)
	})
}

// Closings that hang count with the loads that do.
func TestHangingClosingsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onClose = "hang"
		w := newWorld(t, s)
		for range 5 {
			w.Need(true)
			later(time.Hour)
			w.Need(false)
			later(time.Hour)
		}
		require.EqualValues(t, 2, w.loads.Load())
		status := w.Status()
		require.Equal(t, 2, status.Closings)
		require.Equal(t, 2, status.CloseFailures)
		require.Equal(t, TimedOut, status.CloseFailure.Kind)
		require.Equal(t, Idle, status.State)
		w.end(t)
	})
}

func TestClosingsThatFail(t *testing.T) {
	for word, kind := range map[string]Kind{"error": Errored, "panic": Panicked, "panic nasty": Panicked, "goexit": Exited} {
		t.Run(word, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript()
				s.onClose = word
				w := newWorld(t, s)
				for i := range 3 {
					w.Need(true)
					later(0)
					require.True(t, w.Ready())
					w.Need(false)
					later(time.Minute)
					status := w.Status()
					require.Equal(t, Idle, status.State)
					require.Equal(t, i+1, status.CloseFailures)
					require.Equal(t, kind, status.CloseFailure.Kind)
					require.Equal(t, Draining, status.CloseFailure.Stage)
					require.Equal(t, time.Now(), status.CloseFailure.At)
					require.Nil(t, status.Failure, "no load has failed")
				}
				w.end(t)
			})
		})
	}
}

// A load that is not needed any more goes on while it cools down; then it is cancelled, and what it brings is closed.
func TestUnneededWhileLoading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onLoad = "hang"
		w := newWorld(t, s)
		w.cfg.LoadTimeout = time.Hour
		w.Need(true)
		w.Need(false)
		later(59 * time.Second)
		require.Equal(t, Loading, w.Status().State)
		w.Need(true)
		w.Need(false)
		later(59 * time.Second)
		require.Equal(t, Loading, w.Status().State)
		later(time.Second)
		status := w.Status()
		require.Equal(t, Idle, status.State)
		require.Equal(t, 1, status.Loads)
		require.Nil(t, status.Failure, "it has not failed")
		close(w.release)
		later(0)
		require.EqualValues(t, 1, w.closes.Load())
		require.Zero(t, w.Status().Loads)
		require.Zero(t, w.changes.Load())
		w.end(t)
	})
	for _, word := range []string{"load", "warm"} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			var warm []string
			if word == "load" {
				s.onLoad = "obey"
			} else {
				warm = []string{"obey", "never"}
			}
			w := newWorld(t, s, warm...)
			w.cfg.LoadTimeout = time.Hour
			w.Need(true)
			w.Need(false)
			later(time.Minute)
			require.Zero(t, w.Status().Loads, "cancelled")
			require.Equal(t, int64(len(warm)/2), w.calls.Load())
			require.Equal(t, w.calls.Load(), w.closes.Load())
			w.end(t)
		})
	}
}

// No sample is begun for a load that is over.
func TestWarmingStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript(), "hang", "never")
		w.Need(true)
		later(0)
		require.Equal(t, Warming, w.Status().State)
		later(10 * time.Second)
		require.Equal(t, Failed, w.Status().State)
		w.Need(false)
		close(w.release)
		later(0)
		require.EqualValues(t, 1, w.calls.Load())
		require.EqualValues(t, 1, w.closes.Load())
		w.end(t)
	})
}

// The samples are those of New, whatever the application does with its slice.
func TestSamplesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		warm := []string{"well"}
		w := newWorld(t, newScript(), warm...)
		warm[0] = "error"
		w.Need(true)
		later(0)
		require.True(t, w.Ready())
		w.end(t)
	})
}

// A load that leaves because its time is over may do so before it is given up: it is as late.
func TestErrorsOfTheDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	<-ctx.Done()
	a := &attempt[string, string]{ctx: ctx}
	a.call(Loading, ctx.Err)
	require.Equal(t, TimedOut, a.failure.Kind)
	require.ErrorIs(t, a.failure, context.DeadlineExceeded)
	a.call(Loading, func() error { panic("boom") })
	require.Equal(t, Panicked, a.failure.Kind, "a panic stays one")

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	a = &attempt[string, string]{ctx: ctx}
	a.call(Loading, func() error { return context.DeadlineExceeded })
	require.Equal(t, Errored, a.failure.Kind, "somebody else's deadline")
}

// What loads while nobody needs it is ready should it be needed again.
func TestLoadedWhileCooling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onLoad = "hang"
		w := newWorld(t, s)
		w.Need(true)
		w.Need(false)
		later(time.Second)
		close(w.release)
		later(0)
		require.True(t, w.Ready())
		later(time.Minute)
		require.False(t, w.Ready())
		require.EqualValues(t, 1, w.closes.Load())
		w.end(t)
	})
}

func TestContextOfALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen context.Context
		m, err := New(Config[string, string]{Load: func(ctx context.Context) (Predictor[string, string], error) {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, 10*time.Minute, time.Until(deadline), "the default")
			require.NoError(t, ctx.Err())
			seen = ctx
			return function(echo), nil
		}})
		require.NoError(t, err)
		m.Need(true)
		later(0)
		require.True(t, m.Ready())
		require.ErrorIs(t, seen.Err(), context.Canceled, "the load is over")
		require.NoError(t, m.Close(t.Context()))
	})
}

func TestMemory(t *testing.T) {
	for word, want := range map[string]Memory{
		"":         {Bytes: 4096, Source: Reported},
		"negative": {Bytes: 0, Source: Reported},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			s.onMemory = word
			w := newWorld(t, s)
			w.Need(true)
			later(0)
			require.Equal(t, want, w.Status().Memory)
			w.Need(false)
			later(time.Hour)
			require.Zero(t, w.Status().Memory, "there is no model")
			w.end(t)
		})
	}
	for _, word := range []string{"panic", "panic nasty", "goexit"} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			s.onMemory = word
			w := newWorld(t, s)
			w.Need(true)
			later(0)
			require.True(t, w.Ready(), "as well as any")
			require.Nil(t, w.Status().Failure)
			require.Equal(t, HeapGrowth, w.Status().Memory.Source)
			w.end(t)
		})
	}
}

// heavy is a model that does not know how much it takes.
type heavy struct{ weights []byte }

func (h *heavy) Predict(context.Context, string) (string, error) { return string(h.weights[:1]), nil }

func TestMemoryByGrowth(t *testing.T) {
	const size = 64 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what others leave behind is not swept meanwhile
	ready := make(chan struct{}, 2)
	m, err := New(Config[string, string]{
		Load:    func(context.Context) (Predictor[string, string], error) { return &heavy{make([]byte, size)}, nil },
		Changed: func() { ready <- struct{}{} },
	})
	require.NoError(t, err)
	m.Need(true)
	<-ready
	require.Equal(t, HeapGrowth, m.Status().Memory.Source)
	require.InDelta(t, size, m.Status().Memory.Bytes, size/4)
	require.NoError(t, m.Close(t.Context()))
}

func TestWords(t *testing.T) {
	for state := Idle; state <= Closed; state++ {
		require.NotEqual(t, "unknown", state.String())
	}
	for kind := Errored; kind <= Saturated; kind++ {
		require.NotEqual(t, "unknown", kind.String())
		f := &Failure{Stage: Loading, Kind: kind, Err: nasty{}, Value: nasty{}}
		require.Contains(t, f.Error(), "canary: model loading: ", "and never panics")
		require.NotContains(t, f.Error(), "loading: failed")
	}
	for source := Reported; source <= HeapGrowth; source++ {
		require.NotEqual(t, "unknown", source.String())
	}
	require.Equal(t, "unknown", State(200).String())
	require.Equal(t, "unknown", Kind(200).String())
	require.Equal(t, "unknown", MemorySource(200).String())
	require.Equal(t, "canary: model loading: failed", (&Failure{Stage: Loading}).Error())
}
