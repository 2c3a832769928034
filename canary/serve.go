package canary

import (
	"context"
	"errors"

	"github.com/modelcanary/go-sdk/canary/internal/isolate"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/lifecycle"
)

// This file is the request path: no lock, no allocation, no I/O, no wait but for the models themselves.
// Inputs, answers and visits go down by pointer and never further than to a copy: they stay on the caller's stack.

// Predict answers a request with the arm it is assigned to. What the arm returns - value, error, for stable also a panic - reaches the caller untouched; if the
// candidate fails, stable answers in the same call. Predict never waits for anything but the models.
func (c *Canary[In, Out]) Predict(ctx context.Context, in In) (out Out, err error) {
	// This is serve with its frame taken away: with a model that does nothing the frame is a twentieth of the call (BenchmarkOverFloor).
	e := c.current.Load()
	var v visit
	defer func() {
		if v.progress == accounted {
			return
		}
		if v.progress == running {
			e.gate.unwound(&v)
			return
		}
		e.recovered(ctx, &in, &v, &out, &err, recover() != nil)
	}()
	if len(e.slices) > 0 {
		e.slices.cut(&v, in)
	}
	key := ""
	if e.key != nil {
		key = e.key(ctx, in)
	}
	switch e.gate.enter(&v, key) {
	case toStable:
		out, err = e.primary(v.plan).Predict(ctx, in)
		if e.plain && err == nil {
			e.gate.stopAndLeave(&v)
			return out, nil
		}
		e.gate.stop(&v)
	case toCandidate:
		if out, err = e.askCandidate(ctx, &in, &v); v.progress == accounted {
			return out, err
		}
	case toShadowed:
		return e.shadowed(ctx, &in, &v)
	default:
		return e.beside(ctx, in, v.plan)
	}
	if err == nil && v.hold.Held() {
		e.signals.measure(&e.gate, &v, in, out)
		e.gate.leave(&v, ledger.OK)
		return out, nil
	}
	e.settle(ctx, &v, &in, &out, err)
	return out, err
}

// serve is [Canary.Predict] for who wants to know what became of the request.
func (e *epoch[In, Out]) serve(ctx context.Context, in *In, v *visit) (out Out, err error) {
	defer func() {
		switch v.progress {
		case accounted:
		case running:
			e.gate.unwound(v)
		default:
			e.recovered(ctx, in, v, &out, &err, recover() != nil)
		}
	}()
	if v.signal < len(e.slices) {
		e.slices.cut(v, *in)
	}
	key := ""
	if e.key != nil {
		key = e.key(ctx, *in)
	}
	switch e.gate.enter(v, key) {
	case toStable:
		out, err = e.primary(v.plan).Predict(ctx, *in)
		e.gate.stop(v)
	case toCandidate:
		if out, err = e.askCandidate(ctx, in, v); v.progress == accounted {
			return out, err
		}
	case toShadowed:
		return e.shadowed(ctx, in, v)
	default:
		return e.beside(ctx, *in, v.plan)
	}
	e.settle(ctx, v, in, &out, err)
	return out, err
}

// recovered goes on after a function of the application has panicked: without a slice the request is served as any other, without a key stable serves, without
// a signal the answer stands. If the function has ended the goroutine instead (runtime.Goexit) that counts alike, but there is nobody to go on for.
func (e *epoch[In, Out]) recovered(ctx context.Context, in *In, v *visit, out *Out, err *error, panicked bool) {
	switch v.progress {
	case answered:
		e.gate.ledger.ClearSignals(v.hold)
		e.gate.leave(v, ledger.OK)
		e.signals.trouble.Store(true)
		e.functionPanicked(e.signals.functions[v.signal])
	case slicing:
		e.functionPanicked(e.slices[v.signal].function)
		if panicked {
			v.cells = v.cells.With(v.signal, ledger.NoCell)
			v.signal++
			v.progress = keying
			*out, *err = e.serve(ctx, in, v)
		}
	default:
		e.keyPanics.total.Add(1)
		if panicked {
			*out, *err = e.serveKeyless(ctx, in, v)
		}
	}
}

// beside answers a request that is not recorded here: the canary is closed, or its preflight is under way.
func (e *epoch[In, Out]) beside(ctx context.Context, in In, plan *keeper.Plan) (Out, error) {
	if plan.Rehearsal {
		return e.preflight.canary.Predict(ctx, in)
	}
	return e.primary(plan).Predict(ctx, in)
}

// primary is the model that serves whoever is not the candidate's.
func (e *epoch[In, Out]) primary(plan *keeper.Plan) Predictor[In, Out] {
	if plan.Promoted {
		return e.promoted
	}
	return e.stable
}

// serveKeyless answers with stable after the key function has panicked.
func (e *epoch[In, Out]) serveKeyless(ctx context.Context, in *In, v *visit) (out Out, err error) {
	if v.plan = e.gate.plan.Load(); v.plan.Aside {
		v.progress = accounted
		return e.beside(ctx, *in, v.plan)
	}
	e.gate.enterKeyless(v, keeper.KeyFailed)
	defer func() {
		switch v.progress {
		case accounted:
		case running:
			e.gate.unwound(v)
		default:
			e.recovered(ctx, in, v, &out, &err, recover() != nil)
		}
	}()
	out, err = e.primary(v.plan).Predict(ctx, *in)
	e.gate.stop(v)
	e.settle(ctx, v, in, &out, err)
	return out, err
}

// settle ends a timed call of the assigned arm.
func (e *epoch[In, Out]) settle(ctx context.Context, v *visit, in *In, out *Out, err error) {
	if err != nil {
		e.refuse(ctx, v, err)
		return
	}
	if v.hold.Held() && !e.plain {
		e.signals.measure(&e.gate, v, *in, *out)
	}
	e.gate.leave(v, ledger.OK)
}

// refuse ends a timed call that returned an error to the caller.
func (e *epoch[In, Out]) refuse(ctx context.Context, v *visit, err error) {
	outcome := v.classify(ctx, err)
	if outcome == ledger.Cancelled {
		e.gate.leave(v, outcome)
		return
	}
	e.gate.fail(v, outcome, err, false)
}

// askCandidate calls the candidate. If it answers, its answer is timed and not settled yet; if it fails, stable has answered; if the caller has left, the
// candidate's error is the answer.
func (e *epoch[In, Out]) askCandidate(ctx context.Context, in *In, v *visit) (out Out, err error) {
	var ending isolate.Ending
	v.progress = accounted // whatever happens until there is an answer is accounted for here
	if e.pool != nil {
		out, err, ending = e.isolated(ctx, in, v)
	} else {
		out, err, ending = e.inline(ctx, in, v)
	}
	if ending != isolate.Returned {
		return e.fallBack(ctx, in, v, endings[ending], nil)
	}
	if err == nil {
		v.progress = answered
		return out, nil
	}
	if e.loader != nil && errors.Is(err, lifecycle.ErrNotReady) { // a plan older than the cool-down: nobody's harm
		return e.fallBack(ctx, in, v, ledger.Cancelled, nil)
	}
	outcome := v.classify(ctx, err)
	v.progress = accounted
	if outcome == ledger.Cancelled {
		e.gate.leave(v, outcome)
		return out, err
	}
	if e.gate.rehearsal != nil { // stable has answered; it must not be asked again
		e.gate.fail(v, outcome, err, false)
		return out, err
	}
	return e.fallBack(ctx, in, v, outcome, err)
}

// endings are the outcomes of candidate calls by the way they ended.
var endings = [...]ledger.Outcome{
	isolate.Returned:  ledger.OK,
	isolate.Panicked:  ledger.Panic,
	isolate.Exited:    ledger.Goexit,
	isolate.TimedOut:  ledger.Timeout,
	isolate.Saturated: ledger.Timeout,
}

// isolated runs the candidate on a goroutine of the pool. Its latency is that of the call itself: the way to the other goroutine and back is ours.
func (e *epoch[In, Out]) isolated(ctx context.Context, in *In, v *visit) (out Out, err error, ending isolate.Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	out, took, err, ending := e.pool.Call(ctx, *in)
	v.latency = int64(took)
	if took == 0 {
		v.latency = e.gate.now() - v.start
	}
	return out, err, ending
}

// inline runs the candidate on the caller's goroutine. A Goexit of the candidate ends that, as in a direct call.
func (e *epoch[In, Out]) inline(ctx context.Context, in *In, v *visit) (out Out, err error, ending isolate.Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	ending = isolate.Exited
	defer func() {
		v.latency = e.gate.now() - v.start
		if ending == isolate.Returned {
			return
		}
		if recover() != nil {
			ending = isolate.Panicked
			return
		}
		e.gate.fail(v, ledger.Goexit, nil, false)
	}()
	out, err = e.candidate.Predict(ctx, *in)
	ending = isolate.Returned
	return out, err, ending
}

// fallBack answers with stable, once, after the candidate has failed. The slot stays the candidate's. The failure is nil where there is no error.
func (e *epoch[In, Out]) fallBack(ctx context.Context, in *In, v *visit, outcome ledger.Outcome, failure error) (out Out, err error) {
	v.fallback = true
	stableAnswered := false
	defer func() { e.gate.fail(v, outcome, failure, stableAnswered) }()
	out, err = e.stable.Predict(ctx, *in)
	stableAnswered = err == nil
	return out, err
}

// classify says what the error of a model means. A caller that has left, or whose own deadline has passed, is not the model's harm.
func (v *visit) classify(ctx context.Context, err error) (outcome ledger.Outcome) {
	outcome = ledger.Error
	v.progress = running             // methods of a context or an error are the application's code: they may end the goroutine,
	defer func() { _ = recover() }() // or panic
	if ctx != nil && ctx.Err() != nil {
		return ledger.Cancelled
	}
	if errors.Is(err, context.DeadlineExceeded) {
		outcome = ledger.Timeout
	}
	return outcome
}
