package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// MannWhitney is the rank test of the textbook, read at every call of the
// candidate as if it were the only look, with at least 100 calls in each arm.
//
//   - Assumes: one look, at a time fixed beforehand; neither is so.
//   - Guarantees: nothing under peeking.
//   - Source: Mann, Whitney (1947), normal approximation with correction for ties.
type MannWhitney struct {
	axis     Axis
	twoSided bool

	n     [2]float64
	trees [2]tree
	bins  [axisBins][2]float64
	wins  float64 // pairs in which the candidate's value is larger, ties half
	ties  float64 // sum of t^3 - t over bins with t values
}

// NewMannWhitney looks for larger values of the candidate at 1 %, or for a
// difference either way at 1 %.
func NewMannWhitney(axis Axis, twoSided bool) *MannWhitney {
	return &MannWhitney{axis: axis, twoSided: twoSided}
}

// Observe implements [Rule].
func (m *MannWhitney) Observe(r *worlds.Request) bool {
	m.add(r.Arm, m.axis.bin(r.Value))
	if r.Arm == criteria.Stable || min(m.n[0], m.n[1]) < naiveMinimum {
		return false
	}
	z := m.z()
	if m.twoSided {
		return math.Abs(z) >= naiveLimitBoth
	}
	return z >= naiveLimit
}

func (m *MannWhitney) add(arm criteria.Arm, bin int) {
	other := 1 - arm
	below, equal := m.trees[other].below(bin), m.bins[bin][other]
	if arm == criteria.Stable {
		below = m.n[other] - below - equal // the candidate's that are larger
	}
	m.wins += below + equal/2
	t := m.bins[bin][0] + m.bins[bin][1]
	m.ties += 3 * t * (t + 1) // (t+1)^3 - (t+1) - (t^3 - t)
	m.bins[bin][arm]++
	m.trees[arm].add(bin)
	m.n[arm]++
}

// z is the standardised number of wins; 0 while all values are equal.
func (m *MannWhitney) z() float64 {
	pairs, n := m.n[0]*m.n[1], m.n[0]+m.n[1]
	variance := pairs / 12 * (n + 1 - m.ties/(n*(n-1)))
	if !(variance > 0) {
		return 0
	}
	return (m.wins - pairs/2) / math.Sqrt(variance)
}

// A tree counts values by bin and sums them up to a bin in logarithmic time.
type tree [axisBins + 1]float64

func (t *tree) add(bin int) {
	for i := bin + 1; i < len(t); i += i & -i {
		t[i]++
	}
}

// below is the number of values in the bins before this one.
func (t *tree) below(bin int) (n float64) {
	for i := bin; i > 0; i -= i & -i {
		n += t[i]
	}
	return n
}
