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
	var v visit
	defer func() {
		if v.progress == accounted {
			return
		}
		if v.progress == running {
			c.gate.unwound(&v)
			return
		}
		c.recovered(ctx, &in, &v, &out, &err, recover() != nil)
	}()
	if len(c.slices) > 0 {
		c.slices.cut(&v, in)
	}
	key := ""
	if c.key != nil {
		key = c.key(ctx, in)
	}
	switch c.gate.enter(&v, key) {
	case toStable:
		out, err = c.primary(v.plan).Predict(ctx, in)
		if c.plain && err == nil {
			c.gate.stopAndLeave(&v)
			return out, nil
		}
		c.gate.stop(&v)
	case toCandidate:
		if out, err = c.askCandidate(ctx, &in, &v); v.progress == accounted {
			return out, err
		}
	default:
		return c.beside(ctx, in, v.plan)
	}
	if err == nil && v.hold.Held() {
		c.signals.measure(&c.gate, &v, in, out)
		c.gate.leave(&v, ledger.OK)
		return out, nil
	}
	c.settle(ctx, &v, &in, &out, err)
	return out, err
}

// serve is [Canary.Predict] for who wants to know what became of the request.
func (c *Canary[In, Out]) serve(ctx context.Context, in *In, v *visit) (out Out, err error) {
	defer func() {
		switch v.progress {
		case accounted:
		case running:
			c.gate.unwound(v)
		default:
			c.recovered(ctx, in, v, &out, &err, recover() != nil)
		}
	}()
	if v.signal < len(c.slices) {
		c.slices.cut(v, *in)
	}
	key := ""
	if c.key != nil {
		key = c.key(ctx, *in)
	}
	switch c.gate.enter(v, key) {
	case toStable:
		out, err = c.primary(v.plan).Predict(ctx, *in)
		c.gate.stop(v)
	case toCandidate:
		if out, err = c.askCandidate(ctx, in, v); v.progress == accounted {
			return out, err
		}
	default:
		return c.beside(ctx, *in, v.plan)
	}
	c.settle(ctx, v, in, &out, err)
	return out, err
}

// recovered goes on after a function of the application has panicked: without a slice the request is served as any other, without a key stable serves, without
// a signal the answer stands. If the function has ended the goroutine instead (runtime.Goexit) that counts alike, but there is nobody to go on for.
func (c *Canary[In, Out]) recovered(ctx context.Context, in *In, v *visit, out *Out, err *error, panicked bool) {
	switch v.progress {
	case answered:
		c.gate.ledger.ClearSignals(v.hold)
		c.gate.leave(v, ledger.OK)
		c.signals.trouble.Store(true)
		c.functionPanicked(c.signals.functions[v.signal])
	case slicing:
		c.functionPanicked(c.slices[v.signal].function)
		if panicked {
			v.cells = v.cells.With(v.signal, ledger.NoCell)
			v.signal++
			v.progress = keying
			*out, *err = c.serve(ctx, in, v)
		}
	default:
		c.keyPanics.total.Add(1)
		if panicked {
			*out, *err = c.serveKeyless(ctx, in, v)
		}
	}
}

// beside answers a request that is not recorded here: the canary is closed, or its preflight is under way.
func (c *Canary[In, Out]) beside(ctx context.Context, in In, plan *keeper.Plan) (Out, error) {
	if plan.Rehearsal {
		return c.preflight.canary.Predict(ctx, in)
	}
	return c.primary(plan).Predict(ctx, in)
}

// primary is the model that serves whoever is not the candidate's.
func (c *Canary[In, Out]) primary(plan *keeper.Plan) Predictor[In, Out] {
	if plan.Promoted {
		return c.promoted
	}
	return c.stable
}

// serveKeyless answers with stable after the key function has panicked.
func (c *Canary[In, Out]) serveKeyless(ctx context.Context, in *In, v *visit) (out Out, err error) {
	if v.plan = c.gate.plan.Load(); v.plan.Aside {
		v.progress = accounted
		return c.beside(ctx, *in, v.plan)
	}
	c.gate.enterKeyless(v, keeper.KeyFailed)
	defer func() {
		switch v.progress {
		case accounted:
		case running:
			c.gate.unwound(v)
		default:
			c.recovered(ctx, in, v, &out, &err, recover() != nil)
		}
	}()
	out, err = c.primary(v.plan).Predict(ctx, *in)
	c.gate.stop(v)
	c.settle(ctx, v, in, &out, err)
	return out, err
}

// settle ends a timed call of the assigned arm.
func (c *Canary[In, Out]) settle(ctx context.Context, v *visit, in *In, out *Out, err error) {
	if err != nil {
		c.refuse(ctx, v, err)
		return
	}
	if v.hold.Held() && !c.plain {
		c.signals.measure(&c.gate, v, *in, *out)
	}
	c.gate.leave(v, ledger.OK)
}

// refuse ends a timed call that returned an error to the caller.
func (c *Canary[In, Out]) refuse(ctx context.Context, v *visit, err error) {
	outcome := v.classify(ctx, err)
	if outcome == ledger.Cancelled {
		c.gate.leave(v, outcome)
		return
	}
	c.gate.fail(v, outcome, err, false)
}

// askCandidate calls the candidate. If it answers, its answer is timed and not settled yet; if it fails, stable has answered; if the caller has left, the
// candidate's error is the answer.
func (c *Canary[In, Out]) askCandidate(ctx context.Context, in *In, v *visit) (out Out, err error) {
	var ending isolate.Ending
	v.progress = accounted // whatever happens until there is an answer is accounted for here
	if c.pool != nil {
		out, err, ending = c.isolated(ctx, in, v)
	} else {
		out, err, ending = c.inline(ctx, in, v)
	}
	if ending != isolate.Returned {
		return c.fallBack(ctx, in, v, endings[ending], nil)
	}
	if err == nil {
		v.progress = answered
		return out, nil
	}
	if c.loader != nil && errors.Is(err, lifecycle.ErrNotReady) { // a plan older than the cool-down: nobody's harm
		return c.fallBack(ctx, in, v, ledger.Cancelled, nil)
	}
	outcome := v.classify(ctx, err)
	v.progress = accounted
	if outcome == ledger.Cancelled {
		c.gate.leave(v, outcome)
		return out, err
	}
	if c.gate.rehearsal != nil { // stable has answered; it must not be asked again
		c.gate.fail(v, outcome, err, false)
		return out, err
	}
	return c.fallBack(ctx, in, v, outcome, err)
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
func (c *Canary[In, Out]) isolated(ctx context.Context, in *In, v *visit) (out Out, err error, ending isolate.Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	out, took, err, ending := c.pool.Call(ctx, *in)
	v.latency = int64(took)
	if took == 0 {
		v.latency = c.gate.now() - v.start
	}
	return out, err, ending
}

// inline runs the candidate on the caller's goroutine. A Goexit of the candidate ends that, as in a direct call.
func (c *Canary[In, Out]) inline(ctx context.Context, in *In, v *visit) (out Out, err error, ending isolate.Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	ending = isolate.Exited
	defer func() {
		v.latency = c.gate.now() - v.start
		if ending == isolate.Returned {
			return
		}
		if recover() != nil {
			ending = isolate.Panicked
			return
		}
		c.gate.fail(v, ledger.Goexit, nil, false)
	}()
	out, err = c.candidate.Predict(ctx, *in)
	ending = isolate.Returned
	return out, err, ending
}

// fallBack answers with stable, once, after the candidate has failed. The slot stays the candidate's. The failure is nil where there is no error.
func (c *Canary[In, Out]) fallBack(ctx context.Context, in *In, v *visit, outcome ledger.Outcome, failure error) (out Out, err error) {
	v.fallback = true
	stableAnswered := false
	defer func() { c.gate.fail(v, outcome, failure, stableAnswered) }()
	out, err = c.stable.Predict(ctx, *in)
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
