package canary

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/lifecycle"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// shade is the shadow of an epoch: the candidate beside stable, on requests that stable serves.
type shade[In, Out any] struct {
	epoch    *epoch[In, Out]
	runner   *shadow.Runner[In, Out]
	log      pairlog.Sink // nil: there is none
	coverage coverage
	calls    telemetry.Recorder // of the shadow, beside those of requests
}

// wantsShadow says whether anything asks for one.
func (cfg *Config[In, Out]) wantsShadow() bool { return cfg.Shadow.Rate > 0 || cfg.Flags.Shadow != "" }

// newShade makes the shadow of an epoch; nothing runs yet. nil: none is asked for.
func newShade[In, Out any](cfg Config[In, Out], e *epoch[In, Out]) (*shade[In, Out], error) {
	if !cfg.wantsShadow() || cfg.Candidate.isZero() {
		return nil, nil
	}
	s := &shade[In, Out]{epoch: e, log: cfg.Shadow.Log}
	var err error
	s.runner, err = shadow.New(cfg.Shadow, shadow.Host[In, Out]{
		Stable:    e.stable.Predict,
		Candidate: e.candidate.Predict,
		Busy:      func(limit int) bool { return e.keeper.Ledger.Busy(limit) },
		OnPair:    s.observe,
		Describe:  s.describe,
		Tracer:    tracer(),
		Salt:      route.Salt(cfg.Name+".shadow", 0, 0),
	})
	if err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	return s, nil
}

// tracer is the application's, if it has one that can be had.
func tracer() (t trace.Tracer) {
	defer func() { _ = recover() }()
	return otel.Tracer(telemetry.Scope, trace.WithInstrumentationVersion(version))
}

// ofKeeper is what the keeper does about the shadow; nil without one.
func (s *shade[In, Out]) ofKeeper(cfg Config[In, Out]) *keeper.Shadow {
	if s == nil {
		return nil
	}
	k := &keeper.Shadow{
		Rate: cfg.Shadow.Rate, Apply: s.runner.SetRate,
		Running: s.running,
		Silent: func() string {
			why, _ := s.runner.Silent()
			return why
		},
	}
	if cfg.Flags.Shadow != "" {
		k.Flag = flags.Config{Client: cfg.Flags.Client, Flag: cfg.Flags.Shadow}
	}
	return k
}

// shadowed answers a drawn request with stable, as any other, and leaves what the shadow needs with the runner. Nothing here waits, and nothing of it fails the request.
func (e *epoch[In, Out]) shadowed(ctx context.Context, in *In, v *visit) (out Out, err error) {
	s := e.shade
	s.coverage.drawn(v.cells, len(e.slices))
	job, taken := s.runner.Take(ctx, *in, uint64(v.cells))
	answer := shadow.Answer[Out]{Outcome: shadow.Panic}
	defer func() { // whatever way the model leaves
		if taken {
			s.runner.Offer(&job, answer)
		}
	}()
	v.start = e.gate.now() // the copy of the input is no part of the model's latency
	out, err = e.primary(v.plan).Predict(ctx, *in)
	e.gate.stop(v)
	answer.Duration = time.Duration(v.latency)
	if err == nil {
		answer.Output, answer.Outcome = out, shadow.OK
		e.settle(ctx, v, in, &out, nil)
		return out, nil
	}
	outcome := v.classify(ctx, err)
	switch answer.Err = err; outcome {
	case ledger.Cancelled: // what nobody waited for is no answer
		if taken {
			taken = false
			s.runner.Discard(&job)
		}
		e.gate.leave(v, outcome)
		return out, err
	case ledger.Timeout:
		answer.Outcome = shadow.Timeout
	default:
		answer.Outcome = shadow.Error
	}
	e.gate.fail(v, outcome, err, false)
	return out, err
}

// observe hands a pair to the keeper, on the runner's goroutine.
func (s *shade[In, Out]) observe(p *shadow.Pair[In, Out]) {
	e := s.epoch
	if errors.Is(p.Candidate.Err, lifecycle.ErrNotReady) { // the candidate was put away meanwhile
		return
	}
	cells := ledger.Cells(p.Tag)
	s.coverage.paired(p.Differs, p.Rerun != nil, p.RerunDiffers, cells, len(e.slices))
	s.calls.Beside(telemetry.Request{Arm: uint8(Candidate), Outcome: uint8(outcomes[p.Candidate.Outcome]), Duration: p.Candidate.Duration})
	if p.Rerun != nil {
		s.calls.Beside(telemetry.Request{Arm: uint8(Stable), Outcome: uint8(outcomes[p.Rerun.Outcome]), Duration: p.Rerun.Duration})
	}
	if plan := e.gate.plan.Load(); plan.Carves && plan.CarvedOut(cells) {
		return
	}
	pair := criteria.Pair{Differs: p.Differs, Rerun: p.Rerun != nil, RerunDiffers: p.RerunDiffers}
	var in [criteria.MaxDimensions]uint8
	for d := range e.slices {
		in[d] = cells.At(d)
	}
	pair.Slices = in[:len(e.slices)]
	var differences [criteria.MaxSignals]float64
	if p.Quadrant == shadow.BothAnswered {
		for i := range e.signals.numbers {
			stable, ok := e.signals.number(e, i, p.Input, p.Stable.Output)
			candidate, both := e.signals.number(e, i, p.Input, p.Candidate.Output)
			if differences[i] = candidate - stable; !ok || !both || math.IsNaN(differences[i]) {
				pair.Missing |= 1 << i
			}
		}
		pair.Differences = differences[:len(e.signals.numbers)]
	}
	e.keeper.ObservePair(&pair)
}

// outcomes are those of calls in the shadow, in the words of requests.
var outcomes = [shadow.NumOutcomes]ledger.Outcome{
	shadow.OK: ledger.OK, shadow.Error: ledger.Error, shadow.Panic: ledger.Panic, shadow.Goexit: ledger.Goexit, shadow.Timeout: ledger.Timeout,
}

// describe adds to a record what only the canary knows.
func (s *shade[In, Out]) describe(p *shadow.Pair[In, Out], r *pairlog.Record) {
	e := s.epoch
	r.Canary, r.Epoch = e.name, e.keeper.Plan().Epoch
	cells := ledger.Cells(p.Tag)
	for d := range e.slices {
		if cell := cells.At(d); cell != ledger.NoCell {
			if r.Slices == nil {
				r.Slices = make(map[string]string, len(e.slices))
			}
			r.Slices[e.slices[d].function.name] = e.slices.text(d, cell)
		}
	}
	s.describeAnswer(&r.Stable, Stable, p.Input, &p.Stable)
	s.describeAnswer(&r.Candidate, Candidate, p.Input, &p.Candidate)
	if r.Rerun != nil && p.Rerun != nil {
		s.describeAnswer(r.Rerun, Stable, p.Input, p.Rerun)
	}
}

func (s *shade[In, Out]) describeAnswer(r *pairlog.Answer, arm Arm, in In, a *shadow.Answer[Out]) {
	e := s.epoch
	r.Version = e.versions[arm]
	switch a.Outcome {
	case shadow.OK:
		e.signals.describe(e, in, a.Output, r)
	case shadow.Error:
		r.Class = e.classes.text(e.classes.of(a.Err, ledger.Error, arm == Candidate))
	default:
		r.Class = outcomes[a.Outcome].String()
	}
}

// number is a number of an answer in the shadow; false when there is none.
func (x *extractors[In, Out]) number(e *epoch[In, Out], i int, in In, out Out) (value float64, ok bool) {
	f := x.functions[i]
	e.classes.ask(f, func() {
		value = x.numbers[i](in, out)
		ok = true
	})
	return value, ok
}

// describe adds the signals of an answer in the shadow to its record.
func (x *extractors[In, Out]) describe(e *epoch[In, Out], in In, out Out, r *pairlog.Answer) {
	n := len(x.numbers)
	if n > 0 {
		r.Numbers = make(map[string]float64, n)
	}
	for i, f := range x.functions[:n] {
		if value, ok := x.number(e, i, in, out); ok {
			r.Numbers[f.name] = value
		}
	}
	if len(x.labels) > 0 {
		r.Labels = make(map[string]string, len(x.labels))
	}
	for i := range x.labels {
		f := x.functions[n+i]
		e.classes.ask(f, func() { r.Labels[f.name] = x.labels[i].of(in, out) })
	}
	n += len(x.labels)
	if len(x.checks) > 0 {
		r.Checks = make(map[string]bool, len(x.checks))
	}
	for i := range x.checks {
		f := x.functions[n+i]
		e.classes.ask(f, func() { r.Checks[f.name] = x.checks[i](in, out) })
	}
}

// running is how many calls are under way, hung ones too.
func (s *shade[In, Out]) running() int {
	if s == nil {
		return 0
	}
	c := s.runner.Counts()
	return c.Running + c.Abandoned
}

// close ends the shadow; calls that hang are reported by number.
func (s *shade[In, Out]) close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	if err := s.runner.Close(ctx); err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	return nil
}
