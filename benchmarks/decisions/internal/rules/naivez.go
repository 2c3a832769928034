package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// NaiveZ is the two-proportion z test of the textbook, read at every error of the
// candidate as if it were the only look: one-sided, with at least 100 calls in
// each arm.
//
//   - Assumes: one look, at a time fixed beforehand; neither is so.
//   - Guarantees: nothing under peeking.
//   - Source: pooled two-proportion z test, any textbook; 2.326 is its 1 % point.
type NaiveZ struct{ moments }

const (
	naiveLimit     = 2.326 // one-sided 1 %
	naiveLimitBoth = 2.576 // two-sided 1 %
	naiveMinimum   = 100
)

// Observe implements [Rule].
func (z *NaiveZ) Observe(r *worlds.Request) bool {
	z.add(r.Arm, Harm(r))
	if !r.Harm || r.Arm == criteria.Stable || z.least() < naiveMinimum {
		return false
	}
	return z.pooled() >= naiveLimit
}

// pooled is the z statistic of two proportions with a common variance; 0 while
// there is none.
func (m *moments) pooled() float64 {
	stable, candidate := m.n[criteria.Stable], m.n[criteria.Candidate]
	p := (m.sum[0] + m.sum[1]) / (stable + candidate)
	variance := p * (1 - p) * (1/stable + 1/candidate)
	if !(variance > 0) {
		return 0
	}
	return (m.sum[criteria.Candidate]/candidate - m.sum[criteria.Stable]/stable) / math.Sqrt(variance)
}
