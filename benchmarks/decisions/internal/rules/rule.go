// Package rules holds the decision rules that are compared: [Ours], and what is
// used today. Each reads the same requests one by one and says when it rolls back.
//
// Every baseline states what it assumes, what it then guarantees and where it
// comes from. Its numbers are those of the source's documentation or, where that
// leaves a choice, the ones the doc comment argues for.
package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// A Rule watches one rollout. It belongs to one goroutine.
type Rule interface {
	// Observe takes the next request and reports whether to roll back now. It is
	// not called again after that.
	Observe(r *worlds.Request) bool
}

// A Seeder also learns from stable's requests before exposure.
type Seeder interface{ Seed(r *worlds.Request) }

// A Score is what a rule for means averages: the more, the worse.
type Score func(*worlds.Request) float64

// Harm is 1 for a failed call.
func Harm(r *worlds.Request) float64 {
	if r.Harm {
		return 1
	}
	return 0
}

// Loss is the value with its sign turned: for values of which more is better.
func Loss(r *worlds.Request) float64 { return -r.Value }

// moments are sums of a score by arm.
type moments struct{ n, sum, squares [2]float64 }

func (m *moments) add(arm criteria.Arm, x float64) {
	m.n[arm]++
	m.sum[arm] += x
	m.squares[arm] += x * x
}

// least is the size of the smaller arm.
func (m *moments) least() float64 { return min(m.n[0], m.n[1]) }

// ahead reports whether the candidate's mean is the larger, without a division.
func (m *moments) ahead() bool {
	return m.sum[criteria.Candidate]*m.n[criteria.Stable] > m.sum[criteria.Stable]*m.n[criteria.Candidate]
}

// difference is the candidate's mean less stable's, with its estimated variance;
// each arm has at least one value.
func (m *moments) difference() (d, variance float64) {
	var mean [2]float64
	for arm, n := range m.n {
		mean[arm] = m.sum[arm] / n
		variance += max(0, m.squares[arm]/n-mean[arm]*mean[arm]) / n
	}
	return mean[criteria.Candidate] - mean[criteria.Stable], variance
}

// above is the probability that a standard normal exceeds z.
func above(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// normalQuantile is the inverse of the standard normal distribution function.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
