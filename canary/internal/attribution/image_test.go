package attribution

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// reborn are the windows as another process finds them, whose time begins elsewhere and whose seed is another.
func reborn(t *testing.T, w *Windows, cfg Config, now, there time.Duration) *Windows {
	t.Helper()
	cfg.Seed++
	again := New(cfg)
	rest, err := again.Restore(append(w.AppendBinary(nil, now), "behind"...), there)
	require.NoError(t, err)
	require.Equal(t, "behind", string(rest))
	return again
}

// open are windows of which some were reported on, in two steps, at 7.
func open(cfg Config) *Windows {
	w := New(cfg)
	w.BeginStep(half)
	w.Open(1, 1, fresh, stable, 0x0102, 0)
	w.Open(2, 1, fresh, candidate, 0x0304, 3)
	w.BeginStep(half)
	w.Open(1, 2, fresh, candidate, 0x0506, 5)
	w.Report(2, 1, candidate, 0, 1, true)
	w.Report(1, 2, candidate, 1, 0.3, false)
	return w
}

var few = Config{Within: 50, Signals: 2, Dimensions: 2, MaxOpen: 1000}

func TestDamagedWindows(t *testing.T) {
	image := open(few).AppendBinary(nil, 7)
	for n := range image {
		again := New(few)
		_, err := again.Restore(image[:n], 0)
		require.ErrorIs(t, err, errWindows, n)
		require.Equal(t, New(few), again)
	}
}

// What no windows have written, though every number can be read.
func TestForgedWindows(t *testing.T) {
	for name, forge := range map[string]func(w *Windows){
		"tokens that are no number":    func(w *Windows) { w.pace.tokens = math.NaN() },
		"a debt of tokens":             func(w *Windows) { w.pace.tokens = -1000 },
		"a share above 1":              func(w *Windows) { w.steps[0].shares[0] = 2 },
		"a share that is no number":    func(w *Windows) { w.steps[0].shares[0] = math.NaN() },
		"no step":                      func(w *Windows) { w.steps = nil },
		"a step twice":                 func(w *Windows) { w.steps[1] = w.steps[0] },
		"a step of windows to come":    func(w *Windows) { w.steps[1].first = w.tail + 1 },
		"a window of the future":       func(w *Windows) { w.entry(w.tail - 1).opened = 8 },
		"a stratum that there is not":  func(w *Windows) { w.row(w.head).bytes[flagsAt] = criteria.NumStrata << stratumShift },
		"more from servers than there": func(w *Windows) { w.row(w.head + 1).bytes[heardServersAt] = 2 },
		"servers above all":            func(w *Windows) { w.row(w.head + 1).bytes[sumsAt+1] = 1 },
	} {
		w := open(few)
		forge(w)
		_, err := New(few).Restore(w.AppendBinary(nil, 7), 0)
		require.ErrorIs(t, err, errWindows, name)
	}
}

// A restart neither gives nor takes: tokens come in while the image is written, and what was thinned is remembered.
func TestThinningGoesOn(t *testing.T) {
	cfg := Config{Within: 1000, MaxOpen: 1 << 10}
	w := New(cfg)
	for unit := range uint64(10_000) {
		w.Open(unit, 1, fresh, stable, 0, 0)
	}
	again := reborn(t, w, cfg, 0, 0)
	require.Equal(t, w.Thinned(), again.Thinned())
	require.Less(t, again.pace.tokens, 5.)
	require.InDelta(t, again.pace.depth, reborn(t, w, cfg, 500, 0).pace.tokens, 0, "half a window later")
}

func TestWindowsOfAnotherDeclaration(t *testing.T) {
	image := open(few).AppendBinary(nil, 7)
	for _, other := range []Config{
		{Within: 51, Signals: 2, Dimensions: 2, MaxOpen: 1000}, {Within: 50, Signals: 3, Dimensions: 2, MaxOpen: 1000}, {Within: 50, Signals: 2, Dimensions: 1, MaxOpen: 1000},
	} {
		_, err := New(other).Restore(image, 0)
		require.ErrorIs(t, err, errWindows)
	}
	more := few
	more.MaxOpen *= 2
	_, err := New(more).Restore(image, 0)
	require.NoError(t, err)
}

func TestMoreWindowsThanThereMayBe(t *testing.T) {
	w, cfg := New(Config{Within: 50, MaxOpen: 1 << 16}), Config{Within: 50, MaxOpen: MinOpen}
	for unit := range uint64(MinOpen) {
		w.Open(unit, 1, fresh, stable, 0, 0)
	}
	reborn(t, w, cfg, 0, 0)
	w.Open(MinOpen, 1, fresh, stable, 0, 0)
	_, err := New(cfg).Restore(w.AppendBinary(nil, 0), 0)
	require.ErrorIs(t, err, errWindows)
}

func TestAnImageIsSmall(t *testing.T) {
	w := New(Config{Within: 24 * time.Hour, Signals: 8, MaxOpen: 1 << 18})
	for unit := range uint64(8000) {
		w.Open(unit, 1, fresh, stable, 0, time.Duration(unit)*10*time.Second)
	}
	require.Equal(t, 8000, w.Waiting())
	require.Less(t, len(w.AppendBinary(nil, 0)), 14*8000)
}

func FuzzWindows(f *testing.F) {
	f.Add(New(few).AppendBinary(nil, 0))
	f.Add(open(few).AppendBinary(nil, 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := New(few)
		if _, err := w.Restore(b, 5); err != nil {
			return
		}
		w.Open(9, 1, fresh, stable, 0, 6)
		w.Report(1, 2, candidate, 1, 0.5, false)
		w.BeginStep(half)
		w.Open(9, 2, fresh, stable, 0, 6)
		n, waiting := &nowhere{}, w.Waiting()
		again := reborn(t, w, few, 6, 0)
		again.Fold(1000, n)
		if n.windows != waiting || again.Waiting() != 0 {
			t.Fatalf("%d of %d windows were handed over", n.windows, waiting)
		}
	})
}
