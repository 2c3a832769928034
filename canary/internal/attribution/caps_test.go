package attribution

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestACap(t *testing.T) {
	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 20: 20, MaxCap: MaxCap, 1000: MaxCap} {
		var c Caps
		taken := 0
		for range 1100 {
			if c.Take(7, limit) {
				taken++
			}
		}
		require.Equal(t, want, taken, limit)
		require.Equal(t, limit > 0, c.Take(8, limit), "another unit")
	}
}

// Nobody gets beyond the limit, whoever else reports, before a restart and after it.
func TestNobodyGetsBeyondTheLimit(t *testing.T) {
	const limit = 10
	r, c, taken := rand.New(rand.NewPCG(1, 1)), new(Caps), map[uint64]int{}
	for i := range 2_000_000 {
		unit := r.Uint64N(1 << (1 + r.IntN(19)))
		if c.Take(unit, limit) {
			taken[unit]++
			require.LessOrEqual(t, taken[unit], limit)
		}
		if i%500_000 == 0 {
			c = rebornCaps(t, c)
		}
	}
}

// How early a unit is refused when very many report: the figures of the documentation.
func TestCapsOfVeryManyUnits(t *testing.T) {
	const limit = 100
	for _, tc := range []struct{ units, reports, lost int }{{10_000, 10, 0}, {100_000, 1, 1}, {100_000, 10, 10}, {1_000_000, 1, 8}, {1_000_000, 10, 70}} {
		c, unit := new(Caps), uint64(0)
		for range tc.reports {
			for unit = range uint64(tc.units) {
				c.Take(unit, limit)
			}
		}
		lost := 0
		for range 100 {
			unit++
			taken := 0
			for c.Take(unit, limit) {
				taken++
			}
			lost = max(lost, limit-taken)
		}
		require.LessOrEqual(t, lost, tc.lost, "%d units of %d reports", tc.units, tc.reports)
	}
}

func rebornCaps(t *testing.T, c *Caps) *Caps {
	t.Helper()
	again := new(Caps)
	rest, err := again.Restore(append(c.AppendBinary(nil), "behind"...))
	require.NoError(t, err)
	require.Equal(t, "behind", string(rest))
	require.Equal(t, c, again)
	return again
}

func TestImagesOfCaps(t *testing.T) {
	for _, units := range []int{0, 1, 1000, 100_000} {
		c := new(Caps)
		for unit := range units {
			c.Take(uint64(unit), 5)
		}
		rebornCaps(t, c)
		image := c.AppendBinary(nil)
		require.LessOrEqual(t, len(image), min(16*units, 256<<10)+3)
		for n := range min(len(image), 200) {
			again := new(Caps)
			_, err := again.Restore(image[:n])
			require.ErrorIs(t, err, errCaps, n)
			require.Equal(t, new(Caps), again)
		}
	}
}

func FuzzCaps(f *testing.F) {
	c := new(Caps)
	f.Add(c.AppendBinary(nil))
	c.Take(1, 5)
	c.Take(2, 5)
	f.Add(c.AppendBinary(nil))
	f.Add([]byte{1, 0xff, 0xff, 0x0f, 3})       // the last
	f.Add([]byte{2, 0xff, 0xff, 0x0f, 3, 0, 3}) // and one beyond
	f.Fuzz(func(t *testing.T, b []byte) {
		c := new(Caps)
		if _, err := c.Restore(b); err != nil {
			return
		}
		again := new(Caps)
		if _, err := again.Restore(c.AppendBinary(nil)); err != nil || again.Take(1, 3) != c.Take(1, 3) {
			t.Fatal("not what was read")
		}
	})
}
