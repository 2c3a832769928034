package lifecycle

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNewTellsEveryProblem(t *testing.T) {
	_, err := New(Config[string, string]{Cooldown: -time.Second, LoadTimeout: -time.Minute})
	require.ErrorContains(t, err, "Load is nil")
	require.ErrorContains(t, err, "Cooldown -1s is negative")
	require.ErrorContains(t, err, "LoadTimeout -1m0s is negative")
}

func TestNothingHappensUnneeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		began := time.Now()
		later(time.Hour)
		require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
		require.False(t, w.Ready())
		require.Equal(t, Status{Since: began}, w.Status())
		w.end(t)
		require.Zero(t, w.loads.Load())
	})
}

func TestLifeOfAModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript(), "one", "two")
		w.Need(true)
		later(0)
		require.True(t, w.Ready())
		require.EqualValues(t, 1, w.changes.Load())
		require.EqualValues(t, 2, w.calls.Load(), "warmed up")
		require.NoError(t, w.predict(t, "x"))
		require.ErrorIs(t, w.predict(t, "error"), errBoom, "untouched")
		s := w.Status()
		require.Equal(t, Ready, s.State)
		require.True(t, s.Needed)
		require.Equal(t, 1, s.Attempts)
		require.Equal(t, Memory{Bytes: 4096, Source: Reported}, s.Memory)

		later(time.Hour)
		require.True(t, w.Ready(), "needed all the while")
		w.Need(false)
		later(59 * time.Second)
		require.True(t, w.Ready(), "it cools down")
		require.EqualValues(t, 1, w.changes.Load())
		later(time.Second)
		require.False(t, w.Ready())
		require.EqualValues(t, 2, w.changes.Load())
		require.EqualValues(t, 1, w.closes.Load())
		require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
		require.Equal(t, Status{State: Idle, Since: time.Now(), Attempts: 1}, w.Status())
		require.Nil(t, w.loaded, "let go of")

		w.Need(true)
		later(0)
		require.True(t, w.Ready(), "loaded anew")
		require.EqualValues(t, 2, w.loads.Load())
		w.end(t)
		require.EqualValues(t, 2, w.closes.Load())
		require.EqualValues(t, 4, w.changes.Load())
		require.False(t, w.Status().Needed)
		require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
		w.Need(true)
		later(time.Hour)
		require.Equal(t, Closed, w.Status().State, "for good")
		require.False(t, w.Status().Needed)
	})
}

// A need that comes and goes within the cooldown costs nothing and starts the cooldown anew.
func TestNeededAgainWhileCooling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		w.Need(true)
		later(0)
		for range 10 {
			w.Need(false)
			later(59 * time.Second)
			w.Need(true)
			w.Need(false)
			later(59 * time.Second)
			require.True(t, w.Ready())
			w.Need(true)
		}
		require.EqualValues(t, 1, w.loads.Load())
		require.EqualValues(t, 1, w.changes.Load())
		w.end(t)
	})
}

func TestDrainWaitsForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		w.Need(true)
		later(0)
		first, second := w.started(t), w.started(t)
		w.Need(false)
		later(time.Hour)
		require.False(t, w.Ready())
		require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
		s := w.Status()
		require.Equal(t, Draining, s.State)
		require.EqualValues(t, 2, s.Calls)
		first()
		require.Equal(t, Draining, w.Status().State)
		require.Zero(t, w.closes.Load(), "one call is still inside")
		second()
		require.Equal(t, Idle, w.Status().State)
		require.EqualValues(t, 1, w.closes.Load())
		w.end(t)
	})
}

// A model that is still there is ready at once, without a second load.
func TestNeededAgainWhileDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		w.Need(true)
		later(0)
		leave := w.started(t)
		w.Need(false)
		later(2 * time.Minute)
		require.Equal(t, Draining, w.Status().State)
		w.Need(true)
		require.True(t, w.Ready(), "at once")
		require.EqualValues(t, 3, w.changes.Load())
		require.NoError(t, w.predict(t, "x"))
		leave()
		later(time.Hour)
		require.True(t, w.Ready())
		require.EqualValues(t, 1, w.loads.Load())
		require.Zero(t, w.closes.Load())
		w.end(t)
	})
}

func TestNeededAgainWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.onClose = "hang"
		w := newWorld(t, s)
		w.Need(true)
		later(0)
		w.Need(false)
		later(time.Minute)
		w.Need(true)
		later(time.Second)
		require.Equal(t, Draining, w.Status().State)
		require.False(t, w.Ready(), "it is being closed")
		close(w.release)
		later(0)
		require.True(t, w.Ready())
		require.EqualValues(t, 2, w.loads.Load())
		w.end(t)
	})
}

// Whatever way a call leaves, it is counted out.
func TestEveryCallLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		w.Need(true)
		later(0)
		require.Error(t, w.predict(t, "error"))
		require.PanicsWithValue(t, "boom", func() { _ = w.predict(t, "panic") })
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_ = w.predict(t, "goexit")
		}()
		<-gone
		require.Zero(t, w.Status().Calls)
		w.end(t)
		require.EqualValues(t, 1, w.closes.Load())
	})
}

// Closing in the middle of anything ends it.
func TestCloseInAnyState(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *world){
		"idle": func(*testing.T, *world) {},
		"loading": func(_ *testing.T, w *world) {
			w.onLoad = "obey"
			w.Need(true)
		},
		"just begun": func(_ *testing.T, w *world) {
			w.Need(true)
		},
		"failed": func(_ *testing.T, w *world) {
			w.onLoad = "error"
			w.Need(true)
		},
		"ready": func(_ *testing.T, w *world) {
			w.Need(true)
			later(0)
		},
		"cooling": func(_ *testing.T, w *world) {
			w.Need(true)
			later(0)
			w.Need(false)
			later(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, newScript(), "warm")
				prepare(t, w)
				before := time.Now()
				require.NoError(t, w.Close(context.Background()))
				require.Zero(t, time.Since(before), "nothing to wait for")
				w.end(t)
				if w.onLoad == "" {
					require.Equal(t, w.loads.Load(), w.closes.Load())
				}
			})
		})
	}
}

func TestCloseTellsWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newScript())
		w.Need(true)
		later(0)
		first, second := w.started(t), w.started(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var hang *HangError
		require.ErrorAs(t, w.Close(ctx), &hang)
		require.Equal(t, &HangError{Calls: 2}, hang)
		require.ErrorContains(t, hang, "2 calls, 0 loads and 0 closings")
		require.ErrorIs(t, w.predict(t, "x"), ErrNotReady)
		w.Need(true)
		require.False(t, w.Ready(), "the end is for good")
		first()
		require.Zero(t, w.closes.Load())
		second()
		require.EqualValues(t, 1, w.closes.Load(), "closed when the last call left, though nobody waits")
		require.NoError(t, w.Close(ctx), "what has ended does not hang, whatever the context")
		w.end(t)
	})
	for word, want := range map[string]HangError{"load": {Loads: 1}, "close": {Closings: 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			if word == "load" {
				s.onLoad = "hang"
			} else {
				s.onClose = "hang"
			}
			w := newWorld(t, s)
			w.Need(true)
			later(0)
			for _, wait := range []time.Duration{time.Second, time.Hour} {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				var hang *HangError
				require.ErrorAs(t, w.Close(ctx), &hang)
				require.Equal(t, want, *hang, word)
				cancel()
			}
			w.end(t)
			require.EqualValues(t, 1, w.closes.Load())
		})
	}
}

// Everything at a time: calls, needs, closings, a look now and then. No call may see a closed model, and every model is closed once.
func TestConcurrentSafe(t *testing.T) {
	w := newWorld(t, newScript())
	w.cfg.Cooldown = time.Nanosecond
	var answered atomic.Int64
	var stop atomic.Bool
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for !stop.Load() {
				if _, err := w.Predict(context.Background(), "x"); err == nil {
					answered.Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	for range 2 {
		all.Go(func() {
			for !stop.Load() {
				w.Need(true)
				runtime.Gosched()
				w.Need(false)
				_ = w.Status()
			}
		})
	}
	for answered.Load() < 2000 || w.loads.Load() < 200 {
		runtime.Gosched()
	}
	for range 3 {
		all.Go(func() { _ = w.Close(context.Background()) })
	}
	require.NoError(t, w.Close(context.Background()))
	stop.Store(true)
	all.Wait()
	w.end(t)
	require.Equal(t, w.loads.Load(), w.closes.Load())
}

func TestPredictDoesNotAllocate(t *testing.T) {
	w := newWorld(t, newScript())
	w.cfg.Load = func(context.Context) (Predictor[string, string], error) { return function(echo), nil }
	unready := testing.AllocsPerRun(1000, func() { _, _ = w.Predict(context.Background(), "x") })
	require.Zero(t, unready)
	ready := make(chan struct{})
	w.cfg.Changed = sync.OnceFunc(func() { close(ready) })
	w.Need(true)
	<-ready
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = w.Predict(context.Background(), "x") }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { w.Need(true) }))
	w.end(t)
}

func echo(_ context.Context, in string) (string, error) { return in, nil }
