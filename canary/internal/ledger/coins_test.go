package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

const delta = 1e-12

func TestSharesOfTheStrata(t *testing.T) {
	for _, tc := range []struct {
		name          string
		coins         Coins
		shares        []float64 // of the steps
		splits, wants [criteria.NumStrata]float64
	}{
		{"nothing is exposed", Coins{Keyed: true, Epsilon: 0.1}, []float64{0}, [3]float64{}, [3]float64{}},
		{"first step", Coins{Keyed: true}, []float64{0.2}, [3]float64{0.2, 0.2, 0}, [3]float64{0.2, 0.2, 0}},
		{"second step", Coins{Keyed: true}, []float64{0.2, 0.6}, [3]float64{0.6, 0.5, 0}, [3]float64{0.6, 0.5, 0}},
		{"lowered", Coins{Keyed: true}, []float64{0.6, 0.2}, [3]float64{0.2, 0, 0}, [3]float64{0.2, 0, 0}},
		{"no keys", Coins{}, []float64{0.2, 0.6}, [3]float64{0.6, 0, 0}, [3]float64{0.6, 0, 0}},
		{"sentinel", Coins{Keyed: true, Epsilon: 0.1}, []float64{0.2, 0.6}, [3]float64{0.6, 0.5, 0.9}, [3]float64{0.54, 0.45, 0.9}},
		{"sentinel, lowered", Coins{Keyed: true, Epsilon: 0.1}, []float64{0.6, 0.2}, [3]float64{0.2, 0, 0.9}, [3]float64{0.18, 0, 0.9}},
		{"sentinel, taken away", Coins{Keyed: true, Epsilon: 0.1}, []float64{0.6, 0}, [3]float64{}, [3]float64{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, share := range tc.shares {
				tc.coins.BeginStep(share, nil)
			}
			splits, shares := tc.coins.Splits(), tc.coins.Shares()
			require.InDeltaSlice(t, tc.splits[:], splits[:], delta)
			require.InDeltaSlice(t, tc.wants[:], shares[:], delta)
		})
	}
}

// The sentinel's coin belongs to the request: it counts however often its unit has testified, unless the request is no evidence at all.
func TestWatched(t *testing.T) {
	c := Coins{Keyed: true, Epsilon: 0.05}
	watched := Entry{Unit: 1, Mark: Sentinel | Candidate}
	require.False(t, c.Watched(watched), "nothing is exposed")
	c.BeginStep(0.5, nil)
	for range 3 {
		c.Toss(watched, 0.1)
		require.True(t, c.Watched(watched))
	}
	for name, mark := range map[string]Mark{
		"stable's unit": 0, "candidate's, no sentinel": Candidate, "held flag": Sentinel | Candidate | Excluded, "no key": Sentinel | Anonymous,
	} {
		require.False(t, c.Watched(Entry{Unit: 1, Mark: mark}), name)
	}
	require.True(t, c.Watched(Entry{Unit: 1, Mark: Sentinel}), "diverted")
	require.True(t, c.Watched(Entry{Unit: 1, Mark: Sentinel | spent}), "its own coin was not spent")
	c.Epsilon = 0
	require.False(t, c.Watched(watched))
}

// New coins are fresh: whoever has testified, whatever shares were applied, and even after a restart.
func TestRedraw(t *testing.T) {
	seen := func(c *Coins) criteria.Stratum { return c.Toss(Entry{Unit: 1}, 0.05) }
	var lost Spent
	lost.add(1)
	for name, past := range map[string]func(c *Coins){
		"testified": func(c *Coins) { c.BeginStep(0.6, nil); seen(c) },
		"resumed":   func(c *Coins) { c.Resume(0.6) },
		"thinned":   func(c *Coins) { c.BeginStep(0.6, nil); c.BeginStep(0.6, &lost) },
		"overtaken": func(c *Coins) { c.BeginStep(0.6, nil); c.Overtaken(Entry{Unit: 1}) },
	} {
		t.Run(name, func(t *testing.T) {
			stay, redrawn := Coins{Keyed: true}, Coins{Keyed: true}
			for _, c := range []*Coins{&stay, &redrawn} {
				past(c)
			}
			redrawn.Redraw()
			for _, c := range []*Coins{&stay, &redrawn} {
				c.BeginStep(0.2, nil)
			}
			require.Equal(t, criteria.Uncounted, seen(&stay))
			require.Equal(t, criteria.Fresh, seen(&redrawn))
			require.InDelta(t, 0.2, redrawn.Shares()[criteria.Band], delta, "no share was applied")
			require.Equal(t, criteria.Uncounted, seen(&redrawn), "once")
		})
	}
}

// P(candidate | stratum) is the declared share for the arm really assigned, with a sentinel, through a ramp and a reassignment.
func TestStrataWithASentinelHaveTheirShares(t *testing.T) {
	const (
		people, epsilon = 100_000, 0.2
		// limit is the 99.9 % point of chi-square with 15 degrees of freedom: every stratum in six steps, but for the band in the first of each salt, where
		// nobody is seen, and where the share is lowered.
		limit = 37.70
	)
	coins := &Coins{Keyed: true, Epsilon: epsilon}
	draw := rand.New(rand.NewPCG(1, 17))
	var chiSquare float64
	cells := 0
	for step, share := range []float64{0.05, 0.2, 0.1, 0.5, 0.3, 0.6} {
		salt := uint64(0x5eed)
		if step >= 4 {
			salt++
		}
		if step == 4 {
			coins.Redraw()
		}
		coins.BeginStep(share, nil)
		declared := coins.Shares()
		var n, candidates [criteria.NumStrata]float64
		for i := range people {
			if i%6 > step { // a sixth of the units comes with each step
				continue
			}
			unit := route.Unit(fmt.Sprint("unit ", i))
			e := Entry{Unit: unit, Step: uint32(step)}
			position := route.Position(unit, salt)
			if position < share {
				e.Mark = Sentinel
				if draw.Float64() >= epsilon {
					e.Mark |= Candidate
				}
			}
			count := func(s criteria.Stratum) {
				n[s]++
				if e.Mark&Candidate != 0 {
					candidates[s]++
				}
			}
			if s := coins.Toss(e, position); s != criteria.Uncounted {
				count(s)
			}
			if coins.Watched(e) {
				count(criteria.Sentinel)
			}
		}
		for s, p := range declared {
			if n[s] == 0 {
				continue
			}
			require.NotZero(t, p, "nobody counts in a stratum without a share")
			miss := candidates[s] - n[s]*p
			chiSquare += miss * miss / (n[s] * p * (1 - p))
			cells++
		}
	}
	t.Logf("chi-square %.1f with %d degrees of freedom", chiSquare, cells)
	require.Equal(t, 15, cells)
	require.Less(t, chiSquare, limit)
}
