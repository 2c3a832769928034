package attribution

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOnce(t *testing.T) {
	o := NewOnce(OnceConfig{Remember: 100, Bytes: 1 << 12})
	for _, tc := range []struct {
		name  string
		id    uint64
		now   time.Duration
		fresh bool
	}{
		{"new", 1, 1000, true},
		{"at once", 1, 1000, false},
		{"another", 2, 1099, true},
		{"in the next generation", 2, 1100, false},
		{"remembered as long as it should be", 2, 1199, false},
		{"gone two generations on", 1, 1200, true},
		{"gone as well", 2, 1200, true},
		{"a long rest", 1, 5000, true},
		{"time that goes back", 1, 10, false},
	} {
		fresh, room := o.Add(tc.id, tc.now)
		require.Equal(t, tc.fresh, fresh, tc.name)
		require.True(t, room, tc.name)
	}
}

// Whatever comes when, and whatever is restarted: nothing counts twice within Remember.
func TestNothingCountsTwice(t *testing.T) {
	for seed := range uint64(50) {
		r, cfg := rand.New(rand.NewPCG(seed, 1)), OnceConfig{Remember: 50, Bytes: 1 << 14}
		o, counted := NewOnce(cfg), map[uint64]time.Duration{}
		now, shift, counts := time.Duration(1), time.Duration(0), 0
		for range 5000 {
			if now += time.Duration(r.IntN(3)); r.IntN(100) == 0 {
				now += time.Duration(r.IntN(150))
			}
			if r.IntN(100) == 0 {
				there := time.Duration(r.IntN(20) - 10)
				o = rebornOnce(t, o, cfg, now-shift, there)
				shift = now - there
			}
			id := r.Uint64N(300)
			fresh, _ := o.Add(id, now-shift)
			if at, before := counted[id]; before && now-at <= cfg.Remember {
				require.False(t, fresh, "%d at %d and %d", id, at, now)
			} else if !before || now-at >= 2*cfg.Remember {
				require.True(t, fresh, "%d at %d and %d", id, at, now)
			}
			if fresh {
				counted[id] = now
				counts++
			}
		}
		require.Positive(t, counts)
	}
}

func rebornOnce(t *testing.T, o *Once, cfg OnceConfig, now, there time.Duration) *Once {
	t.Helper()
	again := NewOnce(cfg)
	rest, err := again.Restore(append(o.AppendBinary(nil, now), "behind"...), there)
	require.NoError(t, err)
	require.Equal(t, "behind", string(rest))
	return again
}

// How much fits, and what is refused though it is new: the figures of the documentation.
func TestRoom(t *testing.T) {
	for _, bytes := range []int{1 << 12, 1 << 16, 1 << 20} {
		o, r := NewOnce(OnceConfig{Remember: 100, Bytes: bytes}), rand.New(rand.NewPCG(1, 1))
		fill := func(now time.Duration) (held int) {
			for {
				fresh, room := o.Add(r.Uint64(), now)
				if !room {
					return held
				}
				if fresh {
					held++
				}
			}
		}
		wrong := func(now time.Duration) (part float64) { // of new ids that are taken for known
			n := 0
			for range 100_000 {
				if _, room := o.Add(r.Uint64(), now); room {
					n++
				}
			}
			return float64(n) / 100_000
		}
		held := fill(100)
		require.InDelta(t, 630_000./(1<<20), float64(held)/float64(bytes), 0.03, "ids to the byte")
		one := wrong(100)
		require.InDelta(t, 0.005, one, 0.002)
		fill(200)
		two := wrong(200)
		require.InDelta(t, 0.01, two, 0.0035)
		require.Positive(t, o.Refused())
		t.Logf("%d bytes: %d ids, %.2f %% wrong with one full generation, %.2f %% with two", bytes, held, 100*one, 100*two)

		before := o.Refused()
		fresh, room := o.Add(r.Uint64(), 200)
		require.False(t, fresh || room)
		require.Equal(t, before+1, o.Refused())
		fresh, room = o.Add(r.Uint64(), 400)
		require.True(t, fresh && room, "another generation")
	}
}

func TestWhatIsKnownWhenFullIsStillKnown(t *testing.T) {
	o := NewOnce(OnceConfig{Remember: 100, Bytes: 1 << 12})
	o.Add(1, 0)
	for id := uint64(2); !o.full(); id++ {
		o.Add(id, 0)
	}
	fresh, room := o.Add(1, 0)
	require.False(t, fresh)
	require.True(t, room, "it was counted")
	require.Zero(t, o.Refused())
}

// What either knew is known, for as long as it would have been.
func TestMergedReplicas(t *testing.T) {
	for seed := range uint64(200) {
		r, cfg := rand.New(rand.NewPCG(seed, 1)), OnceConfig{Remember: 100, Bytes: 1 << 14}
		replicas, counted, now := [2]*Once{NewOnce(cfg), NewOnce(cfg)}, map[uint64]time.Duration{}, time.Duration(100)
		for turn := range 150 {
			now += time.Duration(r.IntN(5))
			id := r.Uint64()
			which := r.IntN(2)
			if turn < int(seed%80) { // one of them began later
				which = int(seed / 100)
			}
			replicas[which].Add(id, now)
			counted[id] = now
		}
		require.NoError(t, replicas[0].Merge(replicas[1], now))
		for range 10 {
			for id, at := range counted {
				if now-at <= cfg.Remember {
					fresh, _ := replicas[0].Add(id, now)
					require.False(t, fresh, seed)
				}
			}
			now += time.Duration(r.IntN(30))
		}
	}
}

func TestMergeOfOtherSizes(t *testing.T) {
	o := NewOnce(OnceConfig{Remember: 100})
	require.ErrorContains(t, o.Merge(NewOnce(OnceConfig{Remember: 100, Bytes: 1 << 12}), 0), "4096 bytes")
}

func TestDamagedOnce(t *testing.T) {
	cfg := OnceConfig{Remember: 100, Bytes: 1 << 12}
	o := NewOnce(cfg)
	for id := range uint64(20) {
		o.Add(id, time.Duration(10*id))
	}
	image := o.AppendBinary(nil, 200)
	require.Less(t, len(image), 20*7+20)
	for n := range image {
		again := NewOnce(cfg)
		_, err := again.Restore(image[:n], 0)
		require.ErrorIs(t, err, errOnce, n)
		require.Equal(t, NewOnce(cfg), again)
	}
	_, err := NewOnce(OnceConfig{Remember: 100, Bytes: 1 << 13}).Restore(image, 0)
	require.ErrorIs(t, err, errOnce, "another size")
}

func FuzzOnce(f *testing.F) {
	cfg := OnceConfig{Remember: 100, Bytes: 1 << 12}
	o := NewOnce(cfg)
	f.Add(o.AppendBinary(nil, 0))
	o.Add(1, 90)
	o.Add(2, 150)
	f.Add(o.AppendBinary(nil, 160))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := NewOnce(cfg)
		if _, err := o.Restore(b, 7); err != nil {
			return
		}
		o.Add(3, 8)
		if fresh, _ := o.Add(3, 9); fresh {
			t.Fatal("counted twice")
		}
		rebornOnce(t, o, cfg, 10, 0)
	})
}
