package criteria

import "math"

// manyCalls is beyond what anybody waits for.
const manyCalls = 1e15

// needs forecasts how many more calls of the candidate the proof takes: half of all
// candidates like this one take fewer until the last claim is proven, each going its
// own way.
func (w *watch) needs(s *session, limit float64) uint64 {
	if len(w.proof.claims) == 0 {
		return NoForecast
	}
	stratum := w.proof.busiest(s)
	before := w.past(s)
	var waits []wait
	for i := range w.proof.claims {
		c := &w.proof.claims[i]
		wait := newWait(c.after(&w.proof, &w.sums), w.growth(c, s, before, stratum), limit)
		if wait.mean >= manyCalls {
			return NoForecast
		}
		if c.at != orCancelled || wait != waits[0] { // it is the same if nobody cancelled
			waits = append(waits, wait)
		}
	}
	return uint64(math.Ceil(together(waits)))
}

// together is after how many calls all waits are over in half of the cases.
func together(waits []wait) float64 {
	return bisect(func(calls float64) bool {
		all := 1.0
		for i := range waits {
			all *= waits[i].over(calls)
		}
		return all >= 0.5
	})
}

// busiest is the stratum with most calls of the step.
func (p *proof) busiest(s *session) (best int) {
	most := -1.0
	for i, share := range p.shares {
		if share == 0 {
			continue
		}
		if n := float64(s.step.stratum(i) + s.round.stratum(i)); n > most {
			best, most = i, n
		}
	}
	return best
}

// growth is what the bets on a claim gain in the mean with each call of the candidate
// and the calls of stable that come with it, if both arms go on as in this step.
//
// As long as they have shown little they are taken to go on as stable did before. The
// rates seen are drawn towards that with the weight of the calls it takes to see a
// difference as large as the one to the line: a claim must not look hopeless for a few
// unlucky calls, the less so as the worst of many claims is what is told.
func (w *watch) growth(c *claim, s *session, before *past, stratum int) (gain stakes) {
	share := w.proof.shares[stratum]
	if share == 0 {
		return gain
	}
	equal := before.equal(&c.event)
	distance := c.null(w.proof.line).at(c.guess) - equal
	sure := 2 * (1 + math.Log(float64(len(w.proof.claims)))) * equal * (1 - equal) / (distance * distance)
	candidate := w.rateInStep(c, s, stratum, Candidate, equal, sure)
	stable := w.rateInStep(c, s, stratum, Stable, c.guess, sure)
	beside := (1 - share) / share // stable's calls with each of the candidate's
	n := tally{c1: candidate, c0: 1 - candidate, s1: beside * stable, s0: beside * (1 - stable)}
	pays := c.payoffs(c.null(w.proof.line), share)
	n.settle(gain[:], pays[:])
	return gain
}

// equal is the rate of a candidate that is what stable was.
func (p *past) equal(e *event) float64 {
	shown, calls := hardCount(e, Candidate, p.stable)
	return shrink(shown, calls, e.prior, e.weight)
}

// rateInStep is an arm's rate in a stratum of the step, drawn towards another.
func (w *watch) rateInStep(c *claim, s *session, stratum int, arm Arm, towards, weight float64) float64 {
	var shown, calls float64
	for _, table := range []*counts{&s.step, &s.round} {
		row := table.row(stratum, int(arm))[w.offset : w.offset+w.meter.cells()+1]
		x, n := hardCount(&c.event, arm, row)
		shown, calls = shown+x, calls+n
	}
	return shrink(shown, calls, towards, min(max(weight, priorWeight), manyCalls))
}

// A wait is how long the capital of a claim takes to reach the limit: in the mean,
// and for how many nats of the bet that gets it there. A bet wanders on its way, as
// the log of a likelihood ratio does with a variance of twice its drift, so the waits
// are spread as those of a Brownian motion are, and most are shorter than the mean.
// Source: Wald 1947; Folks, Chhikara, The inverse Gaussian distribution, J. R. Stat.
// Soc. B 40(3), 1978.
type wait struct{ mean, nats float64 }

// newWait follows the capital on its mean way.
func newWait(capital, gain stakes, limit float64) wait {
	after := func(calls float64) stakes {
		then := capital
		for h := range then {
			then[h] += calls * gain[h]
		}
		return then
	}
	mean := bisect(func(calls float64) bool {
		then := after(calls)
		return logSum(then[:]) >= limit
	})
	then := after(mean)
	leader := 0
	for h := range then {
		if then[h] > then[leader] {
			leader = h
		}
	}
	return wait{mean, max(limit-capital[leader], 0)}
}

// over is the probability that the wait is over after so many calls.
func (w *wait) over(calls float64) float64 {
	if w.mean == 0 || calls == 0 || w.nats > 300 {
		return step(calls >= w.mean)
	}
	shape := math.Sqrt(w.mean * w.nats / 2 / calls)
	return normal(shape*(calls/w.mean-1)) + math.Exp(w.nats)*normal(-shape*(calls/w.mean+1))
}

func step(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// normal is the standard normal distribution.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// bisect returns after about how many calls something is true that stays so;
// manyCalls for never.
func bisect(is func(calls float64) bool) float64 {
	if is(0) {
		return 0
	}
	low, high := 0.0, 1.0
	for !is(high) {
		if low, high = high, 2*high; high > manyCalls {
			return manyCalls
		}
	}
	for high-low > max(0.25, low/256) {
		if middle := low + (high-low)/2; is(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
