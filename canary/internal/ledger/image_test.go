package ledger

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// visited are coins that so many units were seen with, in two steps, and one of them spent without a slot.
func visited(units int, seed uint64) *Coins {
	c, r := &Coins{Keyed: true, Epsilon: 0.1}, rand.New(rand.NewPCG(seed, 1))
	c.BeginStep(0.05, nil)
	for range units / 2 {
		c.Toss(Entry{Unit: r.Uint64()}, r.Float64())
	}
	c.BeginStep(0.25, nil)
	for range units - units/2 {
		c.Toss(Entry{Unit: r.Uint64()}, r.Float64())
	}
	return c
}

func restored(t *testing.T, c *Coins) *Coins {
	t.Helper()
	again := &Coins{Keyed: c.Keyed, Epsilon: c.Epsilon}
	rest, err := again.Restore(append(c.AppendBinary(nil), "behind"...))
	require.NoError(t, err)
	require.Equal(t, "behind", string(rest))
	return again
}

// Whatever comes after the restart, the coins say what they would have said.
func TestCoinsGoOnInAnotherProcess(t *testing.T) {
	for _, units := range []int{0, 1, 2, 1000, 100_000, 1_500_000} {
		before := visited(units, 3)
		after := restored(t, before)
		require.Equal(t, before.Shares(), after.Shares(), units)
		require.Equal(t, before.Full(), after.Full(), units)
		require.Equal(t, before.Testified(), after.Testified(), units)
		again, news := rand.New(rand.NewPCG(3, 1)), rand.New(rand.NewPCG(4, 1))
		var counted [criteria.NumStrata]int
		for i := range 20_000 {
			r := again // met before, or not
			if i%2 == 0 {
				r = news
			}
			e, at := Entry{Unit: r.Uint64()}, r.Float64()
			if i == 10_000 {
				before.BeginStep(0.5, nil)
				after.BeginStep(0.5, nil)
			}
			want := before.Toss(e, at)
			require.Equal(t, want, after.Toss(e, at), "%d units, %d", units, i)
			if want >= 0 {
				counted[want]++
			}
		}
		require.Equal(t, before.epoch.Ones(), after.epoch.Ones())
		require.Equal(t, before.step.Ones(), after.step.Ones())
		if units == 100_000 {
			require.Positive(t, counted[criteria.Fresh])
			require.Positive(t, counted[criteria.Band])
		}
	}
}

func TestResumedCoinsStayResumed(t *testing.T) {
	c := &Coins{Keyed: true}
	c.Resume(0.3)
	c.BeginStep(0.25, nil)
	require.True(t, restored(t, c).Resumed)
	require.Equal(t, criteria.Uncounted, restored(t, c).Toss(Entry{Unit: 1}, 0.9))
}

func TestSpentUnitsAreSeenAfterTheRestart(t *testing.T) {
	c, units := &Coins{Keyed: true}, new(Spent)
	c.BeginStep(0.25, nil)
	units.add(7)
	c.Spend(units)
	c.Spend(nil)
	after := restored(t, c)
	require.Equal(t, criteria.Uncounted, after.Toss(Entry{Unit: 7}, 0.1), "in this step")
	require.Equal(t, criteria.Fresh, after.Toss(Entry{Unit: 8}, 0.1))
	after.BeginStep(0.5, nil)
	require.Equal(t, criteria.Uncounted, after.Toss(Entry{Unit: 7}, 0.1), "and not as new in the next")
}

func TestHaltedCoinsReadNothing(t *testing.T) {
	c := visited(1000, 5)
	want := c.Shares()
	share := c.Halt()
	require.InDelta(t, 0.25, share, 0)
	require.Equal(t, criteria.Uncounted, c.Toss(Entry{Unit: 1 << 60}, 0.1))
	require.Zero(t, c.Shares())
	c.GoOn(share)
	require.Equal(t, want, c.Shares())
	require.Equal(t, criteria.Fresh, c.Toss(Entry{Unit: 1 << 60}, 0.1), "its coin was not spent")
}

func TestCopyIsIndependent(t *testing.T) {
	c, image := visited(1000, 5), new(Coins)
	c.CopyTo(image)
	want := image.AppendBinary(nil)
	require.Equal(t, c.AppendBinary(nil), want)
	for i := range uint64(1000) {
		c.Toss(Entry{Unit: i}, 0.5)
	}
	c.BeginStep(0.5, nil)
	require.Equal(t, want, image.AppendBinary(nil))
	words := &image.step.Words()[0]
	visited(10, 6).CopyTo(image)
	require.Same(t, words, &image.step.Words()[0], "its memory is used again")
	visited(0, 6).CopyTo(image)
	require.Equal(t, criteria.Fresh, image.Toss(Entry{Unit: 1}, 0.5))
}

// The sizes that the comment promises.
func TestImageIsSmallWhereUnitsAreFew(t *testing.T) {
	require.Len(t, new(Coins).AppendBinary(nil), 20)
	for _, units := range []int{100, 1000, 10_000, 50_000} {
		bytes := float64(len(visited(units, 7).AppendBinary(nil))) / float64(units)
		require.InDelta(t, 5.5, bytes, 1.6, units)
	}
	require.LessOrEqual(t, len(visited(2_000_000, 7).AppendBinary(nil)), 2<<20+64)
}

func TestDamagedCoins(t *testing.T) {
	image := visited(40, 8).AppendBinary(nil)
	for n := range image {
		c := Coins{Keyed: true}
		_, err := c.Restore(image[:n])
		require.ErrorIs(t, err, errCoins, n)
		require.Equal(t, Coins{Keyed: true}, c)
	}
	for _, c := range []struct {
		name string
		at   int
		to   byte
	}{{"a share that is none", 7, 0xff}, {"a highest share that is none", 15, 0xff}, {"neither resumed nor not", 16, 2}, {"a kind of filter", 18, 9}} {
		damaged := append([]byte{}, image...)
		damaged[c.at] = c.to
		_, err := new(Coins).Restore(damaged)
		require.ErrorIs(t, err, errCoins, c.name)
	}
}

func FuzzCoins(f *testing.F) {
	f.Add(visited(40, 8).AppendBinary(nil))
	f.Add(new(Coins).AppendBinary(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Coins
		rest, err := c.Restore(b)
		if err != nil {
			return
		}
		var again Coins
		_, err = again.Restore(c.AppendBinary(nil))
		require.NoError(t, err)
		require.Equal(t, c.Shares(), again.Shares())
		require.Equal(t, c.epoch.Ones(), again.epoch.Ones())
		require.LessOrEqual(t, len(rest), len(b))
	})
}
