package attribution

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// play drives windows and their plain twin at random, with steps, cohorts, restarts and idle times, and compares all that is said.
func play(t *testing.T, cfg Config, seed uint64, turns int) (handed int) {
	r := rand.New(rand.NewPCG(seed, 7))
	real, model := New(cfg), newPlain(cfg)
	var heard, want record
	now, shift, cohort := time.Duration(0), time.Duration(0), uint64(1)
	opened := map[[2]uint64]bool{}
	for range turns {
		now += time.Duration(r.IntN(3))
		switch n := r.IntN(100); {
		case n < 2:
			shares := [criteria.NumStrata]float64{r.Float64(), r.Float64()}
			real.BeginStep(shares)
			model.BeginStep(shares)
			cohort++
		case n < 4:
			there := time.Duration(r.IntN(9) - 4)
			real = reborn(t, real, cfg, now-shift, there)
			shift = now - there
		case n < 14:
			real.Fold(now-shift, &heard)
			model.Fold(now, &want)
		case n < 15:
			now += time.Duration(r.IntN(3 * int(cfg.Within)))
		case n < 50:
			unit, cells := r.Uint64N(40), r.Uint64()
			if opened[[2]uint64{unit, cohort}] {
				continue
			}
			opened[[2]uint64{unit, cohort}] = true
			s, arm := criteria.Stratum(r.IntN(criteria.NumStrata)), criteria.Arm(r.IntN(2))
			if real.Open(unit, cohort, s, arm, cells, now-shift) {
				model.Open(unit, cohort, s, arm, cells, now)
			} else {
				require.Less(t, cfg.MaxOpen, turns, "there was room")
			}
		default:
			unit, of := r.Uint64N(40), cohort-min(cohort, r.Uint64N(3))
			arm, signal, client := criteria.Arm(r.IntN(2)), r.IntN(cfg.Signals), r.IntN(2) == 0
			value := float64(r.IntN(5)/4) * float64(r.IntN(2)) // 0 more often than 1
			require.Equal(t, model.Report(unit, of, arm, signal, value, client), real.Report(unit, of, arm, signal, value, client))
		}
		require.Equal(t, len(model.open), real.Waiting())
		require.LessOrEqual(t, real.Waiting(), cfg.MaxOpen)
	}
	real.Fold(now+cfg.Within-shift, &heard)
	model.Fold(now+cfg.Within, &want)
	require.Equal(t, want, heard)
	require.Zero(t, real.Waiting())
	return len(heard)
}

func TestWindowsAreWhatTheyAreByTheLetter(t *testing.T) {
	for seed := range uint64(300) {
		cfg := Config{Within: time.Duration(1 + seed%97), Signals: 1 + int(seed%8), Dimensions: int(seed % 9), MaxOpen: 1 << 16, Seed: seed}
		require.Positive(t, play(t, cfg, seed, 1000))
	}
}

func TestThinnedWindowsAreWhatTheyAreByTheLetter(t *testing.T) {
	for seed := range uint64(100) {
		require.Positive(t, play(t, Config{Within: 300, Signals: 2, Dimensions: 1, MaxOpen: MinOpen, Seed: seed}, seed, 3000))
	}
}

func TestTimeIsKeptOverDays(t *testing.T) {
	for _, within := range []time.Duration{time.Nanosecond, time.Second, 24 * time.Hour, 30 * 24 * time.Hour, math.MaxInt64 / 4} {
		for _, start := range []time.Duration{0, -5, 12345678901} {
			w, n := New(Config{Within: within, MaxOpen: 1000}), &nowhere{}
			require.True(t, w.Open(1, 1, fresh, stable, 0, start))
			w.Fold(start+within-1, n)
			require.Zero(t, n.windows, "%v: none is cut short", within)
			w.Fold(start+within+within/1_000_000, n)
			require.Equal(t, 1, n.windows, "%v: and none lasts a millionth longer", within)
		}
	}
}

func TestTimeDoesNotGoBack(t *testing.T) {
	w, heard := New(Config{Within: 100, MaxOpen: 1000}), record{}
	w.Open(1, 1, fresh, stable, 0, 1000)
	w.Open(2, 1, fresh, candidate, 0, 10)
	w.Fold(500, &heard)
	require.Empty(t, heard)
	w.Fold(1100, &heard)
	require.Len(t, heard.windows(), 2)
}

// Nothing is opened any more once nobody has folded for 256 times as long as a window lasts, at least, and everything is handed over when somebody does.
func TestNobodyFolds(t *testing.T) {
	w, n := New(Config{Within: 1 << 23, MaxOpen: 1000}), &nowhere{}
	for i := range 1000 {
		w.Open(uint64(i), 1, fresh, stable, 0, time.Duration(i)<<23)
	}
	require.Equal(t, 512, w.Waiting())
	require.Equal(t, uint64(488), w.Thinned())
	w.Fold(2000<<23, n)
	require.Equal(t, 512, n.windows)
	require.True(t, w.Open(1, 2, fresh, stable, 0, 2000<<23))
}

func TestWhatIsNoEvidence(t *testing.T) {
	w := New(Config{Within: 100, Signals: 2, MaxOpen: 1000})
	require.False(t, w.Open(1, 1, criteria.Uncounted, stable, 0, 0))
	require.False(t, w.Open(1, 1, criteria.NumStrata, stable, 0, 0))
	require.False(t, w.Open(1, 1, fresh, candidate+1, 0, 0))
	require.Zero(t, w.Thinned())
	require.True(t, w.Open(1, 1, fresh, candidate, 0, 0))
	for _, tc := range []struct {
		name         string
		unit, cohort uint64
		arm          criteria.Arm
		signal       int
	}{
		{"another unit", 2, 1, candidate, 0}, {"another cohort", 1, 2, candidate, 0}, {"another arm", 1, 1, stable, 0},
		{"a signal below", 1, 1, candidate, -1}, {"a signal beyond", 1, 1, candidate, 2},
	} {
		require.False(t, w.Report(tc.unit, tc.cohort, tc.arm, tc.signal, 1, false), tc.name)
	}
	heard := record{}
	w.Fold(100, &heard)
	require.Equal(t, []Window{{Arm: candidate, Servers: []float64{0, 0}, All: []float64{0, 0}}}, heard.windows())
}

func TestSums(t *testing.T) {
	w := New(Config{Within: 100, Signals: 3, MaxOpen: 1000})
	w.Open(1, 1, fresh, stable, 0, 0)
	report := func(signal int, value float64, client bool) { w.Report(1, 1, stable, signal, value, client) }
	report(0, 1, true)
	report(0, 0, false)
	report(1, 51./255, false)
	report(1, 51./255, true)
	report(2, -3, false)
	report(2, 7, false)
	report(2, 1, true)
	for range 300 {
		report(0, 0, true)
	}
	heard := record{}
	w.Fold(100, &heard)
	got := heard.windows()[0]
	require.InDeltaSlice(t, []float64{0, 0.2, 1}, got.Servers, 1e-12)
	require.InDeltaSlice(t, []float64{1, 0.4, 1}, got.All, 1e-12)
	require.Equal(t, uint32(0b111), got.HeardServers)
	require.Equal(t, uint32(0b111), got.Heard)
}

// What is heard of is known by signal and source, also when it says that nothing happened.
func TestHeard(t *testing.T) {
	w := New(Config{Within: 100, Signals: 8, MaxOpen: 1000})
	w.Open(1, 1, fresh, stable, 0, 0)
	w.Report(1, 1, stable, 0, 0, false)
	w.Report(1, 1, stable, 3, 0, true)
	w.Report(1, 1, stable, 7, 1, true)
	heard := record{}
	w.Fold(100, &heard)
	require.Equal(t, uint32(0b10001001), heard.windows()[0].Heard)
	require.Equal(t, uint32(0b1), heard.windows()[0].HeardServers)
}

// What is kept in few bits is right on average, once or added up.
func TestRoundingIsFair(t *testing.T) {
	const units = 20_000
	for _, tc := range []struct {
		value float64
		times int
	}{{0.001, 1}, {0.3003, 1}, {0.9999, 1}, {0.0007, 100}, {0.0301, 20}, {1. / 3, 2}} {
		w, heard := New(Config{Within: 100, MaxOpen: 1 << 18}), record{}
		for unit := range uint64(units) {
			w.pace.tokens = 1e9 // whatever
			w.Open(unit, 1, fresh, stable, 0, 0)
			for range tc.times {
				w.Report(unit, 1, stable, 0, tc.value, false)
			}
		}
		w.Fold(100, &heard)
		sum := 0.
		for _, got := range heard.windows() {
			sum += got.Servers[0]
		}
		deviation := math.Sqrt(float64(tc.times)/units) / 2 / 255 // of the mean: at most half a 255th for each report
		require.Len(t, heard.windows(), units)
		require.InDelta(t, tc.value*float64(tc.times), sum/units, 5*deviation, "%d times %v", tc.times, tc.value)
	}
}
