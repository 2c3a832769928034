package canary

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/labels"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow"
)

// gate is the part of the request path that does not know the types of the models. It is not generic on purpose: the compiler inlines what lies in other packages
// here, but not into the instances of a generic method, where each such call would cost a nanosecond or two.
type gate struct {
	base      time.Time
	plan      *atomic.Pointer[keeper.Plan]
	ledger    *ledger.Ledger
	recorder  *telemetry.Recorder
	rehearsal *telemetry.Recorder // of a preflight: what is recorded here is recorded there, too, as stable's
	classes   *classes
	keyed     bool
	sliced    bool            // requests lie in slices
	wide      bool            // more slice dimensions than a reservation takes
	draw      func() uint64   // the sentinel's coins
	sampler   *shadow.Sampler // of the requests that have a shadow; nil: none has
	anyUnit   bool            // it draws requests, not units
}

// visit is one request on its way.
type visit struct {
	plan     *keeper.Plan
	hold     ledger.Hold
	unit     uint64
	start    int64 // of the arm's call, on the ledger's clock
	latency  int64 // of the arm's call
	cells    ledger.Cells
	mark     ledger.Mark
	progress progress
	fallback bool // stable answered in the candidate's place
	signal   int  // the slice or signal function that is being called
}

// progress is how far a call has come, should its goroutine be unwound.
type progress uint8

const (
	keying    progress = iota // in the application's key function
	slicing                   // in a slice function
	running                   // in a model
	answered                  // in a signal function
	accounted                 // nothing is left to do
)

// turn is where a request goes.
type turn uint8

const (
	toStable turn = iota
	toCandidate
	toShadowed // stable's, with the candidate in its shadow
	aside      // not recorded here
)

func (v *visit) candidate() bool { return v.mark&ledger.Candidate != 0 }

// now is the ledger's clock.
func (g *gate) now() int64 { return int64(time.Since(g.base)) }

// enter chooses the arm of a request, reserves its slot and reads the clock.
func (g *gate) enter(v *visit, key string) turn {
	plan := g.plan.Load()
	v.plan = plan
	v.mark = plan.Mark
	if plan.Aside {
		v.progress = accounted
		return aside
	}
	unit := uint64(0)
	switch {
	case !g.keyed:
		unit = rand.Uint64()
	case key != "":
		unit = route.Unit(key)
	default:
		g.enterKeyless(v, keeper.EmptyKey)
		return toStable
	}
	v.unit = unit
	if g.sliced {
		return g.enterSliced(v, unit)
	}
	to := g.choose(v, unit)
	if g.sampler != nil && to == toStable && g.shadows(unit) {
		to = toShadowed
	}
	v.hold = g.ledger.Reserve(unit, plan.Step, v.mark, plan.Spent)
	v.progress = running
	v.start = g.now()
	v.hold.Begin(v.start)
	return to
}

// enterSliced is the rest of enter for a request that lies in slices.
func (g *gate) enterSliced(v *visit, unit uint64) turn {
	to := toStable
	if v.plan.Carves && v.plan.CarvedOut(v.cells) {
		v.mark = (v.mark | ledger.Excluded).WithReason(uint8(keeper.Carved))
	} else {
		to = g.choose(v, unit)
		if g.sampler != nil && to == toStable && g.shadows(unit) {
			to = toShadowed
		}
	}
	v.hold = g.ledger.Reserve(unit, v.plan.Step, v.mark.WithCells(v.cells), v.plan.Spent)
	if g.wide {
		g.ledger.SetCells(v.hold, v.cells)
	}
	v.progress = running
	v.start = g.now()
	v.hold.Begin(v.start)
	return to
}

// choose is the arm by the unit's bucket, but for the sentinel's coin.
func (g *gate) choose(v *visit, unit uint64) turn {
	if route.Bucket(unit, v.plan.Salt) >= v.plan.Threshold {
		return toStable
	}
	v.mark |= ledger.Candidate
	if v.plan.Divert != 0 && g.diverts(v) {
		return toStable
	}
	return toCandidate
}

// shadows says whether a request that stable serves has a shadow.
func (g *gate) shadows(unit uint64) bool {
	if g.anyUnit {
		unit = rand.Uint64()
	}
	return g.sampler.Draws(unit)
}

// diverts draws the sentinel's coin for a request of a unit that is the candidate's, and says whether it goes to stable.
func (g *gate) diverts(v *visit) bool {
	v.mark |= ledger.Sentinel
	if route.Draw(g.draw()) < v.plan.Divert {
		v.mark = v.mark.WithReason(uint8(keeper.Diverted)) &^ ledger.Candidate
		return true
	}
	return false
}

// enterKeyless is enter for a request that has a plan and no key: stable's, and no evidence.
func (g *gate) enterKeyless(v *visit, reason keeper.Reason) {
	v.mark = (ledger.Anonymous | ledger.Excluded).WithReason(uint8(reason))
	v.hold = g.ledger.Reserve(0, v.plan.Step, v.mark.WithCells(v.cells), nil)
	if g.wide {
		g.ledger.SetCells(v.hold, v.cells)
	}
	v.progress = running
	v.start = g.now()
	v.hold.Begin(v.start)
}

// stop ends the timing of the arm's call.
func (g *gate) stop(v *visit) {
	v.latency = g.now() - v.start
	v.progress = answered
}

// leave settles a timed request whose call has not failed.
func (g *gate) leave(v *visit, outcome ledger.Outcome) {
	v.progress = accounted
	if v.hold.Held() {
		v.hold.Settle(outcome, false, v.latency)
		return
	}
	g.thinned(v, outcome, false)
}

// fail settles a timed call that failed, with the class of its error; the error is nil where there is none. Methods of the error and functions of the
// configuration are called: whatever they do, the request is settled.
func (g *gate) fail(v *visit, outcome ledger.Outcome, err error, stableAnswered bool) {
	v.progress = accounted
	if !v.hold.Held() {
		g.thinned(v, outcome, stableAnswered)
		return
	}
	class := g.classes.endings[outcome]
	defer func() {
		v.hold.SetClass(class)
		v.hold.Settle(outcome, stableAnswered, v.latency)
	}()
	if err != nil {
		class = g.classes.of(err, outcome, v.candidate())
	}
}

// stopAndLeave is both for a request without signals.
func (g *gate) stopAndLeave(v *visit) {
	latency := g.now() - v.start
	v.progress = accounted
	if v.hold.Held() {
		v.hold.Settle(ledger.OK, false, latency)
		return
	}
	v.latency = latency
	g.thinned(v, ledger.OK, false)
}

// thinned counts a request that got no slot, where it is.
func (g *gate) thinned(v *visit, outcome ledger.Outcome, stableAnswered bool) {
	arm := criteria.Stable
	if v.candidate() {
		arm = criteria.Candidate
	}
	q := telemetry.Request{
		Arm: uint8(arm), Reason: v.mark.Reason(), Outcome: uint8(outcome), Fallback: stableAnswered, Duration: time.Duration(v.latency),
	}
	g.recorder.Thin(q)
	if g.rehearsal != nil {
		q.Arm, q.Reason, q.Fallback = uint8(criteria.Stable), uint8(keeper.Preflight), false
		g.rehearsal.Beside(q)
	}
}

// unwound settles a request whose goroutine is being unwound out of a model.
func (g *gate) unwound(v *visit) {
	g.stop(v)
	g.fail(v, ledger.Panic, nil, false)
}

func (g *gate) setNumber(v *visit, i int, x float64) { g.ledger.SetNumber(v.hold, i, x) }

func (g *gate) setLabel(v *visit, i int, table *labels.Table, text string) {
	g.ledger.SetLabel(v.hold, i, table.ID(text))
}

func (g *gate) setCheck(v *visit, i int, yes bool) {
	id := uint16(0)
	if yes {
		id = 1
	}
	g.ledger.SetLabel(v.hold, i, id)
}
