package criteria

import "math"

// A line is a null hypothesis: P(event | candidate) <= m P(event | stable) + d.
type line struct{ m, d float64 }

// at returns the largest rate the candidate may have beside stable's.
func (l line) at(stable float64) float64 { return l.m*stable + l.d }

// least turns "at most so much more often" into "at least so much less often", said
// of the complement of the event: where a label may be given 1+x times as often as
// stable gives it, it has to be given 1-x times as often, and it is missing from the
// rest.
func (l line) least() line {
	x := l.m - 1
	if x >= 1 {
		return line{d: 1} // it may disappear
	}
	return line{m: 1 - x, d: x + l.d}
}

// A payoff is what one bet pays, as logs: to a call of the candidate (c) or of
// stable (s) that showed the event (1) or did not (0). The zero payoff is an
// idle bet.
type payoff struct{ c1, c0, s1, s0 float64 }

// newPayoff bets that the rates are stable and candidate rather than any pair on
// the allowed side of the line: the likelihood ratio against the allowed pair
// that is closest to them when the candidate gets the given share of the calls
// (the reverse information projection). Its mean is at most 1 wherever the null
// holds, whatever the two rates of the bet are. A bet inside the null is idle.
// Source: Grunwald, de Heide, Koolen, Safe Testing, arXiv 1906.07801.
func newPayoff(stable, candidate float64, l line, share float64) payoff {
	if candidate <= l.at(stable) || candidate >= 1 {
		return payoff{}
	}
	a0, p0 := project(stable, candidate, l, share)
	pay := payoff{
		c1: math.Log(candidate / p0),
		c0: math.Log1p(-candidate) - math.Log1p(-p0),
	}
	if l.m != 0 {
		pay.s1 = math.Log(stable / a0)
		pay.s0 = math.Log1p(-stable) - math.Log1p(-a0)
	}
	return pay
}

// project returns the point (a0, p0) of the line that minimises
// share KL(candidate || p0) + (1-share) KL(stable || a0).
func project(stable, candidate float64, l line, share float64) (a0, p0 float64) {
	switch {
	case l.m == 0:
		return stable, l.d
	case l.m == 1 && l.d == 0:
		p0 = share*candidate + (1-share)*stable
		return p0, p0
	}
	a0 = slope{stable, candidate, l, share}.root()
	return a0, l.at(a0)
}

// A slope is the derivative of the divergence along the line, multiplied out:
// its sign is the same and it has no poles.
type slope struct {
	stable, candidate float64
	line
	share float64
}

// root finds where the slope changes its sign, by Newton's steps kept within
// the bracket by bisection.
func (f slope) root() float64 {
	low, high := max(f.stable, -f.d/f.m), min((f.candidate-f.d)/f.m, 1)
	x := low + f.share*(high-low)
	for range 100 {
		value, rise := f.at(x)
		if value < 0 {
			low = x
		} else {
			high = x
		}
		step := value / rise
		if math.Abs(step) <= 4e-16*x {
			break
		}
		x -= step
		if !(x > low && x < high) {
			x = low + (high-low)/2
		}
	}
	return x
}

// at returns the slope and its derivative at stable's rate x.
func (f slope) at(x float64) (value, rise float64) {
	p := f.line.at(x)
	c, s := f.share*f.m, 1-f.share
	value = c*(p-f.candidate)*x*(1-x) + s*(x-f.stable)*p*(1-p)
	rise = c*(f.m*x*(1-x)+(p-f.candidate)*(1-2*x)) + s*(p*(1-p)+(x-f.stable)*f.m*(1-2*p))
	return value, rise
}
