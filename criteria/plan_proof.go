package criteria

import (
	"math"
)

// A prover is what has to be proven of a criterion for promotion.
type prover struct {
	watch    *watch
	groups   []group // whose requests prove it; one is enough
	claims   []planClaim
	unfed    string
	missing  float64
	limit    float64 // of the evidence, in nats
	minCalls float64
	seen     float64 // observations in the steps before
	known    float64 // and those of the arm that guesses are made from
}

// A planClaim is an event that the candidate may not show more often, with the rates
// of arms that are equal, of calls with a value.
type planClaim struct {
	stable, candidate float64
	assumed           bool
	inverse           bool    // it is what a label is not
	part              float64 // of what comes that is judged
	spread            *spread // of an event with scores
	prior, weight     float64 // of the guess
	needs             float64 // observations to be known before the first bets
}

// null is the line that the claim is about.
func (c *planClaim) null(l line) line {
	e := event{inverse: c.inverse}
	return e.null(l)
}

// A claimant is a book that knows what has to be proven of it.
type claimant interface {
	claim(w *watch, b known) []planClaim
}

// prove adds the prover of a criterion that gates.
func (f *forecast) prove(c *Config, w *watch) {
	book, ok := w.book.(claimant)
	if !ok || !w.proof.gates() {
		return
	}
	b := f.rollout.base(w)
	p := &prover{
		watch: w, groups: []group{w.group}, claims: book.claim(w, b), unfed: b.unfed,
		limit: math.Log(1 / c.beta()), minCalls: float64(c.minCalls()),
	}
	if w.losesFailures() {
		p.missing = b.Missing
	}
	if w.twin != nil {
		p.groups, p.limit = append(p.groups, w.twin.group), math.Log(2/c.beta())
	}
	f.proofs = append(f.proofs, p)
}

// proof says what a prover takes in step i.
func (f *forecast) proof(p *prover, i int) PlannedProof {
	step := f.rollout.Steps[i]
	row := PlannedProof{Step: i + 1, Criterion: p.watch.criterion.Name(), Role: p.watch.role}
	soonest := math.Inf(1)
	for _, g := range p.groups {
		all := f.streams.group(g, step.Share)
		at, hardest := p.delay(&all)
		if at <= soonest {
			soonest = at
			row.Margin, row.Assumed = hardest.null(p.watch.safe).at(hardest.stable)-hardest.stable, hardest.assumed
			row.Calls = int64(math.Ceil(min(at, planHorizon.Seconds())*all.calls - 1e-6))
		}
	}
	if row.Time, row.Found = seconds(soonest); !row.Found {
		row.Calls = 0
	}
	row.Warning = p.warning(&row, step, f.rollout)
	return row
}

// warning says what is wrong with a proof in a step.
func (p *prover) warning(row *PlannedProof, s Step, r *Rollout) string {
	switch {
	case p.unfed != "":
		return p.unfed
	case !row.Found && p.missing >= row.Margin/2:
		return "cannot be proven while " + percent(p.missing) + " of calls have no value, which counts against the candidate"
	case !row.Found && r.Units > 0:
		return "is not proven before all units have testified"
	case !row.Found:
		return "is not proven in 30 days"
	}
	return late("takes longer than", row.Time, s.soak(), r.length())
}

// delay is the median time until all claims are proven, +Inf if they are not, and
// the claim that takes longest.
func (p *prover) delay(s *stream) (seconds float64, hardest *planClaim) {
	hardest = &p.claims[0]
	if s.units == 0 || s.rate == 0 || p.unfed != "" {
		return math.Inf(1), hardest
	}
	waits, longest, judged := make([]wait, len(p.claims)), -1.0, 1.0
	for i := range p.claims {
		c := &p.claims[i]
		waits[i] = p.wait(c, s)
		if waits[i].mean > longest {
			longest, hardest = waits[i].mean, c
		}
		judged = min(judged, c.part)
	}
	if longest >= manyCalls {
		return math.Inf(1), hardest
	}
	seen := max(together(waits)/max(judged, guessFloor), p.minCalls/s.candidates())
	return s.at(seen) + s.lag, hardest
}

// guessed is after how many rounds the guesses are as good as they get.
const guessed = 8

// wait is how many observations a claim takes. The first rounds are gone through one by
// one, with the guesses that are made then: of an event unlike its prior they are dear.
func (p *prover) wait(c *planClaim, s *stream) wait {
	capital, begun := evenStakes, 0.0
	sure := s.candidates()
	if p.watch.safe.m != 0 {
		sure = 1 - sure
	}
	for round := range guessed {
		length := float64(int(roundSize) << min(round, roundDoublings))
		if p.seen > 0 { // rounds are large already
			length = roundSize << roundDoublings
		}
		var gain stakes
		if p.seen+begun >= c.needs {
			gain = p.growth(c, s, p.known+begun*sure)
			if w := newWait(capital, gain, p.limit); w.mean <= length || round == guessed-1 {
				// It wanders all the way, not only in the last of the rounds.
				return wait{mean: begun + w.mean, nats: max(w.nats, p.limit-evenStakes[0])}
			}
		}
		for h := range capital {
			capital[h] += length * gain[h]
		}
		begun += length
	}
	return wait{mean: manyCalls}
}

// growth is what the bets on a claim gain in the mean with each observation, guessed
// from so many calls: more and fewer events of them than the mean make worse guesses.
func (p *prover) growth(c *planClaim, s *stream, calls float64) (gain stakes) {
	missing := p.missing
	stable, candidate := c.stable*(1-missing), c.candidate*(1-missing)+missing // it counts against the candidate
	rate := stable
	if p.watch.safe.m == 0 {
		rate = candidate
	}
	events, deviation := calls*rate, math.Sqrt(calls*rate*(1-rate))
	line := c.null(p.watch.safe)
	for _, luck := range [...]float64{-1, 0, 0, 1} { // their variance is that of the events
		guess := shrink(min(max(0, events+luck*math.Sqrt2*deviation), calls), calls, c.prior, c.weight)
		bets := claim{event: event{guess: guess}}
		for i, part := range s.parts {
			share := s.shares[i]
			if part == 0 || share == 0 {
				continue
			}
			n := tally{c1: share * candidate, c0: share * (1 - candidate), s1: (1 - share) * stable, s0: (1 - share) * (1 - stable)}
			pays := bets.payoffs(line, share)
			for h := range pays {
				gain[h] += part * c.pay(&pays[h], &n, share, missing) / 4
			}
		}
	}
	return gain
}

// pass goes past a step.
func (p *prover) pass(s *stream, seconds float64) {
	n := s.count(seconds)
	p.seen += n
	if p.watch.safe.m == 0 {
		p.known += n * s.candidates()
	} else {
		p.known += n * (1 - s.candidates())
	}
}

// pay is what a bet is paid for an observation, by the arm's calls or, with scores, by
// how they are spread.
func (c *planClaim) pay(p *payoff, n *tally, share, missing float64) (sum float64) {
	if c.spread == nil {
		return n.c1*p.c1 + n.c0*p.c0 + n.s1*p.s1 + n.s0*p.s0
	}
	for j, x := range c.spread.scores {
		sum += (1 - missing) * (share*c.spread.candidate[j]*logMix(x, p.c1, p.c0) + (1-share)*c.spread.stable[j]*logMix(x, p.s1, p.s0))
	}
	return sum + missing*(share*p.c1+(1-share)*p.s0)
}

func (b *rateBook) claim(w *watch, base known) []planClaim {
	t := b.foresee(w, base)[0]
	at := t.of(t.base)
	return []planClaim{{
		stable: at.rate, candidate: at.rate, assumed: t.assumed, part: at.part, prior: b.prior, weight: priorWeight,
	}}
}

func (b *meanBook) claim(w *watch, base known) []planClaim {
	t := b.foresee(w, base)[0]
	at, s := t.of(t.base), t.spread(t.base)
	return []planClaim{{
		stable: at.rate, candidate: at.rate, assumed: t.assumed, part: at.part, spread: &s, prior: b.prior, weight: priorWeight,
	}}
}

func (b *signBook) claim(w *watch, base known) (claims []planClaim) {
	t := b.foresee(w, base)[0]
	at := t.of(t.base)
	for range b.sides {
		claims = append(claims, planClaim{stable: at.rate, candidate: at.rate, part: at.part, weight: priorWeight})
	}
	return claims
}

// assumedLatencies is how wide latencies are taken to be: the standard deviation of
// their logarithms. Where the candidate is granted something, that is how much less
// often an equal one is beyond it.
const assumedLatencies = 0.8

func (b *thresholdBook) claim(*watch, known) (claims []planClaim) {
	granted := float64(b.shift) * math.Log(latencyGrowth) / assumedLatencies
	beyond := func(stable, candidate, prior float64) {
		claims = append(claims, planClaim{
			stable: stable, candidate: candidate, assumed: b.shift > 0, part: 1, prior: prior, weight: priorWeight, needs: b.atLeast,
		})
	}
	for _, u := range b.levels {
		z := math.Sqrt2 * math.Erfinv(2*u-1)
		beyond(1-u, 1-normal(z+granted), 1-u)
		if b.twoSided {
			beyond(u, normal(z+granted), u)
		}
	}
	if b.nan {
		beyond(0, 0, ratePrior)
	}
	return claims
}

func (b *labelBook) claim(_ *watch, base known) (claims []planClaim) {
	n := float64(len(base.Labels))
	for _, rate := range base.Labels {
		given := planClaim{
			stable: rate, candidate: rate, assumed: base.assumedLabels, part: 1, prior: 1 / n, weight: n / 2, needs: b.novelFrom,
		}
		claims = append(claims, given)
		if b.line.least().d < 1 { // it may not disappear
			other := given
			other.inverse, other.stable, other.candidate, other.prior = true, 1-rate, 1-rate, 1-1/n
			claims = append(claims, other)
		}
	}
	return append(claims, planClaim{part: 1, prior: ratePrior, weight: priorWeight, needs: b.novelFrom})
}
