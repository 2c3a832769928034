package criteria

import (
	"math"
	"slices"
)

// proofBets are the alternatives that a proof bets on, as the part of the way from
// the line to stable's rate that the candidate keeps away from the line.
var proofBets = [...]float64{1, 0.75, 0.5, 0.25}

// stakes is the log capital of the bets of a claim; all of it is staked at once, for
// what is to be proven has to be true from the start of the step.
type stakes [len(proofBets)]float64

// A proof is the case for a criterion's promotion within one step: the capital of
// bets against its being beyond the line. Every event has a capital of its own, and
// the smallest is the evidence: each has to be proven, none has to pay for another.
// What a claim is paid follows from the events, shares and counts of the open round,
// so nothing has to be done until a round is closed or somebody asks.
type proof struct {
	line   line    // to be ruled out; zero: the criterion does not gate
	claims []claim // none: no round of the step has placed bets yet
	shares [NumStrata]float64
	closed float64 // log evidence when a round was closed last
}

// A claim is that the candidate keeps away from the line in one event: the same one
// in all rounds of a step, but for the cut of a threshold.
type claim struct {
	event
	stakes // when the round was opened
}

// claims returns the events of the open round: what is bet on against the candidate
// has to be proven in its favour.
func (p *process) claims(*past, []claim) []event { return p.events }

// orCancelled marks the event that a call went unanswered, whoever is to blame.
const orCancelled = -2

// claims returns the events that promotion has to prove something about. Where
// cancelled calls count as no harm, they count as harm once more: a candidate that
// hangs until its callers leave has not proven that it does not fail.
func (w *watch) claims(p *past) []event {
	events := w.book.claims(p, w.proof.claims)
	m, ok := w.meter.(interface{ unanswered() span })
	if !ok || len(events) != 1 {
		return events
	}
	e := events[0]
	e.stable = []span{m.unanswered()}
	e.candidate, e.at = e.stable, orCancelled
	return append(slices.Clone(events), e)
}

// gates reports whether promotion waits for the criterion.
func (p *proof) gates() bool { return p.line != line{} }

// reset starts over, for another step.
func (p *proof) reset() { p.claims, p.closed = p.claims[:0], 0 }

// open places the bets of a round, all before its first coin falls.
func (p *proof) open(events []event, before *past, shares [NumStrata]float64) {
	p.shares = shares
	arm := Stable
	if p.line.m == 0 {
		arm = Candidate // stable has no say
	}
	for i := range events {
		e := events[i]
		e.guess = before.hardGuess(&e, arm)
		if i == len(p.claims) {
			p.claims = append(p.claims, claim{stakes: evenStakes})
		}
		p.claims[i].event = e
	}
}

var evenStakes = func() (even stakes) {
	for h := range even {
		even[h] = -math.Log(float64(len(even)))
	}
	return even
}()

// close ends the round: what the bets have now is what they start with.
func (p *proof) close(t *sums) {
	for i := range p.claims {
		c := &p.claims[i]
		c.stakes = c.after(p, t)
	}
	p.closed, _ = p.logE(t, true)
}

// logE returns the evidence, which is that of the weakest claim; 0 and nil without
// any. With settled, the counts are in the stakes already.
func (p *proof) logE(t *sums, settled bool) (least float64, weakest *claim) {
	for i := range p.claims {
		c := &p.claims[i]
		now := c.stakes
		if !settled {
			now = c.after(p, t)
		}
		if x := logSum(now[:]); weakest == nil || x < least {
			least, weakest = x, c
		}
	}
	return least, weakest
}

// after returns the capital after the round's counts.
func (c *claim) after(p *proof, t *sums) stakes {
	now := c.stakes
	for s, share := range p.shares {
		if share == 0 || !t.seen[s] {
			continue
		}
		pays := c.payoffs(c.null(p.line), share)
		if c.scores == nil {
			n := t.hardTally(&c.event, s)
			n.settle(now[:], pays[:])
			continue
		}
		for h := range pays {
			for arm := range numArms {
				a := &t.arms[s][arm]
				now[h] += pays[h].hardGraded(Arm(arm), c.scores, a.cells, a.missing)
			}
		}
	}
	return now
}

// payoffs returns what the bets pay: those of the reversed test. It bets that the
// event stays away at least as often as the line forbids, so the same projection
// prices it with both events exchanged for their complements.
func (c *claim) payoffs(l line, share float64) (pays [len(proofBets)]payoff) {
	if l.d >= 1 {
		return pays // nothing is beyond such a line, so nothing can be ruled out
	}
	stable, allowed := c.guess, min(l.at(c.guess), 1)
	if l.m == 0 {
		stable = min(stable, allowed/2) // a candidate beyond the line may come back
	}
	complement := line{m: l.m, d: 1 - l.m - l.d}
	for h, way := range proofBets {
		candidate := allowed + way*(stable-allowed)
		pay := newPayoff(1-stable, 1-candidate, complement, share)
		pays[h] = payoff{c1: pay.c0, c0: pay.c1, s1: pay.s0, s0: pay.s1}
	}
	return pays
}
