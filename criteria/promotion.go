package criteria

import (
	"fmt"
	"math"
)

const (
	// DefaultBeta is the default of [Config.Beta]: one promotion in twenty of a
	// candidate that is beyond a margin.
	DefaultBeta = 0.05
	// DefaultMinCalls is the default of [Config.MinCalls].
	DefaultMinCalls = 300
	// NoForecast is the [Gate.Needs] of a gate of which cannot be said how many
	// calls it needs, or whether any number will do.
	NoForecast uint64 = math.MaxUint64
)

// A Promotion is how far the proof is that the candidate may get more traffic. It is
// plain data; the zero value is not ready.
type Promotion struct {
	// Ready says that everything the judge knows speaks for the next step of the
	// ramp. It is about this moment and may turn back.
	Ready bool
	// Reason says in words what is missing, the greatest obstacle first, or that
	// nothing is.
	Reason string
	// Calls is how many calls of the candidate have counted in this step, MinCalls
	// how many have to. Where criteria count windows or pairs as well, it is the
	// smallest of the counts.
	Calls, MinCalls uint64
	// Gates are the criteria that have to be proven, in the order of the
	// configuration.
	Gates []Gate
}

// A Gate is how far the proof of one criterion is. It is plain data.
type Gate struct {
	// Criterion is the declared one; Name is its name.
	Criterion Criterion
	Name      string
	Role      Role
	// LogE is the evidence for the candidate in nats, 0 at the start of a step, that
	// of the weakest event; Limit is what it has to reach: ln(1/beta), and ln(2/beta)
	// with a [Config.Sentinel].
	LogE, Limit float64
	// Proven says that it has, now.
	Proven bool
	// Needs is about how many more calls of the candidate it takes if both arms go
	// on as they did in this step, at the present share: 0 when proven, [NoForecast]
	// when it cannot be said. Half of all equal candidates need more.
	Needs uint64
	// Finding is the weakest event, with how often each arm's calls with a value
	// showed it in this step; empty as long as nothing can be bet on.
	Finding string
}

// Promotion says whether the candidate is proven not to be worse, which is not the
// same as not being found worse: no evidence is never a pass. It tests the opposite
// of every gating criterion, that the candidate is beyond its line even when the line
// is moved by the criterion's Margin: P(A | candidate) >= m P(A | stable) + d for
// each event A of the criterion. Ready needs all of
//
//   - every gating criterion's evidence at ln(1/beta) or more now, not just once;
//   - [Config.MinCalls] calls of the candidate counted in this step;
//   - the guardrails' evidence against the candidate below half of its limit, and
//     neither a rollback nor a hold;
//   - at least one gating criterion.
//
// Two conditions are the caller's: that the step has lasted long enough to see the
// traffic's cycle, and that [Routing] is not broken. The judge has no clock for the
// one and never sees the other.
//
// Guardrails and criteria with role Hold gate. Those with role Observe do not, nor does
// [Backstop]. Slices do not: few have the traffic, and a slice that breaks stops the
// promotion through the evidence against the candidate, or is carved out. With a [Config.Sentinel] a
// criterion is proven on either's requests, each with half of beta.
//
// The evidence starts anew in every step, and after a hold, which is a step: a
// candidate that is equal at a small share and overloaded at a large one must not live
// on what it has proven before. Only what is known of stable is carried over. Within a
// step the evidence is carried from round to round although the cuts of a distribution
// move: each is chosen before the coins that it judges. What is then proven is that
// the candidate was not beyond its line throughout the step, whatever the cuts.
//
// A call without a value (failed, cancelled, no label) is scored against the
// candidate: its own as showing the event, stable's as not. So a gate on latency or
// answers cannot be proven while about as many calls of either arm have no value as
// its Margin says; the reason says so then, and a wider Margin is the way on.
// [ErrorRate] has to be proven both with cancelled calls as harmless and with them as
// failures. Overdue calls are failures, with the slowest latency, in both arms.
//
//   - Assumes: as [Judge]; nothing about the outcomes, whose rates may drift.
//   - Guarantees: P(Ready ever in a step | in some event of a gating criterion the
//     candidate is beyond the line all through the step) <= Beta. No correction is
//     needed for several criteria and events: all have to be proven, so the one that
//     does not hold is enough to prevent it.
//   - Cost: nothing a fold; 4 bets an event when a round closes and when asked. It
//     allocates; it is for people and for the ramp (BenchmarkPromotion).
//   - Source: Berger, Hsu, Bioequivalence trials, intersection-union tests and
//     equivalence confidence sets, Statist. Sci. 11(4), 1996; Ville 1939; Grunwald, de
//     Heide, Koolen, Safe Testing, arXiv 1906.07801.
func (j *Judge) Promotion() Promotion {
	p := Promotion{MinCalls: j.minCalls}
	for _, w := range j.watches {
		if !w.proof.gates() {
			continue
		}
		if calls := j.callsInStep(w); len(p.Gates) == 0 || calls < p.Calls {
			p.Calls = calls
		}
		p.Gates = append(p.Gates, j.gate(w))
	}
	p.Reason = j.obstacle(&p)
	if p.Ready = p.Reason == ""; p.Ready {
		p.Reason = fmt.Sprintf("all %d gating criteria are proven", len(p.Gates))
	}
	return p
}

// Passing reports whether the criterion at position i of [Config.Criteria] had the
// [Pass] of its verdict when a round was closed last. Unlike [Judge.Verdicts] and
// [Judge.Promotion] it costs nothing. It is false for a position that does not exist.
func (j *Judge) Passing(i int) bool {
	if i < 0 || i >= len(j.watches) || j.watches[i].failed != nil {
		return false
	}
	return j.proves(j.watches[i], func(w *watch) float64 { return w.proof.closed })
}

// proves reports whether the criterion gates and its evidence is enough, on either
// requests.
func (j *Judge) proves(w *watch, logE func(*watch) float64) bool {
	return j.provesAlone(w, logE(w), j.safeLimit(w)) ||
		w.twin != nil && j.provesAlone(w.twin, logE(w.twin), j.safeLimit(w))
}

func (j *Judge) provesAlone(w *watch, logE, limit float64) bool {
	s := j.sessions[w.group]
	return w.proof.gates() && logE >= limit && w.proof.compares(s) && s.doubt() == "" && w.unheard(s) == ""
}

// safeNow is the evidence for the candidate.
func safeNow(w *watch) float64 {
	logE, _ := w.proof.logE(&w.sums, false)
	return logE
}

// safeLimit is what the evidence for the candidate has to reach: two proofs of which
// one is enough have half of beta each.
func (j *Judge) safeLimit(w *watch) float64 {
	if w.twin != nil {
		return math.Log(2 / j.beta)
	}
	return math.Log(1 / j.beta)
}

// callsInStep is how many of the candidate's calls the criterion has counted.
func (j *Judge) callsInStep(w *watch) uint64 {
	calls := j.sessions[w.group].inStep(Candidate)
	if w.twin != nil {
		calls = max(calls, j.sessions[w.twin.group].inStep(Candidate))
	}
	return calls
}

// inStep is an arm's calls of the step.
func (s *session) inStep(arm Arm) (n uint64) {
	if s.behind {
		return 0
	}
	for i := range s.step.strata {
		row := i*numArms + int(arm)
		n += s.step.seen[row] + s.round.seen[row]
	}
	return n
}

// compares reports whether there is anything to compare the candidate with. A
// candidate that never fails could be proven without a single call of stable, as
// there is no rate that it could exceed; but a stable arm that is idle is no control.
func (p *proof) compares(s *session) bool { return p.line.m == 0 || s.inStep(Stable) > 0 }

// gate is how far the proof of a criterion is, on the requests where it is nearer.
func (j *Judge) gate(w *watch) Gate {
	g := Gate{Criterion: w.criterion, Name: w.criterion.Name(), Role: w.role, Limit: j.safeLimit(w)}
	near := w
	if w.twin != nil && safeNow(w.twin) > safeNow(w) {
		near = w.twin
	}
	s := j.sessions[near.group]
	logE, weakest := near.proof.logE(&near.sums, false)
	g.LogE, g.Proven = logE, j.provesAlone(near, logE, g.Limit)
	if weakest != nil {
		g.Finding = near.safeFinding(weakest, s)
	}
	switch {
	case g.Proven:
	case s.doubt() != "" || s.inStep(Candidate) > 0 && near.unheard(s) != "":
		g.Needs = NoForecast
	case near.proof.compares(s) || s.inStep(Candidate) == 0:
		g.Needs = near.needs(s, g.Limit)
	default:
		g.Needs = NoForecast
	}
	return g
}

// safeFinding words an event that is to be proven.
func (w *watch) safeFinding(c *claim, s *session) string {
	e, what := w.shown(&c.event)
	if c.at == orCancelled {
		what += " or cancelled"
	}
	candidate := percent(w.seenInStep(e, s, Candidate).rate())
	if w.proof.line.m == 0 {
		return fmt.Sprintf("%s: %s of candidate", what, candidate)
	}
	return fmt.Sprintf("%s: %s of candidate, %s of stable", what, candidate, percent(w.seenInStep(e, s, Stable).rate()))
}

// seenInStep counts an event for people.
func (w *watch) seenInStep(e *event, s *session, arm Arm) (t tallied) {
	for i := range s.step.strata {
		for _, c := range []*counts{&s.step, &s.round} {
			t = t.plus(w.count(e, c.row(i, int(arm))))
		}
	}
	return t
}
