package canary

import (
	"context"
	"errors"

	"github.com/modelcanary/go-sdk/canary/internal/isolate"
	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
)

// This file is the request path: no lock, no allocation, no I/O, no wait but for the models themselves.
// Inputs, answers and visits go down by pointer and never further than to a copy: they stay on the caller's stack.

// serve answers a request. One defer does for everything that may be unwound.
func (c *Canary[In, Out]) serve(ctx context.Context, in *In, v *visit) (out Out, err error) {
	defer func() {
		if v.progress != accounted {
			c.unwound(ctx, in, v, &out, &err)
		}
	}()
	key := ""
	if c.key != nil {
		key = c.key(ctx, *in)
	}
	switch c.gate.enter(v, key) {
	case toCandidate:
		return c.serveCandidate(ctx, in, v)
	case past:
		return c.stable.Predict(ctx, *in)
	}
	out, err = c.stable.Predict(ctx, *in)
	c.settle(ctx, v, in, &out, err)
	return out, err
}

// unwound ends a call that is being unwound: the key function has panicked, and stable serves; or the model has panicked or ended its goroutine, or after the
// answer a signal function has, and the slot is settled while that goes on untouched.
func (c *Canary[In, Out]) unwound(ctx context.Context, in *In, v *visit, out *Out, err *error) {
	if v.progress != keying {
		c.gate.unwound(v)
		return
	}
	if recover() == nil {
		return // runtime.Goexit
	}
	c.keyPanics.total.Add(1)
	*out, *err = c.serveKeyless(ctx, in, v)
}

// serveKeyless answers with stable after the key function has panicked.
func (c *Canary[In, Out]) serveKeyless(ctx context.Context, in *In, v *visit) (out Out, err error) {
	c.gate.enterKeyless(v, keeper.KeyFailed)
	defer c.gate.unwound(v)
	out, err = c.stable.Predict(ctx, *in)
	c.settle(ctx, v, in, &out, err)
	return out, err
}

// serveCandidate answers with the candidate, or with stable when the candidate fails.
func (c *Canary[In, Out]) serveCandidate(ctx context.Context, in *In, v *visit) (out Out, err error) {
	ending := isolate.Returned
	if c.pool != nil {
		out, err, ending = c.isolated(ctx, in, v)
	} else {
		out, err, ending = c.inline(ctx, in, v)
	}
	outcome := endings[ending]
	if ending == isolate.Returned {
		if err == nil {
			c.measure(v, in, &out)
			c.gate.leave(v, ledger.OK, false)
			return out, nil
		}
		outcome = classify(ctx, err)
	}
	if outcome == ledger.Cancelled {
		c.gate.leave(v, outcome, false)
		return out, err
	}
	return c.fallBack(ctx, in, v, outcome)
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
	c.gate.stop(v)
	if took > 0 {
		v.latency = int64(took)
	}
	return out, err, ending
}

// inline runs the candidate on the caller's goroutine.
func (c *Canary[In, Out]) inline(ctx context.Context, in *In, v *visit) (out Out, err error, ending isolate.Ending) { //nolint:revive,staticcheck // the ending says how to read the error
	ending = isolate.Exited
	defer func() {
		if ending == isolate.Returned {
			return
		}
		c.gate.stop(v)
		if recover() != nil {
			ending = isolate.Panicked
			return
		}
		c.gate.leave(v, ledger.Goexit, false)
	}()
	out, err = c.candidate.Predict(ctx, *in)
	ending = isolate.Returned
	c.gate.stop(v)
	return out, err, ending
}

// fallBack answers with stable, once, after the candidate has failed. The slot stays the candidate's.
func (c *Canary[In, Out]) fallBack(ctx context.Context, in *In, v *visit, outcome ledger.Outcome) (out Out, err error) {
	v.fallback = true
	v.progress = accounted
	stableAnswered := false
	defer func() { c.gate.leave(v, outcome, stableAnswered) }()
	out, err = c.stable.Predict(ctx, *in)
	stableAnswered = err == nil
	return out, err
}

// settle ends a stable call that returned.
func (c *Canary[In, Out]) settle(ctx context.Context, v *visit, in *In, out *Out, err error) {
	if err == nil && !c.signals.any() {
		c.gate.stopAndLeave(v)
		return
	}
	c.gate.stop(v)
	if err != nil {
		c.gate.leave(v, classify(ctx, err), false)
		return
	}
	c.measure(v, in, out)
	c.gate.leave(v, ledger.OK, false)
}

// measure takes the signals of an answer.
func (c *Canary[In, Out]) measure(v *visit, in *In, out *Out) {
	if !v.hold.Held() || !c.signals.any() {
		return
	}
	if failed := c.signals.measure(c.gate.ledger, v.hold, in, out); failed != nil {
		c.signalPanicked(failed)
	}
}

// classify says what an error means. A caller that has left, or whose own deadline has passed, is not the model's harm.
func classify(ctx context.Context, err error) (outcome ledger.Outcome) {
	if ctx.Err() != nil {
		return ledger.Cancelled
	}
	outcome = ledger.Error
	defer func() { _ = recover() }() // methods of an error are the application's code
	if errors.Is(err, context.DeadlineExceeded) {
		outcome = ledger.Timeout
	}
	return outcome
}
