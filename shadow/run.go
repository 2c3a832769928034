package shadow

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// run is one shadow: the candidate, perhaps stable once more, the comparison, and the way of the pair to its takers. Each part may panic, hang or end its goroutine.
type run[In, Out any] struct {
	entry[In, Out]
	pair  Pair[In, Out]
	rerun bool
	again In // the input for stable
}

// shadow runs the candidate on a request that was admitted. false: this goroutine has lost its seat to another one, which goes on.
func (r *Runner[In, Out]) shadow(x *run[In, Out]) bool {
	x.rerun = r.cfg.Rerun > 0 && rand.Float64() < r.cfg.Rerun
	x.again = x.input
	if !x.rerun || r.cfg.Clone == nil {
		return r.askCandidate(x)
	}
	var again In
	return r.attempt(func() { again = r.cfg.Clone(x.input) }, func(how ending) bool { // the candidate may change its own
		if how != returned {
			r.guards[guardClone].fail()
			r.running.Add(-1)
			return r.lose(x)
		}
		x.again = again
		return r.askCandidate(x)
	})
}

func (r *Runner[In, Out]) askCandidate(x *run[In, Out]) bool {
	answer := new(Answer[Out])
	return r.attempt(func() { r.call(r.host.Candidate, x.input, x.trace, answer) }, func(how ending) bool {
		r.running.Add(-1)
		if r.ctx.Err() != nil {
			return r.leave(x, Stopped)
		}
		x.pair.Candidate = r.settled(how, answer)
		if how == abandoned && r.cfg.Clone != nil { // that call still has it
			x.input = x.again
			if !x.rerun {
				var none In
				x.input = none
			}
		}
		return r.askStable(x)
	})
}

// askStable asks stable the same input again, if that was drawn and a processor is free soon enough.
func (r *Runner[In, Out]) askStable(x *run[In, Out]) bool {
	if !x.rerun {
		return r.compare(x)
	}
	r.mu.Lock()
	stop := r.stop
	r.mu.Unlock()
	timer := time.NewTimer(time.Hour)
	_, admitted := r.admitted(time.Now(), timer, stop)
	timer.Stop()
	if !admitted {
		r.account.rerunsDropped.Add(1)
		return r.compare(x)
	}
	answer := new(Answer[Out])
	return r.attempt(func() { r.call(r.host.Stable, x.again, x.trace, answer) }, func(how ending) bool {
		r.running.Add(-1)
		if r.ctx.Err() != nil {
			return r.leave(x, Stopped)
		}
		again := r.settled(how, answer)
		x.pair.Rerun = &again
		return r.compare(x)
	})
}

// call asks a model, with a context that holds nothing of the request but a link to its span.
func (r *Runner[In, Out]) call(model func(context.Context, In) (Out, error), in In, of trace.SpanContext, a *Answer[Out]) {
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.Timeout)
	defer cancel()
	if r.host.Tracer != nil {
		options := []trace.SpanStartOption{trace.WithNewRoot()}
		if of.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: of}))
		}
		var span trace.Span
		ctx, span = r.host.Tracer.Start(ctx, "model_canary.shadow", options...)
		defer span.End()
	}
	began := time.Now()
	a.Outcome = Panic
	defer func() { a.Duration = time.Since(began) }()
	out, err := model(ctx, in)
	switch {
	case err == nil:
		a.Output, a.Outcome = out, OK
	case ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		a.Err, a.Outcome = err, Timeout
	default:
		a.Err, a.Outcome = err, Error
	}
}

// settled is the answer of a call that has ended somehow. What was abandoned may still be written to.
func (r *Runner[In, Out]) settled(how ending, a *Answer[Out]) Answer[Out] {
	switch how {
	case returned:
		return *a
	case panicked:
		return Answer[Out]{Outcome: Panic, Duration: a.Duration}
	case exited:
		return Answer[Out]{Outcome: Goexit, Duration: a.Duration}
	default:
		return Answer[Out]{Outcome: Timeout, Duration: r.cfg.Timeout}
	}
}

// compare compares the answers.
func (r *Runner[In, Out]) compare(x *run[In, Out]) bool {
	p := &x.pair
	p.Tag, p.At, p.Trace, p.Input, p.Stable = x.tag, x.at, x.trace, x.input, x.stable
	p.Quadrant = quadrantOf(p.Stable.Outcome, p.Candidate.Outcome)
	p.Distance, p.RerunDistance = math.NaN(), math.NaN()
	if r.guards[guardCompare].off() {
		return r.lose(x)
	}
	var found Pair[In, Out]
	return r.attempt(func() {
		found.Differs, found.Distance = r.against(&p.Stable, &p.Candidate)
		if p.Rerun != nil {
			found.RerunDiffers, found.RerunDistance = r.against(&p.Stable, p.Rerun)
		}
	}, func(how ending) bool {
		if how != returned {
			r.guards[guardCompare].fail()
			return r.lose(x)
		}
		r.guards[guardCompare].ok()
		p.Differs, p.Distance = found.Differs, found.Distance
		if p.Rerun != nil {
			p.RerunDiffers, p.RerunDistance = found.RerunDiffers, found.RerunDistance
		}
		return r.hand(x)
	})
}

// against compares an answer with stable's. An answer differs from none, and of two failures neither is an answer.
func (r *Runner[In, Out]) against(stable, other *Answer[Out]) (differs bool, distance float64) {
	switch quadrantOf(stable.Outcome, other.Outcome) {
	case BothAnswered:
		return r.differ(stable.Output, other.Output)
	case NeitherAnswered:
		return false, math.NaN()
	default:
		return true, math.NaN()
	}
}

func quadrantOf(stable, candidate Outcome) Quadrant {
	switch {
	case stable == OK && candidate == OK:
		return BothAnswered
	case stable == OK:
		return OnlyStableAnswered
	case candidate == OK:
		return OnlyCandidateAnswered
	default:
		return NeitherAnswered
	}
}

// hand gives the pair to the host and to the log.
func (r *Runner[In, Out]) hand(x *run[In, Out]) bool {
	r.account.pair(x.pair.Quadrant, x.pair.Differs, x.pair.Rerun != nil, x.pair.RerunDiffers)
	if r.host.OnPair == nil && r.cfg.Log == nil {
		return r.finish(x)
	}
	var which atomic.Int32 // of the guards
	which.Store(guardHost)
	return r.attempt(func() {
		if r.host.OnPair != nil {
			r.host.OnPair(&x.pair)
		}
		if r.cfg.Log == nil || r.guards[guardLog].off() {
			return
		}
		which.Store(guardLog)
		record := r.record(&x.pair)
		if r.host.Describe != nil {
			r.host.Describe(&x.pair, record)
		}
		r.guards[guardLog].ok()
		r.cfg.Log.Put(record)
	}, func(how ending) bool {
		if how != returned {
			r.guards[which.Load()].fail()
		}
		return r.finish(x)
	})
}

// record is what the log may have of a pair.
func (r *Runner[In, Out]) record(p *Pair[In, Out]) *pairlog.Record {
	record := &pairlog.Record{
		Time: p.At, Rate: r.effective(), Differs: p.Differs, RerunDiffers: p.RerunDiffers, Distance: p.Distance, RerunDistance: p.RerunDistance,
		Stable: r.logged(&p.Stable), Candidate: r.logged(&p.Candidate),
	}
	if p.Trace.HasTraceID() {
		record.Trace = p.Trace.TraceID().String()
	}
	if r.cfg.RedactInput != nil {
		record.Input = r.cfg.RedactInput(p.Input)
	}
	if p.Rerun != nil {
		again := r.logged(p.Rerun)
		record.Rerun = &again
	}
	return record
}

func (r *Runner[In, Out]) logged(a *Answer[Out]) pairlog.Answer {
	logged := pairlog.Answer{Outcome: a.Outcome.String(), Duration: a.Duration}
	switch {
	case a.Outcome != OK:
	case r.cfg.Redact != nil:
		logged.Output = r.cfg.Redact(a.Output)
	case r.cfg.SafeOutputs:
		logged.Output = a.Output
	}
	return logged
}

// lose ends a shadow that a function of the configuration has spoilt.
func (r *Runner[In, Out]) lose(x *run[In, Out]) bool { return r.leave(x, Callback) }

// leave ends a shadow without a pair.
func (r *Runner[In, Out]) leave(x *run[In, Out], reason Reason) bool {
	r.drop(x.tag, reason)
	return r.finish(x)
}

func (r *Runner[In, Out]) finish(x *run[In, Out]) bool {
	r.bytes.Add(-x.bytes)
	return true
}
