package lifecycle

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func newDoor(open bool) (*door, *atomic.Int64) {
	emptied := new(atomic.Int64)
	d := &door{emptied: func() { emptied.Add(1) }}
	d.open.Store(open)
	return d, emptied
}

func TestDoorCounts(t *testing.T) {
	d, emptied := newDoor(false)
	require.Nil(t, d.enter(), "shut to begin with")

	d.open.Store(true)
	a, b := d.enter(), d.enter()
	require.NotNil(t, a)
	require.EqualValues(t, 2, d.calls())
	require.False(t, d.empty())

	d.open.Store(false)
	require.Nil(t, d.enter())
	d.leave(a)
	require.Zero(t, emptied.Load(), "one is still inside")
	d.leave(b)
	require.EqualValues(t, 1, emptied.Load())
	require.True(t, d.empty())
}

// A call that saw an open door and was held up before it was counted must not come in after the door was shut and seen empty.
func TestDoorLooksAgainAfterCounting(t *testing.T) {
	d, emptied := newDoor(true)
	s := d.stripe() // the call has seen an open door
	d.open.Store(false)
	require.True(t, d.empty(), "and is not counted yet: the model may be closed now")

	require.Nil(t, d.admit(s))
	require.True(t, d.empty(), "who was turned away is not counted")
	require.EqualValues(t, 1, emptied.Load(), "and tells so, since it was seen inside for a moment")
}

// Whoever was seen inside by mistake or by right, somebody tells when the last one has gone, by whatever stripes they leave.
func TestDoorTellsOfTheLast(t *testing.T) {
	for first := range stripes {
		for second := range stripes {
			d, emptied := newDoor(true)
			a, b := d.admit(&d.stripes[first]), d.admit(&d.stripes[second])
			d.open.Store(false)
			d.leave(a)
			require.Zero(t, emptied.Load())
			d.leave(b)
			require.EqualValues(t, 1, emptied.Load())
		}
	}
}

func TestDoorOpenIsSilent(t *testing.T) {
	d, emptied := newDoor(true)
	d.leave(d.enter())
	require.Zero(t, emptied.Load(), "nobody waits for an open door")
}

// Calls come and go while the door is shut and opened again. What is behind it is a plain variable, written whenever the door is shut and nobody is inside:
// the race detector sees it if a call is inside all the same, and so do the calls.
func TestDoorConcurrentSafe(t *testing.T) {
	const rounds, callers = 2000, 8
	last := make(chan struct{}, 1)
	d := &door{emptied: func() {
		select {
		case last <- struct{}{}:
		default:
		}
	}}
	behind, away := 1, false // 0: closed
	var entered, wrong atomic.Int64
	var stop atomic.Bool
	var calls sync.WaitGroup
	for caller := range callers {
		enter := d.enter
		if caller%2 == 0 { // enter, held up in the middle
			enter = func() *stripe {
				if !d.open.Load() {
					return nil
				}
				runtime.Gosched()
				return d.admit(d.stripe())
			}
		}
		calls.Go(func() {
			for !stop.Load() {
				s := enter()
				if s == nil {
					runtime.Gosched()
					continue
				}
				if away {
					wrong.Add(1)
				}
				_ = behind
				entered.Add(1)
				runtime.Gosched()
				if away {
					wrong.Add(1)
				}
				d.leave(s)
			}
		})
	}
	for range rounds {
		d.open.Store(true)
		for seen := entered.Load(); entered.Load() == seen; {
			runtime.Gosched()
		}
		d.open.Store(false)
		for !d.empty() {
			<-last
		}
		away = true
		behind++
		runtime.Gosched()
		away = false
	}
	stop.Store(true)
	calls.Wait()
	require.Zero(t, wrong.Load())
	require.True(t, d.empty())
}

func TestDoorSpreads(t *testing.T) {
	d, _ := newDoor(true)
	var mu sync.Mutex
	seen := map[*stripe]bool{}
	var calls, held sync.WaitGroup
	held.Add(64)
	for range 64 {
		calls.Go(func() {
			s := d.enter()
			held.Done()
			held.Wait() // all stacks are in use at a time
			mu.Lock()
			seen[s] = true
			mu.Unlock()
			d.leave(s)
		})
	}
	calls.Wait()
	require.Greater(t, len(seen), 1)
	require.True(t, d.empty())
}
