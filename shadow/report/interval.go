package report

import "math"

// Level is the confidence of every interval that is not said to be corrected for how many were looked at.
const Level = 0.95

// A Rate is how often something was seen, with its interval at [Level]: Wilson's, which stays within [0, 1] and holds for small counts.
//
//   - Assumes: inputs that are independent and as they will be.
//   - Source: Wilson 1927, J. Am. Stat. Assoc. 22; Newcombe 1998, Statist. Med. 17, 857-872, method 3.
type Rate struct {
	// Count of Of.
	Count int64 `json:"count"`
	Of    int64 `json:"of"`
	// Rate is Count/Of, 0 of none; Lower and Upper bound it, from 0 to 1 of none.
	Rate  float64 `json:"rate"`
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

// An Excess is how much more often one of two things was seen than the other on the same inputs, with its interval at [Level].
//
//   - Assumes: as Rate.
//   - Source: Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on paired data, Statist. Med. 17, 2635-2650,
//     method 10.
type Excess struct {
	// First and Second are how often only the one, and only the other was seen; Of is the number of inputs.
	First  int64 `json:"first"`
	Second int64 `json:"second"`
	Of     int64 `json:"of"`
	// Excess is (First - Second)/Of; Lower and Upper bound it, from -1 to 1 of none.
	Excess float64 `json:"excess"`
	Lower  float64 `json:"lower"`
	Upper  float64 `json:"upper"`
}

// zScore is the number of standard deviations within which a normal number lies with that probability.
func zScore(level float64) float64 { return math.Sqrt2 * math.Erfinv(level) }

func rateOf(count, of int64) Rate { return rateAt(count, of, zScore(Level)) }

func rateAt(count, of int64, z float64) Rate {
	r := Rate{Count: count, Of: of, Upper: 1}
	if of <= 0 {
		return r
	}
	n := float64(of)
	r.Rate = float64(count) / n
	centre := r.Rate + z*z/(2*n)
	half := z * math.Sqrt(r.Rate*(1-r.Rate)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	r.Lower, r.Upper = max(0, (centre-half)/scale), min(1, (centre+half)/scale)
	if count == 0 {
		r.Lower = 0 // not what rounding leaves of it
	}
	if count == of {
		r.Upper = 1
	}
	return r
}

// A pairTable counts inputs by two things that each of them shows or does not.
type pairTable struct{ both, first, second, neither int64 }

func (t *pairTable) add(first, second bool) {
	switch {
	case first && second:
		t.both++
	case first:
		t.first++
	case second:
		t.second++
	default:
		t.neither++
	}
}

func (t pairTable) of() int64 { return t.both + t.first + t.second + t.neither }

func (t pairTable) excess() Excess { return t.excessAt(zScore(Level)) }

func (t pairTable) excessAt(z float64) Excess {
	e := Excess{First: t.first, Second: t.second, Of: t.of(), Lower: -1, Upper: 1}
	if e.Of == 0 {
		return e
	}
	p := rateAt(t.both+t.first, e.Of, z)
	q := rateAt(t.both+t.second, e.Of, z)
	phi := t.correlation()
	e.Excess = float64(t.first-t.second) / float64(e.Of)
	e.Lower = e.Excess - squareAndAdd(p.Rate-p.Lower, q.Upper-q.Rate, phi)
	e.Upper = e.Excess + squareAndAdd(p.Upper-p.Rate, q.Rate-q.Lower, phi)
	return e
}

// correlation is Newcombe's, with his correction for continuity.
func (t pairTable) correlation() float64 {
	a, b, c, d := float64(t.both), float64(t.first), float64(t.second), float64(t.neither)
	margins := (a + b) * (c + d) * (a + c) * (b + d)
	if margins == 0 {
		return 0
	}
	cross := a*d - b*c
	if cross > 0 {
		cross = max(0, cross-(a+b+c+d)/2)
	}
	return cross / math.Sqrt(margins)
}

func squareAndAdd(x, y, phi float64) float64 { return math.Sqrt(max(0, x*x-2*phi*x*y+y*y)) }

// gapLower is a lower bound of the difference of two rates that were not counted on the same inputs: Newcombe 1998, Statist. Med. 17, 873-890, method 10. It is
// too low where they were and go together.
func gapLower(over, under Rate) float64 {
	return over.Rate - under.Rate - squareAndAdd(over.Rate-over.Lower, under.Upper-under.Rate, 0)
}
