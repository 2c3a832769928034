package criteria

import "math"

// logSum returns ln(exp(x[0]) + exp(x[1]) + ...), -Inf for nothing.
func logSum(x []float64) float64 {
	most := math.Inf(-1)
	for _, v := range x {
		most = max(most, v)
	}
	if math.IsInf(most, -1) {
		return most
	}
	const negligible = -40 // beyond the last bit of a sum of thousands
	sum := 0.0
	for _, v := range x {
		if v -= most; v > negligible {
			sum += math.Exp(v)
		}
	}
	return most + math.Log(sum)
}

// logAdd returns ln(exp(a) + exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// logMix returns ln(x exp(a) + (1-x) exp(b)) for x in [0, 1].
func logMix(x, a, b float64) float64 {
	switch x {
	case 0:
		return b
	case 1:
		return a
	}
	return logAdd(math.Log(x)+a, math.Log1p(-x)+b)
}
