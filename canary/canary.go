package canary

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/isolate"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
)

const (
	defaultCandidateTimeout = time.Second
	// defaultDeadline is how long a call may be under way before it is counted as its arm's failure.
	defaultDeadline = 2 * time.Second
	// maxAbandoned candidate calls may hang; then the candidate is rolled back.
	maxAbandoned = 64
)

// Canary serves requests with two models and takes the worse one away. It is a [Predictor]; all its methods are safe for concurrent use. Make it with [New], end
// it with [Canary.Shutdown].
type Canary[In, Out any] struct {
	name              string
	versions          [2]string
	stable, candidate Predictor[In, Out]
	key               func(context.Context, In) string
	keyPanics         panics
	slices            slicers[In]
	signals           extractors[In, Out]
	classes           *classes
	judged            criteria.Config
	sentinel          float64
	keeper            *keeper.Keeper
	preflight         *preflight[In, Out] // nil: there is none
	gate              gate
	plain             bool // no signals
	recorder          *telemetry.Recorder
	pool              *isolate.Pool[In, Out] // nil: the candidate runs on the caller's goroutine
	instruments       *telemetry.Instruments
}

// New makes a canary and starts its goroutines. It returns every problem of the configuration at once, joined [*ConfigError]s. What the world does - a state
// file that cannot be read, a flag provider that is not ready - is not an error: the canary serves stable, says why in an event, and tries again. New waits for
// the first state and the first flag, at most a second.
func New[In, Out any](cfg Config[In, Out]) (*Canary[In, Out], error) {
	return start(cfg, settings{})
}

// settings are what tests set.
type settings struct {
	manual    bool
	slots     int
	carves    func() []criteria.Carve
	rehearsal *telemetry.Recorder // of the canary whose preflight this is
	observed  func(criteria.Stratum, *criteria.Observation)
	now       func() time.Time // nil: time.Now
	draw      func() uint64    // nil: rand.Uint64
}

func start[In, Out any](cfg Config[In, Out], set settings) (*Canary[In, Out], error) {
	var invalid error
	if set.rehearsal == nil {
		invalid = cfg.validate()
	}
	c := prepare(cfg)
	judge, err := c.judge()
	if err := errors.Join(invalid, err); err != nil {
		return nil, err
	}
	timeout := cfg.CandidateTimeout
	if timeout == 0 {
		timeout = defaultCandidateTimeout
	}
	abandoned := func() int { return 0 }
	if timeout > 0 {
		c.pool = isolate.NewPool(c.candidate.Predict, timeout, maxAbandoned)
		abandoned = c.pool.Abandoned
	}
	if set.slots == 0 {
		set.slots = ledger.DefaultSlots
	}
	if set.draw == nil {
		set.draw = rand.Uint64
	}
	var preflight func(bool) (bool, string)
	if cfg.Preflight > 0 {
		if c.preflight, err = newPreflight(cfg, set, c.recorder); err != nil {
			return nil, err
		}
		preflight = c.preflight.look
	}
	c.keeper, err = keeper.Start(inRehearsal(keeper.Config{
		Name: cfg.Name, Version: cfg.Candidate.Version, Keyed: cfg.Key != nil,
		Sentinel: cfg.Sentinel, Reassign: cfg.Reassign, Now: set.now, Windows: windowsOf(c.judged.Criteria),
		Judge: judge, Numbers: len(c.signals.numbers), Texts: len(c.signals.labels), Checks: len(c.signals.checks), Dimensions: len(c.slices),
		Overdue: c.classes.endings[ledger.Overdue], Carves: set.carves, Observed: set.observed,
		Slots: set.slots, Deadline: max(defaultDeadline, 2*timeout),
		Flag: flags.Config{Client: cfg.Flags.Client, Flag: cfg.Flags.Rollout}, Store: cfg.Store, Memory: c.memory(),
		Abandoned: abandoned, MaxAbandoned: maxAbandoned,
		Recorder: c.recorder, OnEvent: hook(cfg.OnEvent, cfg.Name), Manual: set.manual, Preflight: preflight,
	}, set.rehearsal))
	if err != nil {
		err = errors.Join(err, c.preflight.close(context.Background()))
		return nil, fmt.Errorf("canary: %w", err)
	}
	c.plain = !c.signals.any()
	c.gate = gate{
		base: c.keeper.Base(), plan: c.keeper.PlanPointer(), ledger: c.keeper.Ledger, recorder: c.recorder, rehearsal: set.rehearsal, classes: c.classes,
		keyed: cfg.Key != nil, sliced: len(c.slices) > 0, wide: len(c.slices) > ledger.SlotCells, draw: set.draw,
	}
	if set.rehearsal == nil {
		c.startTelemetry(cfg.Flags.Rollout, c.judged.Criteria)
	}
	return c, nil
}

// prepare makes a canary of which nothing runs yet.
func prepare[In, Out any](cfg Config[In, Out]) *Canary[In, Out] {
	c := &Canary[In, Out]{
		name:      cfg.Name,
		versions:  [2]string{cfg.Stable.Version, cfg.Candidate.Version},
		stable:    cfg.Stable.Predictor,
		candidate: cfg.Candidate.Predictor,
		key:       cfg.Key,
		slices:    newSlicers(cfg.Signals.Slices),
		signals:   newExtractors(cfg.Signals),
		recorder:  new(telemetry.Recorder),
		sentinel:  cfg.Sentinel,
	}
	c.classes = newClasses(cfg.FailureClass, cfg.Redact, c.versions, c.functionPanicked)
	c.judged = criteria.Config{
		Criteria: withDefaults(cfg.Criteria, cfg.CandidateTimeout >= 0),
		Alpha:    cfg.Alpha, Rounding: rand.Uint64(), SliceAction: cfg.SliceAction, Sentinel: cfg.Sentinel > 0,
		Numbers: c.signals.names("number"), Labels: c.signals.names("label"), Checks: c.signals.names("check"), Slices: c.slices.names(),
		LabelText: c.signals.labelText, ClassText: c.classes.text, ClassExample: c.classes.example, SliceText: c.slices.text,
	}
	return c
}

// judge makes the judge of the declared criteria; nil if there are none, which the configuration is refused for.
func (c *Canary[In, Out]) judge() (*criteria.Judge, error) {
	if len(c.judged.Criteria) == 0 {
		return nil, nil
	}
	judge, err := criteria.NewJudge(c.judged)
	if err != nil {
		return nil, ofCriteria(err)
	}
	return judge, nil
}

// isolationAllowance is what a latency criterion grants a candidate that runs on a goroutine of its own. That is another place in the scheduler's queue than the
// caller's: calls of a few microseconds are disturbed more often there on busy processors, though the model does the same.
const isolationAllowance = 0.02

// withDefaults is a copy of the criteria, with the default backstop if there is none, and the allowance of isolation where latency has none of its own.
func withDefaults(declared []criteria.Criterion, isolated bool) []criteria.Criterion {
	declared = slices.Clone(declared)
	backstop := len(declared) == 0
	for i, c := range declared {
		switch c := c.(type) {
		case criteria.Backstop:
			backstop = true
		case criteria.Latency:
			if isolated && c.Allowance == 0 {
				c.Allowance = isolationAllowance
				declared[i] = c
			}
		}
	}
	if !backstop {
		declared = append(declared, criteria.Backstop{})
	}
	return declared
}

// Rollback takes the candidate out for good: every request that starts after it returns - also with an error - is stable's, now and after restarts, until a
// candidate with another version is deployed. who and why are kept with the state. The error says that the rollback is not stored durably yet, for what reason,
// or because ctx ended first; storing is tried again in the background.
func (c *Canary[In, Out]) Rollback(ctx context.Context, who, why string) error {
	return c.keeper.Rollback(ctx, who, why)
}

// Shutdown ends the canary. Afterwards Predict serves stable, without recording anything. Shutdown waits for calls under way, folds them, saves the state and
// the evidence, and delivers waiting events, at most until ctx is done; then it returns what still hangs, by number. Once it returns nil no goroutine of the canary is left.
// It may be called again, to wait again, and concurrently. Called from OnEvent it waits for itself: there, give it a context that ends, or a goroutine.
func (c *Canary[In, Out]) Shutdown(ctx context.Context) error {
	err := c.keeper.Close(ctx)
	err = errors.Join(err, c.preflight.close(ctx))
	c.stopTelemetry()
	if c.pool == nil {
		return err
	}
	if n := c.pool.Close(ctx); n > 0 {
		err = errors.Join(err, fmt.Errorf("canary: %d candidate calls have not returned", n))
	}
	return err
}
