package criteria

import (
	"math"
	"slices"
	"time"
)

// A Judge weighs the evidence of one epoch. It is made by [NewJudge], belongs to
// one goroutine at a time, and knows neither clock nor requests: it gets counts
// and returns rulings.
//
// The guardrails' evidence is summed with weights fixed at the start that add up
// to 1 over all groups of criteria, see the package comment. The candidate is to be
// rolled back when the sum within one group reaches 1/alpha. Criteria with role
// Hold have a sum of their own, against the same limit; those with role Observe
// fail only for the report. That the candidate may get more traffic is another
// question with a proof of its own, see [Judge.Promotion].
//
//   - Assumes: randomised assignment with the shares given, each coin folded once,
//     in the order of assignment; see the package comment.
//   - Guarantees: P(RollBack ever | every guardrail holds) <= Alpha, at any number
//     of looks; the same for Hold and its criteria.
//   - Cost: a fold is O(cells + bets), without allocation (BenchmarkFold). Memory:
//     176 bytes a cell of each criterion, two and a half times that with a
//     [Sentinel]; 50 KB for a criterion on latency, labels or failure modes, 15 KB on a
//     number, 2 KB for a rate or for pairs. A slice that bets adds to each 1 KB for a
//     rate, 2 KB for pairs, 3 KB for latency, 6 KB for a number, 8 KB for a mean, 11 KB
//     for ten labels.
//   - Source: Vovk, Wang, E-values: calibration, combination and applications, arXiv
//     1912.06116; Shin, Ramdas, Rinaldo, E-detectors, arXiv 2203.03532.
type Judge struct {
	form     *form
	names    names
	alpha    float64
	beta     float64
	minCalls uint64
	watches  []*watch // as declared
	sessions [numGroups]*session
	panels   panels
	carves   []Carve
	now      time.Duration
	before   time.Duration // awake time of the process it was restored from
	ruling   Ruling
	seed     uint64 // of the dice of all evidence
	streams  uint64 // of dice given out
}

// NewJudge checks the configuration and returns a judge for one epoch. The error
// joins a [ConfigError] for everything that is wrong: a missing, unknown or
// repeated criterion, an unknown or repeated signal, a number outside its domain.
func NewJudge(c Config) (*Judge, error) {
	j, err := newJudge(c)
	if err != nil {
		return nil, err
	}
	// The backstop and pairs bet without a coin: any share other than 0 will do
	// for the one, the other has its candidate's all.
	j.sessions[callsGroup].begin([NumStrata]float64{Fresh: 1}, 0)
	j.sessions[pairsGroup].begin([NumStrata]float64{Fresh: 1}, 0)
	j.rule()
	return j, nil
}

// newJudge returns a judge without any state.
func newJudge(c Config) (*Judge, error) {
	p := &problems{}
	watches := c.watches(p)
	if err := p.join(); err != nil {
		return nil, err
	}
	j := &Judge{
		form: newForm(&c, watches), names: names{&c}, watches: watches, seed: c.Rounding,
		alpha: c.alpha(), beta: c.beta(), minCalls: c.minCalls(),
	}
	for g := range numGroups {
		j.sessions[g] = newSession(g, members(watches, g), j.form)
	}
	j.panels = newPanels(j.sessions[:])
	j.ruling.Limit = math.Log(1 / j.alpha)
	return j, nil
}

// members are the watches of a group.
func members(watches []*watch, g group) (in []*watch) {
	for _, w := range watches {
		if g == sentinelGroup {
			w = w.twin
		}
		if w != nil && w.group == g {
			in = append(in, w)
		}
	}
	return in
}

// NewEvidence returns empty counts for this judge. Evidence of a judge with the
// same criteria and signals, in another process too, counts the same cells. Each
// has dice of its own for what is rounded at random, see [Config.Rounding].
func (j *Judge) NewEvidence() *Evidence {
	j.streams++
	return j.form.newEvidence(j.seed, j.streams)
}

// Seed takes one call of stable from before exposure. Such calls make the first
// thresholds, guesses and known labels; they are no evidence. The last 2,000 or
// so are remembered. Calls of the candidate are ignored.
func (j *Judge) Seed(o *Observation) {
	if o.valid() && o.Arm == Stable {
		for _, g := range []group{coinsGroup, sentinelGroup} {
			j.sessions[g].plant(o)
		}
	}
}

// BeginStep starts a period with these P(candidate) by stratum: it closes the
// rounds and opens the next. In a stratum whose share is not strictly between 0
// and 1 nothing counts, for want of a control; so it is before the first step.
func (j *Judge) BeginStep(shares [NumStrata]float64) {
	for s, share := range shares {
		shares[s] = coin(share)
	}
	sentinel := [NumStrata]float64{Sentinel: shares[Sentinel]}
	shares[Sentinel] = 0
	j.sessions[coinsGroup].begin(shares, j.now)
	j.sessions[sentinelGroup].begin(sentinel, j.now)
	j.sessions[windowsGroup].fallBehind()
	for g := feedbackGroup; g < sentinelGroup; g++ {
		j.sessions[g].fallBehind()
	}
	j.sessions[pairsGroup].begin(j.sessions[pairsGroup].shares, j.now)
}

// BeginWindows is BeginStep for the windows of units, which lag behind: they
// count in the step in which they were opened.
func (j *Judge) BeginWindows(shares [NumStrata]float64) {
	for s, share := range shares {
		shares[s] = coin(share)
	}
	shares[Sentinel] = 0
	j.sessions[windowsGroup].begin(shares, j.now)
}

// BeginFeedback is BeginStep for the units of a [FeedbackWindow], by its place in
// [FeedbackWindows], which lag behind by its length: they count in the step in which
// their windows were opened. An unknown window is ignored.
func (j *Judge) BeginFeedback(window int, shares [NumStrata]float64) {
	if window < 0 || window >= MaxFeedbackWindows {
		return
	}
	for s, share := range shares {
		shares[s] = coin(share)
	}
	shares[Sentinel] = 0
	j.sessions[feedbackGroup+group(window)].begin(shares, j.now)
}

// Fold adds counts, weighs the evidence and closes the round when it is due. The
// counts must belong to the current step and, with those folded before, make up
// a prefix of the assignments; they are not kept. Evidence that is nil or comes
// from a judge with other criteria is not added, nor what would make it more than
// 2^53 calls.
//
// now is the caller's awake time; only differences matter, and a time before the
// last one is taken as that. What is true in a ruling stays true.
func (j *Judge) Fold(e *Evidence, now time.Duration) Ruling {
	j.now = max(j.now, j.before+max(now, 0))
	if e != nil && e.form.same(j.form) {
		news := false
		for _, s := range j.sessions {
			if s.fold(e, j.now) {
				s.evaluate()
				news = true
			}
			news = news || s.group.waits() && e.arrivals[s.group-feedbackGroup] != arrivals{}
		}
		if news {
			j.rule()
		}
	}
	for _, s := range j.sessions {
		s.turn(j.now)
	}
	return j.ruling
}

// Carves returns the slices that were given to stable, in the order in which that
// happened; see [CarveOut]. Ruling.Carves is how many there are.
func (j *Judge) Carves() []Carve { return slices.Clone(j.carves) }

// Verdicts explains every criterion, in the order of the configuration. It
// allocates; it is for people.
func (j *Judge) Verdicts() []Verdict {
	verdicts := make([]Verdict, len(j.watches))
	for i, w := range j.watches {
		verdicts[i] = j.both(w)
		if verdicts[i].Result == NoEvidence && j.proves(w, safeNow) {
			verdicts[i].Result, verdicts[i].Reason = Pass, "proven not to be worse, within its margin"
		}
	}
	return verdicts
}

// both is the verdict on a criterion that may have a twin: the evidence is the
// average of theirs, explained by who has more.
func (j *Judge) both(w *watch) Verdict {
	twin := w.twin
	if twin == nil {
		return j.verdict(w)
	}
	louder := w
	if w.failed == nil && (twin.failed != nil || twin.weighed() > w.weighed()) {
		louder = twin
	}
	v := j.verdict(louder)
	if v.Result == Fail {
		return v
	}
	v.LogE = logAdd(math.Log(1-sentinelShare)+w.logE, math.Log(sentinelShare)+twin.logE)
	v.Weight = w.share + twin.share
	v.Limit = math.Log(1 / (j.alpha * v.Weight))
	return v
}

func (j *Judge) verdict(w *watch) Verdict { return w.verdict(j.sessions[w.group], &j.names, j.alpha) }

// settle lets the panels know which evidence must not decide.
func (j *Judge) settle() {
	for _, p := range j.panels {
		p.doubt = ""
		if p.role == Guardrail {
			p.doubt = j.sessions[p.watches[0].group].doubt()
		}
	}
}

// rule brings the ruling up to date with the evidence.
func (j *Judge) rule() {
	r := &j.ruling
	j.settle()
	j.carve()
	r.LogE, r.Culprit = j.panels.judge(Guardrail, r.Limit, j.verdict)
	r.HoldLogE, r.HoldCulprit = j.panels.judge(Hold, r.Limit, j.verdict)
	j.panels.judge(Observe, r.Limit, j.verdict)
	r.RollBack, r.Hold = r.Culprit != "", r.HoldCulprit != ""
}

// carve gives slices to stable.
func (j *Judge) carve() {
	for _, s := range j.sessions {
		for _, w := range s.watches {
			for _, c := range w.carve(&j.names, j.ruling.Limit) {
				j.carves = append(j.carves, c)
				j.cut(c)
			}
		}
	}
	j.ruling.Carves = len(j.carves)
}

// cut takes a carved slice out of the evidence of every criterion.
func (j *Judge) cut(c Carve) {
	for _, s := range j.sessions {
		for _, w := range s.watches {
			w.cut(c.Dimension, c.Cell)
		}
	}
}
