package sessions

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// reborn are the windows as another process finds them, whose awake time begins elsewhere.
func reborn(t *testing.T, w *Windows, cfg Config, awake, there time.Duration) *Windows {
	t.Helper()
	again := New(cfg)
	rest, err := again.Restore(append(w.AppendBinary(nil, awake), "behind"...), there)
	require.NoError(t, err)
	require.Equal(t, "behind", string(rest))
	return again
}

// A thousand lives: at a restart every call has ended, and nothing is heard but what would have been heard without one.
func TestRestartsAreNotHeard(t *testing.T) {
	cfg := Config{Calls: 4, Within: 50}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		once, again := New(cfg), New(cfg)
		var heard, heardAgain record
		awake, shift := time.Duration(0), time.Duration(0) // of the present process's awake time
		units := map[uint64]bool{}                         // that have had a window in this step
		for range 300 {
			awake += time.Duration(r.IntN(4))
			switch n := r.IntN(20); {
			case n == 0:
				shares := [criteria.NumStrata]float64{r.Float64(), r.Float64()}
				once.BeginStep(shares)
				again.BeginStep(shares)
				clear(units)
			case n == 1:
				there := time.Duration(r.IntN(3))
				again = reborn(t, again, cfg, awake-shift, there)
				shift = awake - there
			case n < 5:
				once.Fold(awake, &heard)
				again.Fold(awake-shift, &heardAgain)
			default:
				unit, harm := uint64(r.IntN(12)), r.IntN(8) == 0
				var a, b Ticket
				if !units[unit] {
					units[unit] = true
					arm, stratum := criteria.Arm(r.IntN(2)), criteria.Stratum(r.IntN(2))
					a, b = once.Open(unit, stratum, arm, awake), again.Open(unit, stratum, arm, awake-shift)
				} else {
					a, b = once.Join(unit, awake), again.Join(unit, awake-shift)
				}
				require.Equal(t, a == 0, b == 0)
				once.Settle(a, harm)
				again.Settle(b, harm)
			}
			require.Equal(t, once.Waiting(), again.Waiting())
		}
		once.Fold(awake+cfg.Within, &heard)
		again.Fold(awake+cfg.Within-shift, &heardAgain)
		require.Equal(t, heard, heardAgain, seed)
		require.Positive(t, heard.folded())
	}
}

// What a killed process had under way is not known: the candidate is given the benefit of that.
func TestCallsUnderWayAreTakenInTheCandidatesFavour(t *testing.T) {
	cfg := Config{Calls: 10, Within: 50}
	w := New(cfg)
	w.BeginStep([criteria.NumStrata]float64{0.5})
	for unit, arm := range []criteria.Arm{criteria.Stable, criteria.Candidate, criteria.Stable, criteria.Candidate} {
		ticket := w.Open(uint64(unit), criteria.Fresh, arm, 0)
		if unit >= 2 {
			w.Settle(ticket, false)
		}
	}
	var heard record
	reborn(t, w, cfg, 10, 0).Fold(40, &heard)
	require.Len(t, heard, 5)
	for i, harm := range []bool{true, false, false, false} {
		require.Equal(t, harm, heard[1+i].harm, i)
	}
	w.Fold(100, new(record))
	require.Equal(t, 4, w.Waiting(), "this process goes on waiting for them")
}

func TestWhatWasRefusedIsRemembered(t *testing.T) {
	w := New(Config{Calls: 2, Within: 50})
	for unit := range uint64(MaxOpen + 3) {
		w.Settle(w.Open(unit, criteria.Fresh, criteria.Stable, 0), false)
	}
	again := reborn(t, w, Config{Calls: 2, Within: 50}, 0, 0)
	require.Equal(t, uint64(3), again.Refused())
	require.Equal(t, MaxOpen, again.Waiting())
	require.Zero(t, again.Open(1<<40, criteria.Fresh, criteria.Stable, 0))
	require.Less(t, len(w.AppendBinary(nil, 0)), 16*MaxOpen)
}

func TestDamagedWindows(t *testing.T) {
	w := New(Config{Calls: 4, Within: 50})
	w.BeginStep([criteria.NumStrata]float64{0.5})
	w.Settle(w.Open(1, criteria.Fresh, criteria.Stable, 0), true)
	w.BeginStep([criteria.NumStrata]float64{0.6})
	w.Settle(w.Open(2, criteria.Band, criteria.Candidate, 0), true)
	image := w.AppendBinary(nil, 7)
	for n := range image {
		again := New(Config{Calls: 4, Within: 50})
		_, err := again.Restore(image[:n], 0)
		require.ErrorIs(t, err, errWindows, n)
		require.Equal(t, New(Config{Calls: 4, Within: 50}), again)
	}
}

func FuzzWindows(f *testing.F) {
	w := New(Config{Calls: 4, Within: 50})
	f.Add(w.AppendBinary(nil, 0))
	w.BeginStep([criteria.NumStrata]float64{0.5})
	w.Open(1, criteria.Fresh, criteria.Stable, 0)
	w.BeginStep([criteria.NumStrata]float64{0.6})
	w.Open(2, criteria.Band, criteria.Candidate, 3)
	f.Add(w.AppendBinary(nil, 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := New(Config{Calls: 4, Within: 50})
		if _, err := w.Restore(b, 0); err != nil {
			return
		}
		w.Settle(w.Join(1, 0), false)
		w.Settle(w.Open(9, criteria.Fresh, criteria.Stable, 0), false)
		w.BeginStep([criteria.NumStrata]float64{0.7})
		var heard record
		waiting := w.Waiting()
		w.Fold(1000, &heard)
		if heard.folded() != waiting {
			t.Fatalf("%d of %d windows were handed over", heard.folded(), waiting)
		}
	})
}
