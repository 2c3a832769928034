package sessions

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

const (
	stable    = criteria.Stable
	candidate = criteria.Candidate
)

var (
	half    = [criteria.NumStrata]float64{0.5}
	quarter = [criteria.NumStrata]float64{0.25, 0.1}
)

// begins and window are what a sink is told.
func begins(shares [criteria.NumStrata]float64) told { return told{begins: true, shares: shares} }
func window1(arm criteria.Arm, harm bool) told       { return told{arm: arm, harm: harm} }

func TestAWindow(t *testing.T) {
	for _, tc := range []struct {
		name string
		play func(w *Windows, to Sink)
		want record
	}{
		{"nothing", func(w *Windows, to Sink) { w.BeginStep(half); w.Fold(time.Hour, to) }, nil},
		{"waits for its last call", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, stable, 0), false)
			w.Settle(w.Join(1, 1), false)
			w.Fold(2, to)
		}, nil},
		{"ends with its last call", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, stable, 0), false)
			for range 2 {
				w.Settle(w.Join(1, 0), false)
			}
			w.Fold(0, to)
		}, record{begins(half), window1(stable, false)}},
		{"any harm", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, candidate, 0), false)
			w.Settle(w.Join(1, 0), true)
			w.Settle(w.Join(1, 0), false)
			w.Fold(0, to)
		}, record{begins(half), window1(candidate, true)}},
		{"what comes later is not in it", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, candidate, 0), false)
			for range 5 {
				t := w.Join(1, 0)
				w.Settle(t, t == 0)
			}
			w.Fold(0, to)
		}, record{begins(half), window1(candidate, false)}},
		{"waits for an outcome", func(w *Windows, to Sink) {
			w.Open(1, criteria.Fresh, candidate, 0)
			w.Fold(time.Hour, to)
		}, nil},
		{"a leaver has said what it has", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, candidate, 0), true)
			w.Fold(time.Minute-1, to)
			w.Settle(w.Join(1, time.Minute), false)
			w.Fold(time.Minute, to)
		}, record{begins(half), window1(candidate, true)}},
		{"a call that ends late", func(w *Windows, to Sink) {
			t := w.Open(1, criteria.Fresh, candidate, 0)
			w.Fold(time.Minute, to)
			w.Settle(t, true)
			w.Fold(time.Minute, to)
		}, record{begins(half), window1(candidate, true)}},
		{"strangers", func(w *Windows, to Sink) {
			w.Settle(w.Join(1, 0), true)
			w.Fold(time.Hour, to)
		}, nil},
		{"the quick wait for the slow", func(w *Windows, to Sink) {
			slow := w.Open(1, criteria.Fresh, candidate, 0)
			w.Settle(w.Open(2, criteria.Fresh, stable, 0), true)
			w.Fold(time.Minute, to)
			to.FoldWindow(criteria.Uncounted, 0, false) // so far nothing
			w.Settle(slow, false)
			w.Fold(time.Minute, to)
		}, record{{stratum: criteria.Uncounted}, begins(half), window1(candidate, false), window1(stable, true)}},
		{"a step ends", func(w *Windows, to Sink) {
			open := w.Open(1, criteria.Fresh, candidate, 0)
			w.BeginStep(quarter)
			w.Settle(w.Join(1, 0), true) // the unit's call of the new step is another matter
			w.Settle(w.Open(2, criteria.Band, stable, 0), false)
			w.Fold(time.Minute, to) // the new step's window waits
			w.Settle(open, false)
			w.Fold(time.Minute, to)
		}, record{begins(half), window1(candidate, false), begins(quarter), {stratum: criteria.Band, arm: stable}}},
		{"a unit in two steps", func(w *Windows, to Sink) {
			w.Settle(w.Open(1, criteria.Fresh, stable, 0), true)
			w.BeginStep(quarter)
			w.Settle(w.Open(1, criteria.Band, candidate, 1), false)
			w.Fold(1, to)
			w.Settle(w.Join(1, 1), false)
			w.Settle(w.Join(1, 1), false)
			w.Fold(1, to)
		}, record{begins(half), window1(stable, true), begins(quarter), {stratum: criteria.Band, arm: candidate}}},
		{"steps without anybody", func(w *Windows, to Sink) {
			w.BeginStep(quarter)
			w.BeginStep(half)
			w.Settle(w.Open(1, criteria.Fresh, stable, 0), true)
			w.BeginStep(quarter)
			w.BeginStep(half)
			w.BeginStep(quarter)
			w.Fold(0, to)
		}, record{begins(half), window1(stable, true)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := New(Config{Calls: 3, Within: time.Minute})
			w.BeginStep(half)
			var got record
			tc.play(w, &got)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestNobodyIsExposedAtFirst(t *testing.T) {
	w, got := New(Config{}), record{}
	w.Settle(w.Open(1, criteria.Fresh, stable, 0), false)
	require.Zero(t, w.Join(1, 0), "a window has at least one call, and here no more")
	w.Fold(0, &got)
	require.Equal(t, record{begins([criteria.NumStrata]float64{}), window1(stable, false)}, got)
}

// A unit that finds too many windows has none in this step, whatever it does later; when there is room again others have.
func TestTooManyWindows(t *testing.T) {
	w, got := New(Config{Calls: 2, Within: time.Minute}), record{}
	w.BeginStep(half)
	first := w.Open(0, criteria.Fresh, stable, 0)
	for unit := uint64(1); unit < MaxOpen; unit++ {
		w.Settle(w.Open(unit, criteria.Fresh, stable, 0), false)
	}
	require.Equal(t, MaxOpen, w.Waiting())
	require.Zero(t, w.Open(MaxOpen, criteria.Fresh, candidate, 0))
	require.Zero(t, w.Join(MaxOpen, 0))
	require.EqualValues(t, 1, w.Refused())
	w.Fold(time.Hour, &got)
	require.Empty(t, got)
	w.Settle(first, false)
	w.Fold(time.Hour, &got)
	require.Equal(t, MaxOpen, got.folded())
	require.Zero(t, w.Waiting())
	require.Empty(t, w.units)
	require.NotZero(t, w.Open(MaxOpen+1, criteria.Fresh, candidate, time.Hour))
	require.Zero(t, w.Join(MaxOpen, time.Hour))
}

// Whatever happens in whatever order, the windows are those that are found by reading everything again.
func TestWindowsByTheLetter(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 31))
			cfg := Config{Calls: 1 + rng.IntN(5), Within: time.Duration(1 + rng.IntN(60))}
			quick, slow := New(cfg), newPlain(cfg)
			both := []watcher{quick, slow}
			var underWay [][2]Ticket
			seen := map[uint64]bool{}
			folded := 0
			for now := range time.Duration(1500) {
				switch r := rng.IntN(100); {
				case r < 2: // a step ends
					shares := [criteria.NumStrata]float64{rng.Float64()}
					for _, w := range both {
						w.BeginStep(shares)
					}
					clear(seen)
				case r < 50: // a unit asks
					unit := uint64(rng.IntN(40))
					arm, stratum := criteria.Arm(rng.IntN(2)), criteria.Stratum(rng.IntN(2))
					var slot [2]Ticket
					for i, w := range both {
						if seen[unit] {
							slot[i] = w.Join(unit, now)
						} else {
							slot[i] = w.Open(unit, stratum, arm, now)
						}
					}
					seen[unit] = true
					require.Equal(t, slot[0] == 0, slot[1] == 0)
					underWay = append(underWay, slot)
				case r < 98 && len(underWay) > 0: // a call ends, any
					i, harm := rng.IntN(len(underWay)), rng.IntN(10) == 0
					for j, w := range both {
						w.Settle(underWay[i][j], harm)
					}
					underWay[i] = underWay[len(underWay)-1]
					underWay = underWay[:len(underWay)-1]
				}
				if rng.IntN(3) == 0 {
					var got, want record
					quick.Fold(now, &got)
					slow.Fold(now, &want)
					require.Equal(t, want, got)
					require.Len(t, slow.opened, quick.Waiting())
					folded += got.folded()
				}
			}
			require.Greater(t, folded, 20)
		})
	}
}

func TestWindowsDoNotAllocate(t *testing.T) {
	w, sink, unit := New(Config{Calls: 2, Within: time.Minute}), &nowhere{}, uint64(0)
	w.BeginStep(half)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		unit++
		w.Settle(w.Open(unit%64, criteria.Fresh, stable, 0), false)
		w.Settle(w.Join(unit%64, 0), true)
		w.Fold(0, sink)
	}))
	require.Equal(t, 1001, sink.windows)
}

type nowhere struct{ windows int }

func (n *nowhere) BeginWindows([criteria.NumStrata]float64)        {}
func (n *nowhere) FoldWindow(criteria.Stratum, criteria.Arm, bool) { n.windows++ }

func BenchmarkWindow(b *testing.B) {
	w, unit := New(Config{Calls: 2, Within: time.Minute}), uint64(0)
	w.BeginStep(half)
	b.ReportAllocs()
	for b.Loop() {
		unit++
		w.Settle(w.Open(unit, criteria.Fresh, stable, 0), false)
		w.Settle(w.Join(unit, 0), true)
		w.Fold(0, &nowhere{})
	}
}
