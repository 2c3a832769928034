package rules

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// NaiveZ is the two-proportion z test of the textbook, read at every error of the
// candidate as if it were the only look: one-sided, each arm with the variance it
// shows, and at least 100 calls in each.
//
//   - Assumes: one look, at a time fixed beforehand; neither is so.
//   - Guarantees: nothing under peeking.
//   - Source: the two-proportion z test with unpooled variance, any textbook; 2.326 is
//     its 1 % point. Pooled it is more often false for rare failures and small shares.
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
	d, variance := z.difference()
	return d > 0 && d*d >= naiveLimit*naiveLimit*variance
}
