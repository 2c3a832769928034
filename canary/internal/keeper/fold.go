package keeper

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
)

// maxCohorts bounds the evidence that waits for stragglers; beyond it the youngest cohort absorbs what comes.
const maxCohorts = 256

// fold turns settled slots into evidence. What one pass visits is a cohort; a cohort is judged when all of it and everything earlier is settled, so that
// what is judged is a prefix of the assignments whoever is slow.
type fold struct {
	k      *Keeper
	folder *ledger.Folder[ticket]

	mu       sync.Mutex // a pass, or a look from outside
	coins    ledger.Coins
	routing  criteria.Routing
	judge    *criteria.Judge
	current  step      // of the newest slot visited
	period   uint64    // of the newest coins
	judged   uint32    // step the judge is in
	waiting  []*cohort // oldest first
	spare    []*criteria.Evidence
	windows  *windows
	feedback *feedback
	halted   float64       // share of the step of an earlier process that may go on; 0: there is none
	lag      time.Duration // what the judge's time is ahead of awake time, see age
	folded   time.Duration // the judge's time at the last fold
	changes  atomic.Uint64 // of what an archive keeps
	joined   bool          // the youngest cohort takes slots of this pass
	over     bool          // nothing is judged any more
	seen     criteria.Observation
	last     criteria.Ruling
	carves   int // how many slices were carved out
	tally    tally
}

// cohort is the evidence of one pass.
type cohort struct {
	step     step
	evidence *criteria.Evidence
	pending  int
}

// ticket is what a slot is given when it is assigned.
type ticket struct {
	cohort   *cohort
	stratum  criteria.Stratum
	sentinel bool // it counts in the sentinel's stratum, too
	window   sessions.Ticket
	seed     bool // stable-only traffic before exposure
}

// rulings of one pass.
type rulings struct {
	criteria.Ruling
	routing error
	carves  []criteria.Carve
}

// tally counts for people and telemetry.
type tally struct {
	counted     [2]uint64
	sentinel    [2]uint64 // of those, with the sentinel's coin
	evaluations uint64
	stale       uint64            // requests since the last fresh coin
	failed      map[string]uint64 // criteria, and the evaluation they failed at
	passes      []passes          // of the criteria, in their order
}

// passes is how often a criterion has passed.
type passes struct {
	criterion string
	n         uint64
}

func (f *fold) init(k *Keeper) {
	f.k = k
	f.folder = ledger.NewFolder[ticket](k.Ledger)
	f.judge = k.cfg.Judge
	f.windows = newWindows(f, k.cfg.Windows)
	f.feedback = newFeedback(f, k.cfg.Feedback)
	f.last = f.judge.Fold(nil, 0) // nothing yet, and the limit
	f.coins.Keyed = k.cfg.Keyed
	f.coins.Epsilon = route.Share(route.Threshold(k.cfg.Sentinel))
	f.tally.failed = map[string]uint64{}
	for _, v := range f.judge.Verdicts() {
		f.tally.passes = append(f.tally.passes, passes{criterion: v.Name})
	}
	f.seen.Numbers = make([]float64, k.cfg.Numbers)
	f.seen.Labels = make([]uint16, k.cfg.Texts)
	f.seen.Slices = make([]uint8, k.cfg.Dimensions)
}

// pass visits the ledger and judges. It reports whether there was anything to do.
func (f *fold) pass() (bool, rulings) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.joined = false
	now := f.k.Now()
	f.feedback.beginPass()
	visited := f.folder.Pass(now, f.k.awake.Load(), int64(f.k.cfg.Deadline), f)
	f.feedback.endPass()
	busy := visited > 0 || len(f.waiting) > 0
	rule := f.rule()
	paired := f.judgePairs(&rule)
	busy = busy || paired
	if busy {
		f.changes.Add(1)
	}
	return busy, rule
}

// rule judges the cohorts that are complete.
func (f *fold) rule() (r rulings) {
	if f.routing.Broken() && !f.over {
		f.over = true
		r.routing = errRouting
	}
	for len(f.waiting) > 0 && f.waiting[0].pending == 0 {
		c := f.waiting[0]
		f.waiting = f.waiting[1:]
		if !f.over {
			f.enter(c.step)
			r.Ruling = f.ruled(f.judgeOn(c.evidence))
			r.carves = append(r.carves, f.newCarves()...)
		}
		c.evidence.Reset()
		f.spare = append(f.spare, c.evidence)
	}
	if ruling, any := f.windows.judge(time.Duration(f.k.awake.Load())); any {
		r.Ruling = f.ruled(ruling)
		f.changes.Add(1)
	}
	if ruling, any := f.feedback.judge(); any {
		r.Ruling = f.ruled(ruling)
		r.carves = append(r.carves, f.newCarves()...)
		f.changes.Add(1)
	}
	return r
}

// ruled notes what the judge has said.
func (f *fold) ruled(r criteria.Ruling) criteria.Ruling {
	f.tally.evaluations++
	f.over = r.RollBack
	f.last = r
	f.note(r)
	return r
}

func (f *fold) note(r criteria.Ruling) {
	for _, culprit := range []string{r.Culprit, r.HoldCulprit} {
		if _, known := f.tally.failed[culprit]; culprit != "" && !known {
			f.tally.failed[culprit] = f.tally.evaluations
		}
	}
	for i := range f.tally.passes {
		p := &f.tally.passes[i]
		if _, failed := f.tally.failed[p.criterion]; !failed && f.judge.Passing(i) {
			p.n++
		}
	}
}

// age is the judge's time: awake time, from where an earlier process had come to.
func (f *fold) age() time.Duration { return time.Duration(f.k.awake.Load()) + f.lag }

// judgeOn folds evidence, at the judge's time.
func (f *fold) judgeOn(e *criteria.Evidence) criteria.Ruling {
	f.folded = f.age()
	return f.judge.Fold(e, f.folded)
}

// enter moves the judge to a step.
func (f *fold) enter(s step) {
	if f.judged != s.id && !s.rests {
		f.judged = s.id
		f.judge.BeginStep(s.shares)
	}
}

// Assigned is called for every slot in the order of assignment.
func (f *fold) Assigned(e ledger.Entry) ticket {
	stratum, sentinel, window := criteria.Uncounted, false, sessions.Ticket(0)
	if e.Step < f.current.id {
		f.coins.Overtaken(e)
	} else {
		if e.Step > f.current.id {
			f.advance(e.Step)
		}
		stratum = f.coins.Toss(e, route.Position(e.Unit, f.current.salt))
		sentinel = f.coins.Watched(e)
		window = f.windows.assigned(e, stratum, time.Duration(f.k.awake.Load()))
		f.feedback.assigned(e, stratum)
	}
	if e.Mark&ledger.Excluded == 0 {
		f.tally.stale++
	}
	f.count(e.Mark, stratum, sentinel)
	c := f.cohort()
	if c != nil {
		c.pending++
	}
	return ticket{cohort: c, stratum: stratum, sentinel: sentinel, window: window, seed: f.current.share == 0 && e.Step == f.current.id && e.Mark&(ledger.Excluded|ledger.Candidate) == 0}
}

// count notes a slot that is evidence, and checks its coins: each by itself, for they are independent of each other.
func (f *fold) count(m ledger.Mark, stratum criteria.Stratum, sentinel bool) {
	if stratum == criteria.Uncounted && !sentinel {
		return
	}
	f.tally.counted[armOf(m)]++
	f.tally.stale = 0
	f.routing.Assign(stratum, coinOf(m))
	if sentinel {
		f.tally.sentinel[armOf(m)]++
		f.routing.Assign(criteria.Sentinel, armOf(m))
	}
}

// advance enters a newer step. Steps in between had no request that was visited, but their shares were applied and their coins may have been spent.
func (f *fold) advance(id uint32) {
	begun := false
	for f.current.id < id {
		next, ok := f.k.steps.take()
		if !ok {
			break
		}
		switch {
		case f.rests(next):
			next.rests = true
		case f.resumes(next):
			f.unhalt()
			f.judged = next.id
		default:
			f.unhalt()
			f.begin(&next)
			begun = true
		}
		f.current = next
	}
	f.current.shares = f.coins.Shares()
	f.joined = false
	if begun {
		f.tally.stale = 0
		splits := f.coins.Splits()
		f.routing.BeginStep(splits)
		f.windows.beginStep(splits)
		f.feedback.beginStep(splits)
	}
}

// begin enters a step with the coins.
func (f *fold) begin(next *step) {
	if next.period > f.period {
		f.period = next.period
		f.coins.Redraw()
		f.current.spent = nil
	}
	f.coins.BeginStep(next.earlier, f.current.spent)
	f.coins.BeginStep(next.share, nil)
}

// cohort returns the one that takes the slot being visited; nil when it must be left out of the evidence.
func (f *fold) cohort() *cohort {
	if n := len(f.waiting); n > 0 {
		youngest := f.waiting[n-1]
		if (f.joined || n >= maxCohorts) && youngest.step.id == f.current.id {
			return youngest
		}
		if n >= maxCohorts {
			return nil
		}
	}
	f.joined = true
	c := &cohort{step: f.current, evidence: f.evidence()}
	f.waiting = append(f.waiting, c)
	return c
}

func (f *fold) evidence() *criteria.Evidence {
	if n := len(f.spare); n > 0 {
		e := f.spare[n-1]
		f.spare = f.spare[:n-1]
		return e
	}
	return f.judge.NewEvidence()
}

// Settled is called for every slot when its call has ended or is overdue.
func (f *fold) Settled(t ticket, e ledger.Entry, r *ledger.Result) {
	arm := armOf(e.Mark)
	duration := time.Duration(r.Latency)
	if r.Outcome == ledger.Overdue {
		duration = f.k.cfg.Deadline
	}
	q := telemetry.Request{
		Arm: uint8(arm), Reason: e.Mark.Reason(), Outcome: uint8(r.Outcome),
		Fallback: r.Answered, Duration: duration,
	}
	f.k.cfg.Recorder.Fold(q)
	if both := f.k.cfg.Rehearsal; both != nil {
		q.Arm, q.Reason, q.Fallback = uint8(criteria.Stable), uint8(Preflight), false
		both.Beside(q)
	}
	f.windows.settled(t.window, r.Outcome.Failed())
	o := f.observe(e, r)
	if f.k.cfg.Observed != nil {
		f.k.cfg.Observed(t.stratum, o)
	}
	if t.cohort != nil {
		t.cohort.pending--
		o.Sentinel = t.sentinel
		t.cohort.evidence.Observe(t.stratum, o)
	}
	if t.seed {
		f.judge.Seed(o)
	}
}

// observe says what became of a request, until the next one.
func (f *fold) observe(e ledger.Entry, r *ledger.Result) *criteria.Observation {
	o := &f.seen
	o.Arm, o.Outcome, o.Answered, o.Latency = armOf(e.Mark), outcomeOf(r.Outcome), r.Answered, time.Duration(r.Latency)
	o.Missing, o.Checks, o.Unchecked, o.Invalid, o.Class = 0, 0, math.MaxUint32, r.Invalid, criteria.MaxLabels
	for d := range o.Slices {
		o.Slices[d] = e.Cells.At(d)
	}
	switch {
	case r.Outcome == ledger.Overdue:
		o.Class = f.k.cfg.Overdue
	case r.Outcome.Failed():
		o.Class = r.Class()
	}
	if o.Outcome == criteria.Fine {
		f.observeSignals(o, r)
	}
	return o
}

// observeSignals reads the signals of an answer.
func (f *fold) observeSignals(o *criteria.Observation, r *ledger.Result) {
	for i := range o.Numbers {
		x, ok := r.Number(i)
		if !ok {
			o.Missing |= 1 << i
		}
		o.Numbers[i] = x
	}
	for i := range o.Labels {
		o.Labels[i] = r.Label(i)
	}
	for i := range f.k.cfg.Checks {
		if id := r.Label(len(o.Labels) + i); id <= 1 {
			o.Checks |= uint32(id) << i
			o.Unchecked &^= 1 << i
		}
	}
}

func armOf(m ledger.Mark) criteria.Arm {
	if m&ledger.Candidate != 0 {
		return criteria.Candidate
	}
	return criteria.Stable
}

// coinOf is the arm that the unit's own coin gave it to, whatever the sentinel did with the request.
func coinOf(m ledger.Mark) criteria.Arm {
	if m&(ledger.Candidate|ledger.Sentinel) != 0 {
		return criteria.Candidate
	}
	return criteria.Stable
}

func outcomeOf(o ledger.Outcome) criteria.Outcome {
	switch o {
	case ledger.OK:
		return criteria.Fine
	case ledger.Cancelled:
		return criteria.Cancelled
	case ledger.Overdue:
		return criteria.Overdue
	case ledger.Timeout:
		return criteria.TimedOut
	default:
		return criteria.Failed
	}
}

var errRouting = errors.New("the split between the arms is not the declared one")

// finding is what the verdict on a criterion says, for the cause of a rollback.
func (f *fold) finding(criterion string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, v := range f.judge.Verdicts() {
		if v.Name == criterion && v.Result == criteria.Fail {
			found := v.Finding
			if v.Slice != "" {
				found += " in " + v.Slice
			}
			return fmt.Sprintf("%s (ln E %.3g, weight %.3g, limit %.3g)", found, v.LogE, v.Weight, v.Limit)
		}
	}
	return "limit reached"
}

// underWay is the number of recorded calls that have not ended, overdue ones too.
func (f *fold) underWay() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.folder.Open() + f.folder.Late()
}
