package criteria

import (
	"math"
	"time"
)

// A Judge weighs the evidence of one epoch. It is made by [NewJudge], belongs to
// one goroutine at a time, and knows neither clock nor requests: it gets counts
// and returns rulings.
//
// The guardrails' evidence is summed with weights fixed at the start that add up
// to 1 over two groups, the [Backstop] and all others. The candidate is to be
// rolled back when the sum within one group reaches 1/alpha. Criteria with role
// Hold have a sum of their own, against the same limit; those with role Observe
// fail only for the report.
//
//   - Assumes: randomised assignment with the shares given, each coin folded once,
//     in the order of assignment; see the package comment.
//   - Guarantees: P(RollBack ever | every guardrail holds) <= Alpha, at any number
//     of looks; the same for Hold and its criteria.
//   - Cost: a fold is O(cells + bets), without allocation (BenchmarkFold).
//   - Source: Vovk, Wang, E-values: calibration, combination and applications, arXiv
//     1912.06116; Shin, Ramdas, Rinaldo, E-detectors, arXiv 2203.03532.
type Judge struct {
	form    *form
	alpha   float64
	watches []*watch // as declared
	coins   *session // the criteria that read the router's coins
	calls   *session // the backstop
	panels  panels
	now     time.Duration
	ruling  Ruling
}

// NewJudge checks the configuration and returns a judge for one epoch. The error
// joins a [ConfigError] for everything that is wrong: a missing, unknown or
// repeated criterion, an unknown or repeated signal, a number outside its domain.
func NewJudge(c Config) (*Judge, error) {
	p := &problems{}
	watches := c.watches(p)
	if err := p.join(); err != nil {
		return nil, err
	}
	j := &Judge{form: newForm(watches), alpha: c.alpha(), watches: watches}
	j.coins = newSession(pick(watches, func(w *watch) bool { return !w.everyCall }), j.form.coins.width)
	j.calls = newSession(pick(watches, func(w *watch) bool { return w.everyCall }), j.form.calls.width)
	j.panels = newPanels(j.coins, j.calls)
	j.ruling.Limit = math.Log(1 / j.alpha)
	// The backstop bets on the candidate alone: any share other than 0 will do.
	j.calls.begin([NumStrata]float64{Fresh: 1}, 0)
	j.rule()
	return j, nil
}

// NewEvidence returns empty counts for this judge. Evidence of a judge with the
// same criteria and signals, in another process too, counts the same cells.
func (j *Judge) NewEvidence() *Evidence { return j.form.newEvidence() }

// Seed takes one call of stable from before exposure. Such calls make the first
// thresholds, guesses and known labels; they are no evidence. The last 2,000 or
// so are remembered. Calls of the candidate are ignored.
func (j *Judge) Seed(o *Observation) {
	if o.valid() && o.Arm == Stable {
		j.coins.plant(&j.form.coins, o)
	}
}

// BeginStep starts a period with these P(candidate) by stratum: it closes the
// round and opens the next. In a stratum whose share is not strictly between 0
// and 1 nothing counts, for want of a control; so it is before the first step.
func (j *Judge) BeginStep(shares [NumStrata]float64) {
	for s, share := range shares {
		shares[s] = coin(share)
	}
	j.coins.begin(shares, j.now)
}

// Fold adds counts, weighs the evidence and closes the round when it is due. The
// counts must belong to the current step and, with those folded before, make up
// a prefix of the assignments; they are not kept. Evidence that is nil or comes
// from a judge with other criteria is not added.
//
// now is the caller's awake time; only differences matter, and a time before the
// last one is taken as that. What is true in a ruling stays true.
func (j *Judge) Fold(e *Evidence, now time.Duration) Ruling {
	j.now = max(j.now, now)
	if e != nil && e.form.same(j.form) {
		coins, calls := j.coins.fold(&e.coins), j.calls.fold(&e.calls)
		if coins {
			j.coins.evaluate()
		}
		if calls {
			j.calls.evaluate()
		}
		if coins || calls {
			j.rule()
		}
	}
	j.coins.turn(j.now)
	j.calls.turn(j.now)
	return j.ruling
}

// Verdicts explains every criterion, in the order of the configuration. It
// allocates; it is for people.
func (j *Judge) Verdicts() []Verdict {
	verdicts := make([]Verdict, len(j.watches))
	for i, w := range j.watches {
		s := j.coins
		if w.everyCall {
			s = j.calls
		}
		verdicts[i] = w.verdict(s, j.alpha)
	}
	return verdicts
}

// rule brings the ruling up to date with the evidence.
func (j *Judge) rule() {
	r := &j.ruling
	r.LogE, r.Culprit = j.panels.judge(Guardrail, r.Limit, j.alpha)
	r.HoldLogE, r.HoldCulprit = j.panels.judge(Hold, r.Limit, j.alpha)
	j.panels.judge(Observe, r.Limit, j.alpha)
	r.RollBack, r.Hold = r.Culprit != "", r.HoldCulprit != ""
}
