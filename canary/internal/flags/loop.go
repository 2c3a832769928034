package flags

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// spacing is the least time from the end of one evaluation to the start of the next, so that a storm of events cannot
// keep a processor busy.
const spacing = 10 * time.Millisecond

// loop is the reader's goroutine: all that decides when to evaluate and what the outcome means. It calls the client
// only through evaluations on goroutines of their own, of which there is never more than one.
type loop struct {
	*Reader
	evaluator evaluator
	holding   holding
	warned    warned

	wake   *time.Timer // time for the next evaluation
	budget *time.Timer // the evaluation under way has used up its budget
	expiry *time.Timer // the share in force was held for long enough

	outcomes chan outcome
	pending  chan struct{}      // closed when the evaluation under way has ended; nil when none is
	cancel   context.CancelFunc // of the evaluation under way
	asked    time.Time          // when it began
	late     bool               // it is over budget: its outcome will be thrown away
	ended    time.Time          // when the evaluation before it ended
}

func newLoop(r *Reader) *loop {
	return &loop{
		Reader:    r,
		evaluator: evaluator{client: r.cfg.Client, flag: r.cfg.Flag},
		holding:   holding{hold: r.cfg.Hold},
		wake:      idleTimer(),
		budget:    idleTimer(),
		expiry:    idleTimer(),
		outcomes:  make(chan outcome, 1),
	}
}

func (l *loop) run() {
	defer l.end()
	l.begin()
	for {
		select {
		case <-l.stop:
			return
		case <-l.hinted():
			l.hurry()
		case <-l.wake.C:
			l.begin()
		case out := <-l.outcomes:
			l.finish(out)
		case <-l.budget.C:
			l.giveUp()
		case <-l.expiry.C:
			l.expire()
		}
	}
}

// hinted is the hint to wait for. During an evaluation it waits its turn: the evaluation may have read the old value.
func (l *loop) hinted() <-chan struct{} {
	if l.pending != nil {
		return nil
	}
	return l.hints
}

// hurry evaluates now, or as soon as the spacing allows.
func (l *loop) hurry() {
	if left := spacing - time.Since(l.ended); left > 0 {
		l.wake.Reset(left)
		return
	}
	l.begin()
}

// begin starts the only evaluation: nothing else begins one until it has ended.
func (l *loop) begin() {
	l.wake.Stop()
	l.budget.Reset(l.cfg.Budget)
	l.asked, l.late = time.Now(), false
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.Budget)
	pending := make(chan struct{})
	l.cancel, l.pending = cancel, pending
	go func() {
		defer close(pending)
		l.evaluator.evaluate(ctx, l.outcomes)
	}()
}

// finish takes the outcome of the evaluation under way and plans the next one. Over budget is over budget, even if
// the timer lost the race.
func (l *loop) finish(out outcome) {
	l.cancel()
	l.budget.Stop()
	l.pending = nil
	l.ended = time.Now()
	l.wake.Reset(max(l.cfg.Poll-l.ended.Sub(l.asked), spacing))
	switch {
	case l.late:
	case l.ended.Sub(l.asked) >= l.cfg.Budget:
		l.settle(l.overrun())
	default:
		l.settle(out)
	}
}

// giveUp counts the evaluation under way as hung. It stays the only one until it ends.
func (l *loop) giveUp() {
	l.late = true
	l.cancel()
	l.settle(l.overrun())
}

func (l *loop) overrun() outcome {
	return l.evaluator.failure(Timeout, context.DeadlineExceeded, fmt.Sprintf("evaluation took longer than %v", l.cfg.Budget))
}

// settle makes an outcome the reading.
func (l *loop) settle(out outcome) {
	now := time.Now()
	l.counts[out.kind].Add(1)
	l.holding.take(out, l.asked, now)
	l.watch(now)
	stored := l.publish(Reading{
		Share:     l.holding.share,
		Err:       out.err,
		Kind:      out.kind,
		Reason:    out.reason,
		Variant:   out.variant,
		Confirmed: l.holding.confirmed,
		At:        now,
	})
	if stored && out.kind == OK && l.warned.first(out.percent) {
		l.warn(OK, fmt.Errorf("flags: %q value %v is read as percent; for a share of %v set %.4g",
			l.cfg.Flag, out.percent, out.percent, 100*out.percent))
	}
}

// watch waits for the end of the hold, if there is something to hold.
func (l *loop) watch(now time.Time) {
	l.expiry.Stop()
	if l.holding.share > 0 {
		l.expiry.Reset(l.holding.left(now))
	}
}

// expire ends the hold. If the last evaluation was good, nobody has asked since: the process did not run.
func (l *loop) expire() {
	now := time.Now()
	if !l.holding.expire(now) {
		return
	}
	next := l.Reading()
	next.Share, next.At = 0, now
	if next.Kind == OK {
		out := l.evaluator.failure(Stale, nil, fmt.Sprintf("value was not confirmed for %v", l.cfg.Hold))
		next.Kind, next.Err = out.kind, out.err
	}
	l.publish(next)
}

// publish stores the reading and tells whoever acts on it; the share first, words after. It reports false when Close
// was faster: what it has stored is the last word.
func (l *loop) publish(next Reading) bool {
	last := l.reading.Load()
	if last.Kind == Closed || !l.reading.CompareAndSwap(last, &next) {
		return false
	}
	if l.cfg.Changed != nil && next.differs(*last) {
		l.guard(Callback, l.cfg.Changed)
	}
	if next.Kind != OK && next.Kind != last.Kind {
		l.warn(next.Kind, next.Err)
	}
	l.announce()
	return true
}

func (l *loop) warn(kind Kind, err error) {
	if l.cfg.Warn != nil {
		l.guard(Callback, func() { l.cfg.Warn(kind, err) })
	}
}

// announce closes the channel of First, once.
func (l *loop) announce() {
	select {
	case <-l.first:
	default:
		close(l.first)
	}
}

// end leaves a share of 0 behind, also when a callback has ended the goroutine.
func (l *loop) end() {
	l.wake.Stop()
	l.budget.Stop()
	l.expiry.Stop()
	l.close()
	l.rest = l.remaining()
	l.announce()
	close(l.looped)
}

// remaining cancels the evaluation under way and returns the channel that is closed when it has ended.
func (l *loop) remaining() <-chan struct{} {
	if l.pending == nil {
		l.pending = make(chan struct{})
		close(l.pending)
	} else {
		l.cancel()
	}
	return l.pending
}

// idleTimer returns a timer that waits for its first Reset.
func idleTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// warned remembers the values below 1 percent that were warned about. It stops when it is full: a value that changes
// all the time is not a mistake somebody made once.
type warned []float64

// first reports whether percent is strictly between 0 and 1 and has not been warned about.
func (w *warned) first(percent float64) bool {
	if percent <= 0 || percent >= 1 || len(*w) == 64 {
		return false
	}
	if slices.Contains(*w, percent) {
		return false
	}
	*w = append(*w, percent)
	return true
}
