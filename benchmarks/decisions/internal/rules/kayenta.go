package rules

import (
	"math"
	"slices"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Kayenta compares the arms' values of a metric by minute: values far outside the
// quartiles are dropped, and the metric is High when the lower end of the 98 %
// Hodges-Lehmann interval of the shift exceeds a quarter of the estimated shift.
// It is judged every ten minutes on the whole lifetime; High rolls back.
//
//   - Assumes: minutes that are exchangeable between the arms, and one judgement.
//   - Guarantees: about 1 % false at one judgement, if shapes are equal; none over many.
//   - Source: spinnaker/kayenta, NetflixACAJudge and MannWhitneyClassifier (confidence
//     0.98, effect 0.25 of the Hodges-Lehmann estimate, outliers outside three
//     interquartile ranges); the interval as in Hollander, Wolfe, Chicken,
//     Nonparametric Statistical Methods, section 4.3.
type Kayenta struct {
	metric  Metric
	minute  [2]window
	history [2][]float64
}

// KayentaSoonest is the number of requests before which it cannot roll back.
const KayentaSoonest = kayentaMinutes * worlds.PerMinute

const (
	kayentaMinutes    = 10
	kayentaFence      = 3.0
	kayentaConfidence = 0.98
	kayentaEffect     = 0.25
)

// NewKayenta compares a metric of which more is worse.
func NewKayenta(metric Metric) *Kayenta { return &Kayenta{metric: metric} }

// Observe implements [Rule].
func (k *Kayenta) Observe(r *worlds.Request) bool {
	k.minute[r.Arm].add(r)
	if !ends(r, 1) {
		return false
	}
	for arm := range k.minute {
		if w := &k.minute[arm]; w.calls > 0 {
			k.history[arm] = append(k.history[arm], k.metric(w))
			w.reset()
		}
	}
	return ends(r, kayentaMinutes) && k.high()
}

func (k *Kayenta) high() bool {
	stable := withoutOutliers(k.history[criteria.Stable])
	candidate := withoutOutliers(k.history[criteria.Candidate])
	if len(stable) == 0 || len(candidate) == 0 {
		return false
	}
	estimate, lower := hodgesLehmann(stable, candidate, kayentaConfidence)
	return lower > kayentaEffect*math.Abs(estimate)
}

// withoutOutliers returns the values within the fences, sorted.
func withoutOutliers(values []float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	low, high := quantile(sorted, 0.25), quantile(sorted, 0.75)
	margin := kayentaFence * (high - low)
	return slices.DeleteFunc(sorted, func(x float64) bool { return x < low-margin || x > high+margin })
}

// hodgesLehmann estimates by how much b is shifted against a, with the lower end
// of the interval by the normal approximation; -Inf with too few values for one.
func hodgesLehmann(a, b []float64, confidence float64) (estimate, lower float64) {
	shifts := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			shifts = append(shifts, y-x)
		}
	}
	slices.Sort(shifts)
	m, n := float64(len(a)), float64(len(b))
	z := normalQuantile((1 + confidence) / 2)
	rank := int(math.Floor(m*n/2 - z*math.Sqrt(m*n*(m+n+1)/12)))
	lower = math.Inf(-1)
	if rank >= 1 {
		lower = shifts[rank-1]
	}
	return quantile(shifts, 0.5), lower
}
