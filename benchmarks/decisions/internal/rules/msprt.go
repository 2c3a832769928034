package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// msprtSpread is the variance of the normal mixture over the difference of rates:
// differences of about a point are expected.
const msprtSpread = 1e-4

// MSPRT is the mixture sequential probability ratio test of the A/B testing
// products, with the variance of the difference plugged in; roll back when the
// likelihood ratio reaches 1/alpha and the candidate is the worse.
//
//   - Assumes: normal means with known variance; one share throughout, or a base
//     rate that does not move.
//   - Guarantees: P(rollback ever | no difference) <= alpha under these.
//   - Source: Johari, Koomen, Pekelis, Walsh, Always valid inference, arXiv 1512.04922.
type MSPRT struct {
	moments
	alpha   float64
	minimum float64
}

// NewMSPRT compares failure rates, from minimum calls in each arm on.
func NewMSPRT(alpha, minimum float64) *MSPRT { return &MSPRT{alpha: alpha, minimum: max(1, minimum)} }

// Observe implements [Rule].
func (m *MSPRT) Observe(r *worlds.Request) bool {
	m.add(r.Arm, Harm(r))
	if m.least() < m.minimum {
		return false
	}
	d, variance := m.difference()
	return d > 0 && msprtLogRatio(d, variance) >= -math.Log(m.alpha)
}

// msprtLogRatio is the log likelihood ratio of the mixture to no difference;
// a difference without variance is infinitely unlikely.
func msprtLogRatio(d, variance float64) float64 {
	if variance == 0 {
		return math.Inf(1)
	}
	sum := variance + msprtSpread
	return math.Log(variance/sum)/2 + d*d*msprtSpread/(2*variance*sum)
}
