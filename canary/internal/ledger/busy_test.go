package ledger

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// nobody visits without looking.
type nobody struct{}

func (nobody) Assigned(Entry) struct{}          { return struct{}{} }
func (nobody) Settled(struct{}, Entry, *Result) {}

func TestBusyCountsCallsUnderWay(t *testing.T) {
	l := New(64, 0, 0, 0)
	l.Watch(true)
	f := NewFolder[struct{}](l)
	require.False(t, l.Busy(0))
	var holds []Hold
	now := int64(1)
	begin := func() {
		h := l.Reserve(rand.Uint64(), 0, 0, nil)
		h.Begin(now)
		now++
		holds = append(holds, h)
	}
	count := func() (n int) {
		for l.Busy(n) {
			n++
		}
		return n
	}
	begin()
	begin()
	require.Equal(t, 2, count(), "not visited yet")
	f.Pass(now, 0, 1000, nobody{})
	require.Equal(t, 2, count(), "visited, still under way")
	begin()
	require.Equal(t, 3, count(), "both")
	holds[0].Settle(OK, false, 1)
	require.Equal(t, 2, count(), "settled, whatever the folder knows")
	f.Pass(now, 0, 1000, nobody{})
	holds[1].Settle(OK, false, 1)
	holds[2].Settle(OK, false, 1)
	require.False(t, l.Busy(0))
	f.Pass(now, 0, 1000, nobody{})
	begin()
	f.Pass(now, 1000, 1000, nobody{})
	f.Pass(now, 3000, 1000, nobody{})
	require.False(t, l.Busy(0), "what is past the deadline hangs")
	require.True(t, holds[3].Held())
}

// While calls come and go, at most as many as there are callers are under way, and a caller in its call is always seen.
func TestBusyWhileOthersWork(t *testing.T) {
	l := New(256, 0, 0, 0)
	l.Watch(true)
	f := NewFolder[struct{}](l)
	const callers = 4
	var folding, working sync.WaitGroup
	stop := make(chan struct{})
	folding.Go(func() {
		for now := int64(1); ; now++ {
			select {
			case <-stop:
				return
			default:
				f.Pass(now<<40, 0, 1<<60, nobody{})
			}
		}
	})
	for range callers {
		working.Go(func() {
			for range 2000 {
				h := l.Reserve(rand.Uint64(), 0, 0, nil)
				h.Begin(1)
				if h.Held() && !l.Busy(0) {
					t.Error("a call under way was not seen")
				}
				h.Settle(OK, false, 1)
			}
		})
	}
	working.Wait()
	close(stop)
	folding.Wait()
	require.False(t, l.Busy(0))
}
