package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// asymptoticTuning is the number of requests for which the sequence is tightest,
// the default of the products that use it.
const asymptoticTuning = 5000

// AsymptoticCS is the asymptotic confidence sequence for a difference of means, as
// several experimentation products run it: roll back when the whole interval is
// on the wrong side. Each look estimates the variance from all data so far; one of
// zero is taken for no estimate.
//
//   - Assumes: enough data for the central limit theorem at the first look already;
//     one share throughout, or a base rate that does not move.
//   - Guarantees: P(rollback ever | no difference) tends to at most alpha as the
//     first look moves out; a minimum per arm is how that is bought.
//   - Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Time-uniform central limit
//     theory and asymptotic confidence sequences, arXiv 2103.06476; the tuning
//     parameter of 5,000 as in GrowthBook's documentation of sequential testing.
type AsymptoticCS struct {
	moments
	score   Score
	alpha   float64
	minimum float64
	rho2    float64
}

// NewAsymptoticCS compares mean scores, from minimum calls in each arm on.
func NewAsymptoticCS(score Score, alpha, minimum float64) *AsymptoticCS {
	return &AsymptoticCS{score: score, alpha: alpha, minimum: max(1, minimum), rho2: asymptoticRho2(alpha)}
}

// asymptoticRho2 makes the sequence tightest after asymptoticTuning requests.
func asymptoticRho2(alpha float64) float64 {
	l := -2 * math.Log(alpha)
	return (l + math.Log(1+l)) / asymptoticTuning
}

// Observe implements [Rule].
func (a *AsymptoticCS) Observe(r *worlds.Request) bool {
	a.add(r.Arm, a.score(r))
	if a.least() < a.minimum || !a.ahead() {
		return false
	}
	d, variance := a.difference()
	return variance > 0 && d*d > a.squaredHalfWidth(variance)
}

// squaredHalfWidth of the interval round the difference, given its variance.
func (a *AsymptoticCS) squaredHalfWidth(variance float64) float64 {
	n := a.n[0] + a.n[1]
	t := n*a.rho2 + 1
	return variance * n * 2 * t * (math.Log(t)/2 - math.Log(a.alpha)) / (n * n * a.rho2)
}
