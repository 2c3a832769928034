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
// likelihood ratio reaches 1/alpha and the candidate is the worse. A variance of
// zero is taken for no estimate.
//
//   - Assumes: normal means with known variance; one share throughout, or a base
//     rate that does not move.
//   - Guarantees: P(rollback ever | no difference) <= alpha under these.
//   - Source: Johari, Koomen, Pekelis, Walsh, Always valid inference, arXiv 1512.04922.
type MSPRT struct {
	moments
	limit   float64
	minimum float64
}

// NewMSPRT compares failure rates, from minimum calls in each arm on.
func NewMSPRT(alpha, minimum float64) *MSPRT {
	return &MSPRT{limit: -math.Log(alpha), minimum: max(1, minimum)}
}

// Observe implements [Rule].
func (m *MSPRT) Observe(r *worlds.Request) bool {
	m.add(r.Arm, Harm(r))
	if m.least() < m.minimum || !m.ahead() {
		return false
	}
	d, variance := m.difference()
	return variance > 0 && msprtLogRatio(d, variance) >= m.limit
}

// msprtLogRatio is the log likelihood ratio of the mixture to no difference.
func msprtLogRatio(d, variance float64) float64 {
	sum := variance + msprtSpread
	return math.Log(variance/sum)/2 + d*d*msprtSpread/(2*variance*sum)
}
