package attribution

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

const day = 24 * time.Hour

// busy is the windows of a day, with eight signals and all dimensions.
var busy = Config{Within: day, Signals: 8, Dimensions: 8, MaxOpen: 1 << 18, Seed: 1}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Ten million units in a day: memory is bounded, every part of the day is heard as loudly as any other, and it is all given back.
func TestMemoryIsBounded(t *testing.T) {
	const units = 10_000_000
	before, w, n := heap(), New(busy), &nowhere{}
	var parts [64]int
	most, waited := 0, 0
	for unit := range units {
		now := day / units * time.Duration(unit)
		if w.Open(uint64(unit), 1, fresh, stable, 0, now) {
			parts[64*unit/units]++
		}
		if unit%10_000 == 0 {
			w.Fold(now, n)
			most, waited = max(most, w.Bytes()), max(waited, w.Waiting())
		}
	}
	grown := heap() - before
	require.InDelta(t, w.Bytes(), grown, 0.02*float64(grown)+64<<10, "Bytes tells the truth")
	require.Equal(t, uint64(units-w.Waiting()), w.Thinned()+uint64(n.windows))
	require.LessOrEqual(t, waited, busy.MaxOpen)
	require.Greater(t, waited, busy.MaxOpen*98/100, "and there is no need for less")
	require.Less(t, most, busy.MaxOpen*(24+2*8+8), "24 bytes, two a signal and one a dimension")
	first, rest := parts[0], parts[1:]
	require.InDelta(t, 3840+16384, first, 400, "and what was saved, at the start")
	for i, n := range rest {
		require.InDelta(t, 3840, n, 300, "part %d of 64", i+1)
	}

	w.Fold(2*day, n)
	require.Zero(t, w.Waiting())
	w.Fold(3*day+time.Hour, n)
	w.Fold(4*day+2*time.Hour, n)
	require.Less(t, w.Bytes(), 1000)
	require.Less(t, heap()-before, 64<<10)
}

// The index is halved again and again when there is less to do, but what is open is always found.
func TestMemoryFollowsTheDemand(t *testing.T) {
	w, n := New(Config{Within: 1000, MaxOpen: 1 << 20}), &nowhere{}
	bytes := map[int]int{}
	unit, now := uint64(0), time.Duration(0)
	for _, each := range []int{50, 2, 1, 0, 50} {
		for range 12_000 {
			for range each {
				unit++
				require.True(t, w.Open(unit, 1, fresh, stable, 0, now))
			}
			now++
			w.Fold(now, n)
		}
		for u := unit - uint64(w.Waiting()); u < unit; u++ {
			require.True(t, w.Report(u+1, 1, stable, 0, 1, false))
		}
		if before, again := bytes[each]; again {
			require.Equal(t, before, w.Bytes())
		}
		bytes[each] = w.Bytes()
	}
	require.Less(t, bytes[50], 50_000*(24+2)+200_000)
	require.Less(t, bytes[2], bytes[50]/5)
	require.Less(t, bytes[0], 1000)
}

// Who has a window does not depend on what is known of anybody, nor on what is reported.
func TestThinningIsBlind(t *testing.T) {
	cfg := Config{Within: 1000, Signals: 2, Dimensions: 1, MaxOpen: MinOpen}
	a, b, r := New(cfg), New(cfg), rand.New(rand.NewPCG(1, 1))
	thinned := 0
	for i := range 20_000 {
		now := time.Duration(i)
		arm := criteria.Arm(r.IntN(2))
		x, y := a.Open(uint64(i), 1, fresh, arm, 0, now), b.Open(uint64(i), 1, criteria.Band, 1-arm, 7, now)
		require.Equal(t, x, y)
		if !x {
			thinned++
		}
		a.Report(uint64(i-r.IntN(100)), 1, arm, 0, 1, false)
		a.Fold(now, &nowhere{})
		b.Fold(now, &nowhere{})
	}
	require.Greater(t, thinned, 15_000)
}

// Nobody is thinned while half of what can be saved up is there, and a steady demand below the supply never is.
func TestWhoIsNotThinned(t *testing.T) {
	const most = 1 << 12
	w := New(Config{Within: time.Minute, MaxOpen: most})
	for i := range most / 32 {
		require.True(t, w.Open(uint64(i), 1, fresh, stable, 0, 0), "all at once")
	}
	w, n := New(Config{Within: time.Minute, MaxOpen: most}), &nowhere{}
	for i := range 5 * most {
		now := time.Minute / (most * 9 / 10) * time.Duration(i)
		require.True(t, w.Open(uint64(i), 1, fresh, stable, 0, now), "evenly")
		w.Fold(now, n)
	}
}

// Units that come together, in the same order every time, have the same chance.
func TestThinningDoesNotGoByTheOrder(t *testing.T) {
	const batch = 10
	w, n := New(Config{Within: time.Minute, MaxOpen: 1 << 12}), &nowhere{}
	var taken [batch]int
	for i := range 400_000 {
		now := time.Duration(i/batch) * 10 * time.Millisecond
		if w.Open(uint64(i), 1, fresh, stable, 0, now) {
			taken[i%batch]++
		}
		w.Fold(now, n)
	}
	for place, got := range taken {
		require.InDelta(t, taken[0], got, 5*70, "%d", place) // of about 2,600
	}
}

func TestNoAllocations(t *testing.T) {
	w, n := New(Config{Within: 5000, Signals: 3, MaxOpen: 1 << 18}), &nowhere{}
	unit := uint64(0)
	turn := func() {
		for range 100 {
			unit++
			w.Open(unit, 1, fresh, stable, 0, time.Duration(unit))
			w.Report(unit-50, 1, stable, 0, 0.5, false)
		}
		w.Fold(time.Duration(unit), n)
	}
	for range 1000 {
		turn()
	}
	require.Zero(t, testing.AllocsPerRun(1000, turn))
}
