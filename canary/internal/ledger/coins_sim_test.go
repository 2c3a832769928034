//go:build !race

package ledger

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// A user who happens to be error-prone is one witness, not a hundred.
func TestSimStickyUsers(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			sc := scene{users: 5000, requests: 20_000, shares: []float64{share}, rule: freshCoins}
			requireKept(t, sc)
			requireNeeded(t, sc, everyRequest)
		})
	}
}

// A ramp reads the coins of the newly exposed only, and while the base rate of both drifts.
func TestSimRamp(t *testing.T) {
	t.Parallel()
	const each = 5000
	requireKept(t, scene{
		users: 5000, requests: each, shares: []float64{0.01, 0.05, 0.2, 0.5}, rule: freshCoins,
		harm: func(risk float64, _ criteria.Arm, i int) float64 { return risk * (0.5 + 2*float64(i)/(4*each)) },
	})
}

// A share that goes down and up again shows the same coins again. They are read once.
func TestSimShareLoweredAndRaised(t *testing.T) {
	t.Parallel()
	sc := scene{
		users: 1000, requests: 3000, rule: freshCoins,
		harm: func(risk float64, _ criteria.Arm, _ int) float64 { return 5 * risk }, // some users fail always
	}
	for i := range 11 {
		sc.shares = append(sc.shares, 0.3+0.02*float64(i), 0.1)
	}
	requireKept(t, sc)
	requireNeeded(t, sc, oncePerStep)
}

// A candidate that is better in all things is never rolled back. If a user's first error alone counted, stable's users would soon have had theirs, and the
// candidate's would be left with all errors to come.
func TestSimBetterCandidate(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			sc := scene{
				users: 5000, requests: 20_000, shares: []float64{share}, rule: freshCoins,
				harm: func(risk float64, arm criteria.Arm, _ int) float64 {
					if arm == criteria.Candidate {
						return risk / 2
					}
					return risk
				},
			}
			requireKept(t, sc)
			requireNeeded(t, sc, firstErrors)
		})
	}
}

// An incident on stable alone, early in the rollout, does not turn against the candidate when it is over.
func TestSimIncidentOnStable(t *testing.T) {
	for _, share := range []float64{0.05, 0.5} {
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			sc := scene{
				users: 5000, requests: 20_000, shares: []float64{share}, rule: freshCoins,
				harm: func(risk float64, arm criteria.Arm, i int) float64 {
					if arm == criteria.Stable && i >= 500 && i < 2500 {
						return 0.5
					}
					return risk
				},
			}
			requireKept(t, sc)
			requireNeeded(t, sc, firstErrors)
		})
	}
}

// P(candidate | stratum) is the declared share: over many users, step by step, also after the share was lowered.
func TestSimStrataHaveTheirShares(t *testing.T) {
	t.Parallel()
	shares := []float64{0.01, 0.05, 0.2, 0.1, 0.2, 0.5}
	const (
		people = 400_000
		// limit is the 99.9 % point of chi-square with 9 degrees of freedom: 6 steps with new users, and 3 whose share is a new high after others.
		limit = 27.88
	)
	coins := &Coins{Keyed: true}
	var chiSquare float64
	cells := 0
	for step, share := range shares {
		coins.BeginStep(share, nil)
		declared := coins.Shares()
		var n, candidates [criteria.NumStrata]float64
		for i := range people {
			if i%len(shares) > step { // the sixth group of users comes with the sixth step
				continue
			}
			unit := route.Unit(fmt.Sprint("user ", i))
			position := route.Position(unit, testSalt)
			s := coins.Toss(Entry{Unit: unit, Step: uint32(step)}, position)
			if s == criteria.Uncounted {
				continue
			}
			n[s]++
			if position < share {
				candidates[s]++
			}
		}
		for s, p := range declared {
			t.Logf("share %-4v stratum %d: %6.0f units, candidate %.4f, declared %.4f", share, s, n[s], candidates[s]/max(1, n[s]), p)
			if p == 0 {
				require.Zero(t, n[s], "nobody counts in a stratum without a share")
				continue
			}
			if s == int(criteria.Band) && step == 0 {
				require.Zero(t, n[s], "nobody was seen before the first step")
				continue
			}
			require.Greater(t, n[s], 1000.0)
			miss := candidates[s] - n[s]*p
			chiSquare += miss * miss / (n[s] * p * (1 - p))
			cells++
		}
	}
	t.Logf("chi-square %.1f with %d degrees of freedom", chiSquare, cells)
	require.Equal(t, 9, cells)
	require.Less(t, chiSquare, limit)
}
