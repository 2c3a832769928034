package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// LindonMalek tests the split of failed calls between the arms: if both fail
// alike, a failed call is the candidate's with P(candidate). The alternative is a
// beta mixture of splits round that, kappa failures strong. It is two-sided; roll
// back when the candidate has more than its part.
//
//   - Assumes: randomised assignment with known shares, independent of outcomes.
//   - Guarantees: P(rollback ever | equal rates at every request) <= alpha; exact.
//   - Source: Lindon, Malek, Anytime-valid inference for multinomial count data,
//     arXiv 2011.03567; kappa = 100 is the concentration of their example.
type LindonMalek struct{ split }

// NewLindonMalek tests failed calls with a prior of kappa.
func NewLindonMalek(alpha, kappa float64) *LindonMalek {
	return &LindonMalek{newSplit(alpha, kappa, 1)}
}

// Observe implements [Rule].
func (l *LindonMalek) Observe(r *worlds.Request) bool {
	return r.Harm && l.add(r, 0) && l.surplus[0] > 0
}

// Multinomial is the product of [LindonMalek]'s test over the labels: under the
// null the coin of a request does not know its label, so the splits of the labels
// multiply.
//
//   - Assumes, Guarantees, Source: as [LindonMalek], for equal distributions of labels.
type Multinomial struct{ split }

// NewMultinomial tests labels with a prior of kappa on each.
func NewMultinomial(alpha, kappa float64) *Multinomial {
	return &Multinomial{newSplit(alpha, kappa, criteria.MaxLabels)}
}

// Observe implements [Rule].
func (m *Multinomial) Observe(r *worlds.Request) bool { return m.add(r, int(r.Label)) }

// A split is the evidence that the coins of the requests in some cells did not
// fall as declared. A new share starts new counts; the evidence multiplies on.
type split struct {
	kappa   float64
	logE    float64
	limit   float64
	share   float64
	counts  [][2]float64 // counts[cell][arm], at this share
	surplus []float64    // of candidate's over expected, by cell, over all shares
}

func newSplit(alpha, kappa float64, cells int) split {
	return split{
		kappa: kappa, limit: -math.Log(alpha),
		counts: make([][2]float64, cells), surplus: make([]float64, cells),
	}
}

// add counts a request and reports whether the evidence is at the limit.
func (s *split) add(r *worlds.Request, cell int) bool {
	if r.Share != s.share {
		s.share = r.Share
		clear(s.counts)
	}
	expected := [2]float64{criteria.Stable: 1 - r.Share, criteria.Candidate: r.Share}[r.Arm]
	n := &s.counts[cell]
	s.logE += math.Log((s.kappa*expected + n[r.Arm]) / ((s.kappa + n[0] + n[1]) * expected))
	n[r.Arm]++
	s.surplus[cell] += float64(r.Arm) - r.Share
	return s.logE >= s.limit
}
