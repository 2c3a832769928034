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

// epoch is one attempt with one candidate: everything that ends with it.
type epoch[In, Out any] struct {
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
	loader            *loader[In, Out]    // nil: the candidate is there
	promoted          Predictor[In, Out]  // the candidate as the stable model
	gate              gate
	plain             bool // no signals
	recorder          *telemetry.Recorder
	pool              *isolate.Pool[In, Out] // nil: the candidate runs on the caller's goroutine
	inherited         *loader[In, Out]       // of stable; nil: it was not loaded by the canary
	shade             *shade[In, Out]        // nil: there is no shadow
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

	// Of the canary that an epoch is one of.
	herald *keeper.Herald
	begun  string // who has begun the epoch just now; empty: nobody
}

// startEpoch starts the goroutines of an epoch.
func startEpoch[In, Out any](cfg Config[In, Out], set settings) (*epoch[In, Out], error) {
	e := prepare(cfg)
	judge, err := e.judge()
	if err != nil {
		return nil, err
	}
	if e.loader, err = newLoader(cfg); err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	var ready func(bool, func(keeper.Event)) bool
	var kick chan struct{}
	if e.promoted = e.candidate; e.loader != nil {
		e.candidate, e.promoted, ready, kick = e.loader.model, e.loader.primary(), e.loader.look, e.loader.kick
	}
	if e.shade, err = newShade(cfg, e); err != nil {
		return nil, errors.Join(err, e.loader.close(context.Background()))
	}
	timeout := cfg.CandidateTimeout
	if timeout == 0 {
		timeout = defaultCandidateTimeout
	}
	abandoned := func() int { return 0 }
	if timeout > 0 && e.candidate != nil {
		e.pool = isolate.NewPool(e.candidate.Predict, timeout, maxAbandoned)
		abandoned = e.pool.Abandoned
	}
	if set.slots == 0 {
		set.slots = ledger.DefaultSlots
	}
	if set.draw == nil {
		set.draw = rand.Uint64
	}
	var preflight func(bool) (bool, string)
	if cfg.Preflight > 0 {
		if e.preflight, err = newPreflight(cfg, set, e.recorder); err != nil {
			return nil, errors.Join(err, e.shade.close(context.Background()), e.loader.close(context.Background()))
		}
		preflight = e.preflight.look
	}
	e.keeper, err = keeper.Start(inRehearsal(keeper.Config{
		Name: cfg.Name, Version: cfg.Candidate.Version, Keyed: cfg.Key != nil,
		Sentinel: cfg.Sentinel, Reassign: cfg.Reassign, Now: set.now, Windows: windowsOf(e.judged.Criteria), Feedback: cfg.feedbackOf(e.judged.Criteria),
		Judge: judge, Numbers: len(e.signals.numbers), Texts: len(e.signals.labels), Checks: len(e.signals.checks), Dimensions: len(e.slices),
		Overdue: e.classes.endings[ledger.Overdue], Carves: set.carves, Observed: set.observed,
		Slots: set.slots, Deadline: max(defaultDeadline, 2*timeout),
		Flag: flags.Config{Client: cfg.Flags.Client, Flag: cfg.Flags.Rollout}, Shadow: e.shade.ofKeeper(cfg), Store: cfg.Store, Memory: e.memory(), Audit: cfg.Audit, Ramp: cfg.Ramp, Ready: ready, Kick: kick,
		Abandoned: abandoned, MaxAbandoned: maxAbandoned,
		Recorder: e.recorder, Herald: set.herald, Begun: set.begun, Manual: set.manual, Preflight: preflight,
	}, set.rehearsal))
	if err != nil {
		err = errors.Join(err, e.shade.close(context.Background()), e.preflight.close(context.Background()), e.loader.close(context.Background()))
		return nil, fmt.Errorf("canary: %w", err)
	}
	e.plain = !e.signals.any()
	e.gate = gate{
		base: e.keeper.Base(), plan: e.keeper.PlanPointer(), ledger: e.keeper.Ledger, recorder: e.recorder, rehearsal: set.rehearsal, classes: e.classes,
		keyed: cfg.Key != nil, sliced: len(e.slices) > 0, wide: len(e.slices) > ledger.SlotCells, draw: set.draw,
	}
	if e.shade != nil {
		e.gate.sampler, e.gate.anyUnit = e.shade.runner.Sampler(), cfg.Shadow.PerRequest
	}
	return e, nil
}

// prepare makes an epoch of which nothing runs yet.
func prepare[In, Out any](cfg Config[In, Out]) *epoch[In, Out] {
	e := &epoch[In, Out]{
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
	e.classes = newClasses(cfg.FailureClass, cfg.Redact, e.versions, e.functionPanicked)
	e.judged = criteria.Config{
		Criteria: withDefaults(cfg.Criteria, cfg.CandidateTimeout >= 0),
		Alpha:    cfg.Alpha, Beta: cfg.Beta, MinCalls: cfg.Ramp.MinCalls, Rounding: rand.Uint64(), SliceAction: cfg.SliceAction, Sentinel: cfg.Sentinel > 0,
		Numbers: e.signals.names("number"), Labels: e.signals.names("label"), Checks: e.signals.names("check"), Slices: e.slices.names(),
		LabelText: e.signals.labelText, ClassText: e.classes.text, ClassExample: e.classes.example, SliceText: e.slices.text,
	}
	return e
}

// judge makes the judge of the declared criteria; nil if there are none, which the configuration is refused for.
func (e *epoch[In, Out]) judge() (*criteria.Judge, error) {
	if len(e.judged.Criteria) == 0 {
		return nil, nil
	}
	judge, err := criteria.NewJudge(e.judged)
	if err != nil {
		return nil, ofCriteria(err)
	}
	return judge, nil
}

// shutdown ends the epoch, but not the models that the canary has loaded. Afterwards it serves stable, without recording anything.
// The last epoch of a canary ends the delivery of events.
func (e *epoch[In, Out]) shutdown(ctx context.Context, last bool) error {
	err := e.keeper.Close(ctx, last)
	err = errors.Join(err, e.preflight.close(ctx), e.shade.close(ctx))
	if e.pool != nil {
		if n := e.pool.Close(ctx); n > 0 {
			err = errors.Join(err, fmt.Errorf("canary: %d candidate calls have not returned", n))
		}
	}
	return err
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
