package keeper

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// startHerald starts one that ends before the test does.
func startHerald(t *testing.T, hook func(Event)) (*Keeper, *Herald) {
	h := NewHerald(hook, nil)
	t.Cleanup(func() { require.NoError(t, h.Close(context.Background())) })
	return &Keeper{herald: h}, h
}

// The news of a rollback waits for its file, but not for ever.
func TestNewsWaitForTheFile(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ended time.Duration
		err   error
		told  time.Duration
	}{
		{"stored", 30 * time.Millisecond, nil, 30 * time.Millisecond},
		{"refused", 30 * time.Millisecond, errFull, 30 * time.Millisecond},
		{"hangs", time.Hour, nil, durableWait},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				began := time.Now()
				var told time.Duration
				var got Event
				k, _ := startHerald(t, func(e Event) { told, got = time.Since(began), e })
				a := newAttempt()
				timer := time.AfterFunc(tc.ended, func() { a.err = tc.err; close(a.done) })
				defer timer.Stop()
				k.emitAfter(Event{Kind: TrippedEvent}, a)
				pass(time.Minute)
				require.Equal(t, tc.told, told)
				if tc.name == "hangs" {
					require.ErrorContains(t, got.NotDurable, "still trying")
				} else {
					require.Equal(t, tc.err, got.NotDurable)
				}
			})
		})
	}
}

// Closing does not wait two seconds for a file that will not come when its context does not allow it.
func TestCloseCutsTheWaitShort(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got Event
		k, h := startHerald(t, func(e Event) { got = e })
		k.emitAfter(Event{Kind: TrippedEvent}, newAttempt())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		require.ErrorContains(t, h.Close(ctx), "still being delivered")
		synctest.Wait()
		require.ErrorContains(t, got.NotDurable, "not stored", "it is told all the same")
		require.NoError(t, h.Close(t.Context()))
	})
}

// A hook that ends the goroutine does not end the delivery, not even of the last events.
func TestHookThatExits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		told := 0
		h := newHerald(func(Event) { told++; runtime.Goexit() }, nil)
		k := &Keeper{herald: h}
		for range 10 {
			k.Emit(Event{Kind: ShareChanged})
		}
		h.start()
		require.NoError(t, h.Close(t.Context()))
		require.Equal(t, 10, told)
		require.EqualValues(t, 10, h.failed.Load())
	})
}

// What a burst has left is due until it was replayed, though no traffic follows.
func TestReplayIsDueUntilItCame(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newHerald(nil, nil)
		asked := func() bool {
			select {
			case <-h.replay:
				return true
			default:
				return false
			}
		}
		h.replaySoon(false)
		require.False(t, asked(), "nothing to tell")
		h.replaySoon(true)
		require.True(t, asked())
		h.replaySoon(true)
		require.False(t, asked(), "too soon")
		pass(replayEvery)
		h.replaySoon(false)
		require.True(t, asked(), "but not forgotten")
		pass(replayEvery)
		h.replaySoon(false)
		require.False(t, asked())
	})
}
