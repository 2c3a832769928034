package worlds

import "math"

// Bound is the least mean number of candidate calls that any rule with false
// rollbacks <= alpha ever needs, if it finds every difference: share E[N], with
//
//	E[N] >= ln(1/alpha)/I,  I = pi KL(b||l) + (1-pi) KL(a||l),  l = pi b + (1-pi) a
//
// for stable's cell probabilities a, the candidate's b and the share pi. It is
// Wald's bound with l, the null nearest to (a, b), in the place of the unknown
// common distribution.
func Bound(stable, candidate []float64, share, alpha float64) float64 {
	information := 0.0
	for j := range candidate {
		a := 0.0
		if j < len(stable) {
			a = stable[j]
		}
		l := share*candidate[j] + (1-share)*a
		information += share*divergence(candidate[j], l) + (1-share)*divergence(a, l)
	}
	return share * math.Log(1/alpha) / information
}

// divergence is one cell's part of a Kullback-Leibler divergence.
func divergence(p, q float64) float64 {
	if p <= 0 {
		return 0
	}
	return p * math.Log(p/q)
}

// Cells are the probabilities of fine and harm.
func (w Rates) Cells() (stable, candidate []float64) {
	return Bernoulli(w.Stable(math.MaxInt)), Bernoulli(w.Candidate(math.MaxInt))
}

// Bernoulli are the cells of an event of probability p.
func Bernoulli(p float64) []float64 { return []float64{1 - p, p} }

// Cells are the probabilities of fine and harm over all slices.
func (w Broken) Cells() (stable, candidate []float64) {
	broken := 1 / float64(w.Slices)
	return Bernoulli(w.Base), Bernoulli(broken + (1-broken)*w.Base)
}

// Cells are the probabilities of the classes.
func (w Labels) Cells() (stable, candidate []float64) { return w.Stable, w.Candidate }

// Cells are the probabilities of fine cells of the axis, fine enough that finer
// ones would not change the bound in its third digit: equal ratios over nine
// decades on the positive side, equal widths on the other.
func (w Values) Cells() (stable, candidate []float64) {
	cuts := make([]float64, 0, 24_000)
	for x := -3.0; x <= 0; x += 0.001 {
		cuts = append(cuts, x)
	}
	for x := 1e-3; x < 1e6; x *= 1.001 {
		cuts = append(cuts, x)
	}
	return differences(w.Stable, cuts), differences(w.Candidate, cuts)
}

// differences are the probabilities of the cells between the cuts.
func differences(l Law, cuts []float64) []float64 {
	p, below := make([]float64, 0, len(cuts)+1), 0.0
	for _, x := range cuts {
		at := l.CDF(x)
		p = append(p, at-below)
		below = at
	}
	return append(p, 1-below)
}
