package keeper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Config is what a keeper needs. Store, OnEvent and what says so may be nil.
type Config struct {
	Name    string
	Version string // of the candidate; empty: there is none
	Keyed   bool   // assignment sticks to units

	// Sentinel is the probability with which a request of a unit that is the candidate's goes to stable; 0 for none.
	Sentinel float64
	// Reassign is how long the assignments of units last; 0: for the whole epoch.
	Reassign time.Duration
	// Now is the clock that periods of reassignment are told by; nil means time.Now.
	Now func() time.Time

	Judge                  *criteria.Judge
	Windows                sessions.Config // of the criterion on sessions; 0 calls: there is none
	Feedback               Feedback        // what comes back later
	Numbers, Texts, Checks int             // how many signals; checks are stored as labels behind the labels, with the ids 0 and 1
	Dimensions             int             // of slices
	Overdue                uint16          // class of calls past the deadline

	Slots    int
	Deadline time.Duration // an open slot is settled as its arm's failure after this much awake time

	Flag   flags.Config // without Changed and Warn
	Share  float64      // fixed, instead of a flag; 0: the flag decides
	Shadow *Shadow      // nil: there is none
	Store  rollback.Store
	Audit  rollback.Auditor // nil: the store, if it is one
	Ramp   rollback.Ramp
	// Ready reports whether the candidate can be called, and is told whether it is needed, in each pass; it may tell of events. It must not block. nil: it always can.
	Ready func(needed bool, tell func(Event)) bool
	// Kick makes the next pass come at once; nil: nobody does.
	Kick chan struct{}
	// Memory is what it takes to go on with the evidence of an earlier process, where Store keeps it; nil: it begins anew.
	Memory *Memory

	// Abandoned is the number of candidate calls past their timeout that are still under way; at MaxAbandoned the candidate is taken to hang.
	Abandoned    func() int
	MaxAbandoned int

	Recorder *telemetry.Recorder
	// Rehearsal makes this the keeper of a preflight: both arms are stable, and what is recorded is recorded there, too, as stable's.
	Rehearsal *telemetry.Recorder
	// Preflight reports whether the preflight is done and what went wrong; when it is not needed it ends at once. The keeper asks in each pass until it is done.
	// nil: there is none.
	Preflight func(needed bool) (done bool, problem string)
	// Herald delivers events and outlives the keeper; nil: the keeper has one of its own, for OnEvent.
	Herald  *Herald
	OnEvent func(Event)
	// Begun is the person who has begun the stored epoch just now; empty: nobody has.
	Begun string

	// Carves are the slices that are carved out so far, in order, asked after every fold by the keeper alone; nil: those of the judge.
	Carves func() []criteria.Carve

	// Observed sees what the judge is given, request by request. nil: nobody looks; for tests.
	Observed func(criteria.Stratum, *criteria.Observation)

	// Manual keepers run no loop and do their I/O in Step: for tests and simulations.
	Manual bool
}

const (
	// poll is the time between passes under traffic; what the process sleeps beyond four of them is not awake time.
	poll = 5 * time.Millisecond
	// linger is how many empty passes it takes to go idle.
	linger = 20
	// Idle keepers wake on a common grid, all canaries of a process together.
	idleExposed = 250 * time.Millisecond
	idleStable  = time.Second
	// readyWait bounds how long Start waits for the first state and the first flag.
	readyWait = time.Second
)

// Keeper is the keeper of one canary. Its methods are safe for concurrent use.
type Keeper struct {
	cfg    Config
	Ledger *ledger.Ledger
	base   time.Time
	plan   atomic.Pointer[Plan]
	awake  atomic.Int64 // nanoseconds this process has been awake, as far as the passes can tell

	flag    flagReader
	clerk   *clerk
	scribe  *scribe
	archive *archive
	herald  *Herald
	own     bool // the herald ends with the keeper
	shade   shade
	fold    fold

	machine rollback.Machine

	mu        sync.Mutex // everything below; never held during I/O or a call of the application's code
	latch     *rollback.Latch
	known     bool            // the state has been loaded
	stateErr  error           // why it has not
	resumed   bool            // the epoch continues from an earlier process
	early     *rollback.Cause // of a rollback before the state was known
	suspended bool            // what the store holds is another epoch's
	routing   error           // why the routing is taken to be broken
	lit       bool            // the store knows that this process has exposed the candidate
	beacon    uint64          // what it counts this process as; 0: not yet
	told      map[string]bool // Hold criteria whose breach was answered with a hold
	raising   decision        // that waits for the store
	exposing  *attempt        // to have it remember a greater share; nil: it does
	soak      soak
	carved    []CarvedSlice
	closing   bool
	period    period
	rehearsal rehearsal
	cause     string // of the rollback: for telemetry
	origin    string
	steps     steps

	kick    chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	ready   chan struct{}
	isReady bool
	closed  sync.Once
	ending  sync.Once
}

// flagReader is a flag, or what stands for one.
type flagReader interface {
	Reading() flags.Reading
	Counts() flags.Counts
	First() <-chan struct{}
	Close(ctx context.Context) error
}

// Start starts the goroutines of a keeper and waits, at most a second, until state and flag are known.
func Start(cfg Config) (*Keeper, error) {
	k := &Keeper{
		cfg:     cfg,
		Ledger:  ledger.New(cfg.Slots, cfg.Numbers, cfg.Texts+cfg.Checks, cfg.Dimensions),
		base:    time.Now(),
		latch:   new(rollback.Latch),
		machine: rollback.Machine{Ramp: cfg.Ramp},
		told:    map[string]bool{},
		kick:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		ready:   make(chan struct{}),
	}
	if cfg.Kick != nil {
		k.kick = cfg.Kick
	}
	k.fold.init(k)
	if k.herald = cfg.Herald; k.herald == nil {
		k.herald, k.own = NewHerald(cfg.OnEvent, nil), true
	}
	k.clerk = newClerk(k, cfg.Store)
	k.scribe = newScribe(k, cfg)
	k.archive = newArchive(k, cfg.Store)
	k.mu.Lock()
	k.publish()
	k.mu.Unlock()

	cfg.Flag.Changed = k.wake
	cfg.Flag.Warn = k.flagWarning
	if cfg.Share > 0 {
		k.flag = flags.Fixed(cfg.Share)
	} else {
		reader, err := flags.Start(cfg.Flag)
		if err != nil {
			if k.own {
				err = errors.Join(err, k.herald.Close(context.Background()))
			}
			return nil, err
		}
		k.flag = reader
	}
	if err := k.startShadow(); err != nil {
		err = errors.Join(err, k.flag.Close(context.Background()))
		if k.own {
			err = errors.Join(err, k.herald.Close(context.Background()))
		}
		return nil, err
	}
	if cfg.Manual {
		<-k.flag.First()
		if k.shade.flag != nil {
			<-k.shade.flag.First()
		}
		k.Step(0)
		return k, nil
	}
	k.clerk.start()
	k.scribe.start()
	go k.loop()
	timeout := time.NewTimer(readyWait)
	defer timeout.Stop()
	select {
	case <-k.ready:
	case <-timeout.C:
	}
	return k, nil
}

// Plan is the current plan.
func (k *Keeper) Plan() *Plan { return k.plan.Load() }

// PlanPointer is where the plan is.
func (k *Keeper) PlanPointer() *atomic.Pointer[Plan] { return &k.plan }

// Base is the zero of the ledger's clock.
func (k *Keeper) Base() time.Time { return k.base }

// Now is the clock of the ledger, in nanoseconds; only differences mean something.
func (k *Keeper) Now() int64 { return int64(time.Since(k.base)) }

// Step is one pass of a manual keeper, after it has been awake for a while longer.
func (k *Keeper) Step(awake time.Duration) {
	k.work()
	k.pass(awake)
	k.work()
	k.pass(0)
}

// work is what the other goroutines do, for a manual keeper.
func (k *Keeper) work() {
	k.scribe.work(context.Background())
	k.clerk.work(context.Background())
}

// wake makes the next pass come at once. It never blocks.
func (k *Keeper) wake() {
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

func (k *Keeper) loop() {
	defer close(k.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	last, wait, empty := time.Now(), time.Duration(0), 0
	for {
		select {
		case <-timer.C:
		case <-k.kick:
		case <-k.stop:
			return
		}
		now := time.Now()
		busy := k.pass(min(now.Sub(last), 4*max(wait, poll)))
		last = now
		closed := k.plan.Load().Closed
		if closed && !busy && k.fold.underWay() == 0 {
			return
		}
		if empty++; busy || closed {
			empty = 0
		}
		wait = k.interval(empty)
		timer.Reset(wait)
	}
}

// interval is the time until the next pass after a number of empty ones.
func (k *Keeper) interval(empty int) time.Duration {
	if empty < linger {
		return poll
	}
	grid := idleStable
	if k.plan.Load().Threshold > 0 {
		grid = idleExposed
	}
	now := time.Now()
	return now.Truncate(grid).Add(grid).Sub(now)
}

// pass folds, judges and publishes. It reports whether there was anything to do.
func (k *Keeper) pass(awake time.Duration) bool {
	k.awake.Add(int64(max(awake, 0)))
	busy, rule := k.fold.pass()
	if rule.routing != nil {
		k.breakRouting(rule.routing)
	}
	if rule.RollBack {
		k.trip("keeper", "criterion "+rule.Culprit+": "+k.fold.finding(rule.Culprit), rule.Culprit, "local")
	}
	if len(rule.carves) > 0 {
		k.carve(rule.carves)
	}
	if rule.Hold {
		k.hold(rule.HoldCulprit)
	}
	if k.cfg.Abandoned() >= k.cfg.MaxAbandoned {
		k.trip("keeper", fmt.Sprintf("hang: %d candidate calls have not returned long after their timeout", k.cfg.MaxAbandoned), "hang", "local")
	}
	k.rehearse()
	k.climb(awake)
	k.refresh()
	k.listen()
	k.putOut()
	k.archive.keep(false)
	k.herald.replaySoon(busy)
	return busy
}

// refresh publishes a new plan if state, flag or hold ask for one.
func (k *Keeper) refresh() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tellShare(k.publish())
}

// tellShare tells of what publish did, where nothing else does.
func (k *Keeper) tellShare(changed bool, before, after float64) {
	if changed {
		state := k.latch.State()
		k.scribe.note(rollback.Entry{
			Canary: k.cfg.Name, At: time.Now(), Actor: "keeper", Action: "share", Epoch: state.Epoch, Version: state.Version,
			From: fmt.Sprintf("%.4g %%", 100*before), To: fmt.Sprintf("%.4g %%", 100*after), Reason: k.plan.Load().Reason.String(), Revision: state.Revision,
		})
		if k.plan.Load().Promoted {
			return // which is told by itself, and is no share
		}
		k.Emit(Event{Kind: ShareChanged, Message: fmt.Sprintf("share %.4g %% -> %.4g %%", 100*before, 100*after)})
	}
}

// Close ends the keeper: no request is recorded any more, what is under way is waited for and folded, state is saved, events are delivered, all at most until
// ctx is done. Then it reports what still hangs. The last keeper of a herald ends that, too.
func (k *Keeper) Close(ctx context.Context, last bool) error {
	k.closed.Do(func() {
		k.mu.Lock()
		k.closing = true
		k.publish()
		k.mu.Unlock()
	})
	flagClosed := make(chan error, 1)
	go func() { flagClosed <- errors.Join(k.flag.Close(ctx), k.closeShadow(ctx)) }() // a provider that hangs must not use up the time of the others
	var problems []error
	if n := k.drain(ctx); n > 0 {
		problems = append(problems, fmt.Errorf("canary: %d calls still under way", n))
	}
	k.extinguish()
	archived := make(chan error, 1)
	go func() { archived <- k.archive.close(ctx) }()
	problems = append(problems, k.scribe.close(ctx), k.clerk.close(ctx))
	if k.own || last {
		problems = append(problems, k.herald.Close(ctx))
	}
	problems = append(problems, <-flagClosed, <-archived)
	return errors.Join(problems...)
}

// drain waits until every recorded call has ended and was folded, ends the keeper's goroutine and returns how many calls are still under way. Once that goroutine
// has ended, whoever closes makes the passes.
func (k *Keeper) drain(ctx context.Context) int {
	if k.cfg.Manual {
		k.Step(0)
		return k.fold.underWay()
	}
	k.wake()
	if !ended(ctx, k.stopped) {
		k.ending.Do(func() { close(k.stop) })
		<-k.stopped
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		k.pass(0)
		n := k.fold.underWay()
		if n == 0 {
			return 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return n
		}
	}
}
