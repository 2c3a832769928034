package attribution

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// However the index grows, every window that is open is found, and no other.
func TestAllOpenWindowsAreFound(t *testing.T) {
	const units = 20_000
	w := New(Config{Within: 100, MaxOpen: 1 << 20})
	for unit := range uint64(units) {
		require.True(t, w.Open(unit, 1, fresh, stable, 0, 0))
		if heads := len(w.heads); int(unit)+1 == headLoad*heads+1 || unit == units-1 { // it has just grown, or never will
			for u := range uint64(units) {
				require.Equal(t, u <= unit, w.Report(u, 1, stable, 0, 0, false))
			}
		}
	}
	w.Fold(100, &nowhere{})
	for u := range uint64(units) {
		require.False(t, w.Report(u, 1, stable, 0, 0, false))
	}
}

// Windows in memory that was used before have heard nothing.
func TestMemoryIsUsedAgain(t *testing.T) {
	w, unit := New(Config{Within: 100, Signals: 2, Dimensions: 1, MaxOpen: 1 << 20}), uint64(0)
	for round := range 10 {
		begin := unit
		for range chunkWindows - 7 {
			w.Open(unit, 1, fresh, stable, 3, time.Duration(100*round))
			unit++
		}
		if round%2 == 0 {
			for u := begin; u < unit; u++ {
				w.Report(u, 1, stable, 1, 1, false)
			}
		}
		var heard record
		w.Fold(time.Duration(100*round+100), &heard)
		require.Len(t, heard.windows(), chunkWindows-7)
		want := Window{Cells: 3, Servers: []float64{0, 0}, All: []float64{0, 0}}
		if round%2 == 0 {
			want = Window{Cells: 3, Servers: []float64{0, 1}, All: []float64{0, 1}, Heard: 2, HeardServers: 2}
		}
		for _, got := range heard.windows() {
			require.Equal(t, want, got)
		}
	}
}

// Positions are known by 32 bits. A link so old that it looks live again leads nowhere, and no walk is without end.
func TestPositionsComeRoundAgain(t *testing.T) {
	w, n := New(Config{Within: 100, MaxOpen: 1 << 20}), &nowhere{}
	w.head, w.tail = 1<<32-5000, 1<<32-5000
	w.steps[0].first = w.head
	for unit := range uint64(20_000) {
		w.pace.tokens = w.pace.depth
		require.True(t, w.Open(unit, 1, fresh, stable, 0, 0))
		require.True(t, w.Report(unit/2, 1, stable, 0, 1, false))
		require.False(t, w.Report(unit, 2, stable, 0, 1, false))
	}
	w.Fold(100, n)
	require.Equal(t, 20_000, n.windows)
	for unit := range uint64(20_000) {
		require.False(t, w.Report(unit, 1, stable, 0, 1, false))
	}
}
