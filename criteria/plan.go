package criteria

import (
	"fmt"
	"math"
	"time"
)

// A Plan says before the start what a rollout can find: for every criterion,
// slice and step the smallest change that is found within the step, and how long
// some changes take. It is plain data; print it with [Plan.String] or
// [Plan.WriteTable], or marshal it.
//
// A plan puts the production bets on their expected way, the counts of every
// moment being what they are on average; no simulation, no randomness. A change is
// taken to be there from the start of the step on, after healthy steps before it.
// Times are medians: half of the runs find the change earlier. Against simulated
// rollouts they are right within a factor of 1.5, mostly within 1.2.
//
//   - Assumes: steady traffic; rates as declared; units equally busy; for criteria
//     that cut at quantiles, what is beyond the cut lies there as stable's does.
//   - Guarantees: nothing; the verdicts do not rest on it.
//   - Cost: some milliseconds a criterion and slice (BenchmarkPlan).
//   - Source: "Reading a plan" in docs/statistics.md; the bets are those of [Judge] on
//     their mean path (Wald, Sequential Analysis, 1947), what is left for the proofs
//     is that of [Gate] Needs.
type Plan struct {
	// Alpha is that of the configuration, resolved.
	Alpha float64 `json:"alpha"`
	// RequestsPerSecond and Units are those of the rollout.
	RequestsPerSecond float64 `json:"requests_per_second"`
	Units             float64 `json:"units,omitempty"`
	// PairsPerSecond is that of the rollout.
	PairsPerSecond float64 `json:"pairs_per_second,omitempty"`
	// Steps are the steps of the ramp.
	Steps []PlannedStep `json:"steps"`
	// Rows are what is found, by step, then by criterion as declared, all traffic
	// before slices.
	Rows []Row `json:"rows"`
	// Proofs are what promotion takes, by step, then by criterion as declared.
	Proofs []PlannedProof `json:"proofs"`
}

// A PlannedStep is what a step of the ramp brings.
type PlannedStep struct {
	Step
	// Calls are those that the candidate serves.
	Calls int64 `json:"calls"`
	// Witnesses is how many requests or, with Units, units give evidence, of both
	// arms.
	Witnesses int64 `json:"witnesses"`
	// Warning says when the step runs out of units; empty if it does not.
	Warning string `json:"warning,omitempty"`
}

// A Row is what one criterion can find in one step. Rates are fractions of what is
// counted, in [0, 1]; with Mean they are means in the unit of the signal. Where
// higher is better, what is worse is lower.
type Row struct {
	// Step counts from 1.
	Step int `json:"step"`
	// Criterion is the name of the criterion, Role what its breach does.
	Criterion string `json:"criterion"`
	Role      Role   `json:"role"`
	// Slice names the part of the traffic that changes, as in `country="is"`;
	// empty: all of it.
	Slice string `json:"slice,omitempty"`
	// Reads is what it counts: "requests", "fresh units", "sentinel requests",
	// "candidate calls", "sessions", "units" that feedback is waited for, or "pairs".
	Reads string `json:"reads"`
	// Event is what is counted, in words.
	Event string `json:"event"`
	// Mean says that the numbers are no rates but means.
	Mean bool `json:"mean,omitempty"`
	// Stable is how often stable shows it, Assumed that this was not declared.
	Stable  float64 `json:"stable"`
	Assumed bool    `json:"assumed,omitempty"`
	// Allowed is how often the candidate may, so that nothing is ever held against
	// it. Handicap is the part of it, as a rate of harm, that is due to calls
	// without a value, which are scored in the candidate's favour, and
	// HandicapAssumed that how many they are was not declared.
	Allowed         float64 `json:"allowed"`
	Handicap        float64 `json:"handicap,omitempty"`
	HandicapAssumed bool    `json:"handicap_assumed,omitempty"`
	// Finds says that some change is found within the step in half of the runs, and
	// Detectable is the rate of the smallest.
	Finds      bool    `json:"finds"`
	Detectable float64 `json:"detectable,omitempty"`
	// Changes are how long some changes take, the largest first; the last is the
	// one a person would want found.
	Changes []Change `json:"changes"`
	// Warning says why this may be too late or never; empty if all is well.
	Warning string `json:"warning,omitempty"`
}

// A Change is one way in which a candidate may be worse.
type Change struct {
	// Change is "always", "x5" for five times as often as stable, "5 %" for that
	// often, or "to 54 %" where what people look at falls or is a mean.
	Change string `json:"change"`
	// Rate is how often the candidate then shows the event.
	Rate float64 `json:"rate"`
	// Found says that it is found within 30 days, if the step lasted so long.
	Found bool `json:"found"`
	// Calls the candidate has served, in the slice, and Time the step has lasted
	// when half of the runs have found it; 0 if it is not found. Of criteria on
	// pairs, Calls are the pairs.
	Calls int64         `json:"calls,omitempty"`
	Time  time.Duration `json:"time_ns,omitempty"`
}

// A PlannedProof is what it takes in one step to prove one criterion for promotion,
// if the candidate is what stable is; see [Judge.Promotion].
type PlannedProof struct {
	// Step counts from 1.
	Step int `json:"step"`
	// Criterion is the name of the criterion, Role what its breach does.
	Criterion string `json:"criterion"`
	Role      Role   `json:"role"`
	// Margin is the excess that has to be ruled out, tolerance included, of the event
	// that takes longest, and Assumed that stable's rate of it was not declared.
	Margin  float64 `json:"margin"`
	Assumed bool    `json:"assumed,omitempty"`
	// Found says that it is proven within 30 days, if the step lasted so long.
	Found bool `json:"found"`
	// Calls the candidate has served, or of criteria on pairs the pairs, and Time the
	// step has lasted when half of the runs have proven it; 0 if it is not proven.
	Calls int64         `json:"calls,omitempty"`
	Time  time.Duration `json:"time_ns,omitempty"`
	// Warning says why this may be too late or never; empty if all is well.
	Warning string `json:"warning,omitempty"`
}

// planHorizon is how far a plan looks.
const planHorizon = 30 * 24 * time.Hour

// NewPlan foretells what a configuration finds in a rollout. The error joins a
// [ConfigError] for everything that is wrong: what [NewJudge] would refuse, a
// rollout outside its domain, a criterion that cannot fire because its tolerance
// allows everything, and one with an absolute limit that stable's declared rate
// breaks, which would find a candidate worse that is like stable.
func NewPlan(c Config, r Rollout) (*Plan, error) {
	p := &problems{}
	watches := c.watches(p)
	if len(p.found) == 0 {
		r.check(&c, watches, p)
	}
	if len(p.found) == 0 {
		refuse(watches, &r, p)
	}
	if err := p.join(); err != nil {
		return nil, err
	}
	watches = watches[:len(c.Criteria)] // those that come with feedback are no promise
	plan := &Plan{Alpha: c.alpha(), RequestsPerSecond: r.RequestsPerSecond, Units: r.Units, PairsPerSecond: r.PairsPerSecond}
	f := newForecast(&c, &r, watches)
	for i, s := range r.Steps {
		plan.Steps = append(plan.Steps, f.step(s))
		for _, l := range f.lookouts {
			plan.Rows = append(plan.Rows, f.row(l, i))
		}
		for _, p := range f.proofs {
			plan.Proofs = append(plan.Proofs, f.proof(p, i))
		}
		f.pass(s)
	}
	return plan, nil
}

// refuse reports the criteria that are of no use whatever happens.
func refuse(watches []*watch, r *Rollout, p *problems) {
	for _, w := range watches {
		p.field = w.criterion.Name()
		targets, useful := w.targets(r.base(w)), false
		for i := range targets {
			useful = useful || targets[i].allowed() < 1
		}
		if len(targets) == 0 {
			continue
		}
		t := &targets[0]
		if !useful {
			p.add("cannot fire: with stable at %s nothing that the candidate does is too much: %v", t.text(t.base), w.criterion)
		}
		if t.line.m == 0 && !t.assumed && t.base > t.allowed() {
			p.add("would find a candidate worse that is like stable: stable's own %s is above the limit of %s",
				t.text(t.base), t.text(t.line.d))
		}
	}
}

// warning says what is wrong with a row in a step.
func (f *forecast) warning(l *lookout, r *Row, last reference, s Step) string {
	ramp, change := f.rollout.length(), r.Changes[len(r.Changes)-1]
	switch allowed := l.target.allowed(); {
	case l.target.unfed != "":
		return l.target.unfed
	case allowed >= 1:
		return "cannot fire: nothing that the candidate does is too much"
	case last.rate <= allowed:
		return last.name + " is within what is allowed"
	case !change.Found && f.sticky(l.watch.group):
		return last.name + " is not found before all units have testified"
	case !change.Found:
		return last.name + " is not found in 30 days"
	}
	return late(last.name+" takes longer than", change.Time, s.soak(), ramp)
}

// late says that something is too late in its step or in the whole ramp.
func late(what string, at, soak, ramp time.Duration) string {
	switch {
	case at > ramp:
		return fmt.Sprintf("%s the whole ramp of %s", what, spanText(ramp))
	case at > soak:
		return fmt.Sprintf("%s the step of %s", what, spanText(soak))
	}
	return ""
}

// seconds converts back; what lies beyond the horizon is never.
func seconds(x float64) (d time.Duration, ok bool) {
	if !(x <= planHorizon.Seconds()) {
		return 0, false
	}
	return time.Duration(math.Round(x * float64(time.Second))), true
}
