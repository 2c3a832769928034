package criteria

import (
	"cmp"
	"math"
	"slices"
)

// Discoveries returns the criteria that are breached, the most convincing first,
// so that of the lists drawn up this way at most a fraction rate of the named are
// named wrongly, on average. It is for reports: a longer list than the criteria
// that fail alone, at a promise about the list instead of each. All count alike,
// whatever their weight or role. With rate outside (0, 1) nothing is named.
//
//   - Assumes: nothing about how the criteria depend on each other.
//   - Guarantees: E[wrongly named / named] <= rate, whenever one looks.
//   - Cost: a sort.
//   - Source: Wang, Ramdas, False discovery rate control with e-values (e-BH), arXiv
//     2009.02824.
func Discoveries(verdicts []Verdict, rate float64) []Verdict {
	if !(rate > 0 && rate < 1) {
		return nil
	}
	sorted := slices.Clone(verdicts)
	slices.SortStableFunc(sorted, func(a, b Verdict) int { return cmp.Compare(b.LogE, a.LogE) })
	named := 0
	for i, v := range sorted {
		if v.LogE >= math.Log(float64(len(sorted))/(rate*float64(i+1))) {
			named = i + 1
		}
	}
	return sorted[:named]
}
