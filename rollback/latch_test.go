package rollback

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZeroLatchIsTripped(t *testing.T) {
	var l Latch
	require.True(t, l.Tripped())
	_, first := l.Trip(breach)
	require.False(t, first)
	require.Equal(t, RolledBack, l.State().Stage)
	require.NotEmpty(t, expose(&l, 1).Refused)
	require.True(t, NewLatch(State{}).Tripped())
}

func TestTripIsOneWayAndHappensOnce(t *testing.T) {
	l := NewLatch(State{}.Next("v1"))
	require.False(t, l.Tripped())

	state, first := l.Trip(breach)
	require.True(t, first)
	require.True(t, l.Tripped())
	requireSame(t, State{}.Next("v1").RollBack(breach), state)

	again, first := l.Trip(Cause{Reason: "late"})
	require.False(t, first)
	requireSame(t, state, again)
	requireSame(t, state, l.State())
}

func TestLatchStartsTrippedAfterARestart(t *testing.T) {
	l := NewLatch(State{}.Next("v1").RollBack(breach))
	require.True(t, l.Tripped())
	state, first := l.Trip(Cause{Reason: "late"})
	require.False(t, first)
	require.Equal(t, breach, state.Cause)
}

func TestLatchNotesExposure(t *testing.T) {
	l := NewLatch(State{}.Next("v1"))
	for _, c := range []struct {
		share, want float64
		changed     bool
	}{{0.01, 0.01, true}, {0.01, 0.01, false}, {0.25, 0.25, true}, {0.1, 0.25, false}, {math.NaN(), 0.25, false}, {7, 1, true}, {8, 1, false}} {
		changed := expose(l, c.share).Changed
		require.Equal(t, c.want, l.State().HighestShare, c.share)
		require.Equal(t, c.changed, changed, c.share)
	}
	l.Trip(breach)
	require.False(t, expose(l, 1).Changed)
}

// expose notes a share.
func expose(l *Latch, share float64) Effects {
	_, effects := l.Apply(Machine{}, Event{Kind: OnExpose, Share: share})
	return effects
}

func TestLatchAppliesEvents(t *testing.T) {
	l := NewLatch(State{}.Next("v1").Expose(0.5))
	state, effects := l.Apply(Machine{}, Event{Kind: OnHold, Cause: breach, Share: 0.5})
	require.Equal(t, Effects{Changed: true}, effects)
	require.True(t, state.Hold.Held())
	requireSame(t, state, l.State())
	require.False(t, l.Tripped())

	for _, kind := range []EventKind{OnBegin, OnDeploy} {
		same, effects := l.Apply(Machine{}, Event{Kind: kind, Version: "v2"})
		require.Equal(t, "it is about another epoch", effects.Refused)
		require.False(t, effects.Changed)
		requireSame(t, state, same)
	}

	_, effects = l.Apply(Machine{}, Event{Kind: OnTrip, Cause: breach})
	require.True(t, effects.Changed)
	require.True(t, l.Tripped())
}

func TestLatchJoin(t *testing.T) {
	start := State{}.Next("v1")
	for _, c := range []struct {
		name             string
		other            State
		mine, joined     State
		tripped, changed bool
	}{
		{"nothing new", start, start, start, false, false},
		{"the zero state", State{}, start, start, false, false},
		{"a higher share", start.Expose(0.5), start.Expose(0.5), start.Expose(0.5), false, true},
		{"a rollback of this epoch", start.RollBack(breach), start.RollBack(breach), start.RollBack(breach), true, true},
		{"a newer epoch", start.Next("v2"), start, start.Next("v2"), false, false},
		{"a rollback in a newer epoch", start.Next("v2").RollBack(breach), State{Epoch: 1, Version: "v1", Stage: Shadow, Barred: []Bar{barOf(2, "v2")}}, start.Next("v2").RollBack(breach), false, true},
	} {
		l := NewLatch(start)
		joined, changed := l.Join(c.other)
		requireSame(t, c.joined, joined, c.name)
		requireSame(t, c.mine, l.State(), c.name)
		require.Equal(t, c.tripped, l.Tripped(), c.name)
		require.Equal(t, c.changed, changed, c.name)
	}
}

func TestTrippedLatchStaysTripped(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2_000 {
		l := NewLatch(State{}.Next("v1"))
		l.Trip(breach)
		for range 5 {
			switch r.IntN(3) {
			case 0:
				l.Apply(anyMachine(r), anyEvent(r))
			case 1:
				l.Join(anyState(r))
			case 2:
				l.Trip(anyCause(r))
			}
			require.True(t, l.Tripped())
			require.True(t, l.State().Tripped())
			require.Equal(t, uint64(1), l.State().Epoch)
		}
	}
}

func TestLatchHandsOutCopies(t *testing.T) {
	l := NewLatch(State{}.Next("v1"))
	tripped, _ := l.Trip(breach)
	joined, _ := l.Join(State{})
	for _, s := range []State{tripped, joined, l.State()} {
		s.Barred[0] = Bar{}
	}
	require.Equal(t, []Bar{barOf(1, "v1")}, l.State().Barred)
}

func TestLatchConcurrentSafe(t *testing.T) {
	for range 200 {
		l := NewLatch(State{}.Next("v1"))
		var firsts atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				expose(l, float64(i)/8)
				if _, first := l.Trip(breach); first {
					firsts.Add(1)
				}
				if !l.Tripped() || !l.State().Tripped() {
					t.Error("not tripped after Trip has returned")
				}
				l.Join(State{}.Next("v1").Expose(1))
			})
		}
		all.Wait()
		require.Equal(t, int32(1), firsts.Load())
		requireSame(t, State{}.Next("v1").Expose(1).RollBack(breach), l.State())
	}
}

func TestTrippedAllocatesNothing(t *testing.T) {
	l := NewLatch(State{}.Next("v1"))
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = l.Tripped() }))
}

func BenchmarkTripped(b *testing.B) {
	l := NewLatch(State{}.Next("v1"))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if l.Tripped() {
				b.Error("tripped")
			}
		}
	})
}
