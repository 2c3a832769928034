package rules

import (
	"math"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// DKW compares the arms' empirical distribution functions, each with a band that
// holds it at all times; roll back when the bands are apart somewhere.
//
// The distance is computed anew only when it can have reached the bands: one value
// moves the function of its arm by at most 1/n.
//
//   - Assumes: independent, identically distributed values in each arm.
//   - Guarantees: P(rollback ever | equal distributions) <= alpha, each arm with half.
//   - Source: Howard, Ramdas, Sequential estimation of quantiles with applications to
//     A/B testing and best-arm identification, arXiv 1906.09712, the time-uniform DKW
//     inequality with constants 0.85 and 1612; bands for canaries as in Lindon, Sanden,
//     Shirikian, arXiv 2205.14762.
type DKW struct {
	axis     Axis
	twoSided bool
	alpha    float64

	n      [2]float64
	counts [2][axisBins]float64
	apart  float64    // upper bound of the distance
	bands  float64    // lower bound of the sum of the bands, while n <= until
	until  [2]float64 // the sizes up to which bands is valid
}

// NewDKW looks for larger values of the candidate, or for a difference either way.
func NewDKW(axis Axis, twoSided bool, alpha float64) *DKW {
	return &DKW{axis: axis, twoSided: twoSided, alpha: alpha}
}

// Observe implements [Rule].
func (d *DKW) Observe(r *worlds.Request) bool {
	d.counts[r.Arm][d.axis.bin(r.Value)]++
	d.n[r.Arm]++
	d.apart += 1 / d.n[r.Arm]
	if d.n[0] == 0 || d.n[1] == 0 {
		return false
	}
	if d.n[0] > d.until[0] || d.n[1] > d.until[1] {
		d.until = [2]float64{math.Ceil(1.05 * d.n[0]), math.Ceil(1.05 * d.n[1])}
		d.bands = d.band(d.until[0]) + d.band(d.until[1])
	}
	if d.apart <= d.bands {
		return false
	}
	d.apart = d.distance()
	return d.apart > d.band(d.n[0])+d.band(d.n[1])
}

// band is the half-width after n values, falling in n.
func (d *DKW) band(n float64) float64 {
	return 0.85 * math.Sqrt((math.Log(1+math.Log(n))+0.8*math.Log(1612/(d.alpha/2)))/n)
}

// distance is the largest of P(stable <= x) - P(candidate <= x), or of its size.
func (d *DKW) distance() (largest float64) {
	var below [2]float64
	for j := range axisBins {
		for arm := range below {
			below[arm] += d.counts[arm][j]
		}
		apart := below[criteria.Stable]/d.n[criteria.Stable] - below[criteria.Candidate]/d.n[criteria.Candidate]
		if d.twoSided {
			apart = math.Abs(apart)
		}
		largest = max(largest, apart)
	}
	return largest
}
