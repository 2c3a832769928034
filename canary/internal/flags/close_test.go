package flags

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

func TestCloseLeavesStableAndSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(30.0)
		api := newAPI(t)
		set(t, api, p)
		var changes atomic.Int64
		r := open(t, Config{Client: api.NewClient(), Changed: func() { changes.Add(1) }})
		pass(time.Second)
		requireGood(t, r, 0.3)

		require.NoError(t, r.Close(t.Context()))
		requireUnbelieved(t, r, Closed, 0)
		p.UpdateFlags(flagOf(80.0))
		pass(time.Hour)
		requireUnbelieved(t, r, Closed, 0)
		require.EqualValues(t, 1, changes.Load())
		require.NoError(t, r.Close(t.Context()), "idempotent")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 {
			require.NoError(t, r.Close(ctx), "nothing to wait for")
		}
	})
}

func TestCloseConcurrentSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI(t)
		set(t, api, inMemory(30.0))
		for range 100 {
			r := open(t, Config{Client: api.NewClient()})
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := r.Close(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			<-r.First()
			requireUnbelieved(t, r, Closed, 0)
		}
	})
}

func TestCloseDuringAHangIsBoundedAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newHanging()
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(time.Second)
		requireGood(t, r, 0.3)
		p.hangs.Store(true)
		pass(3 * time.Second)

		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := r.Close(ctx)
		require.Equal(t, 2*time.Second, time.Since(begun))
		var still *CloseError
		require.ErrorAs(t, err, &still)
		require.Equal(t, []string{"evaluation"}, still.Running)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, `flags: "rollout" closed with evaluation still running: context deadline exceeded`)
		requireUnbelieved(t, r, Closed, 0)

		require.Error(t, r.Close(ctx), "still hanging, and no time to wait")
		close(p.release)
		require.NoError(t, r.Close(t.Context()), "waits again")
		require.Zero(t, p.running.Load())
		requireUnbelieved(t, r, Closed, 0) // the late 90 does not come back either
	})
}

func TestCloseCancelsAnEvaluationThatMindsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := steady(0)
		p.float = func(ctx context.Context) openfeature.FloatResolutionDetail { <-ctx.Done(); return good(30) }
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		synctest.Wait()
		begun := time.Now()
		require.NoError(t, r.Close(t.Context()))
		require.Zero(t, time.Since(begun))
		<-r.First()
		requireUnbelieved(t, r, Closed, 0)
	})
}

// TestCloseDuringACallbackReportsTheReader: even a reader that is stuck in our caller's code has said its last word.
func TestCloseDuringACallbackReportsTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(0.5)
		api := newAPI(t)
		set(t, api, p)
		release := make(chan struct{})
		var changes atomic.Int64
		r := open(t, Config{
			Client:  api.NewClient(),
			Changed: func() { changes.Add(1); <-release },
		})
		synctest.Wait()
		p.UpdateFlags(flagOf(80.0))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var still *CloseError
		require.ErrorAs(t, r.Close(ctx), &still)
		require.Equal(t, []string{"reader"}, still.Running)
		requireUnbelieved(t, r, Closed, 0)
		close(release)
		require.NoError(t, r.Close(t.Context()))
		requireUnbelieved(t, r, Closed, 0)
		require.EqualValues(t, 1, changes.Load())
	})
}

// TestNothingIsPublishedAfterClose: the loop may still have an outcome in hand when Close comes.
func TestNothingIsPublishedAfterClose(t *testing.T) {
	var calls int
	r := &Reader{cfg: Config{
		Flag: rollout, Changed: func() { calls++ }, Warn: func(Kind, error) { calls++ },
	}.withDefaults(), first: make(chan struct{})}
	l := newLoop(r)
	r.close()
	for _, kind := range []Kind{OK, NotReady, Disabled} {
		l.asked = time.Now()
		l.settle(outcome{kind: kind, percent: 0.5})
		requireUnbelieved(t, r, Closed, 0)
	}
	require.Zero(t, calls)
}
