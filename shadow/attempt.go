package shadow

import (
	"sync/atomic"
	"time"
)

// ending is how a call of somebody else's code has ended.
type ending uint8

const (
	returned ending = iota
	panicked
	exited    // by runtime.Goexit
	abandoned // it hangs
)

// attempt calls f, which may do anything, and then goes on with how that ended: on this goroutine, or on another one when f has ended it or does not return in time. It reports
// whether this goroutine still has its seat; otherwise it must end. What f writes must not be read when it was abandoned.
func (r *Runner[In, Out]) attempt(f func(), then func(ending) bool) bool {
	var settled atomic.Bool
	claim := func() bool { return settled.CompareAndSwap(false, true) }
	timer := time.AfterFunc(r.cfg.Timeout+min(r.cfg.Timeout, grace), func() {
		if claim() {
			r.hung.Add(1)
			r.born()
			r.takeOver(then, abandoned)
		}
	})
	how := contain(f, func() {
		timer.Stop()
		if !claim() {
			r.returnedLate()
			return
		}
		r.born()
		go r.takeOver(then, exited)
	})
	timer.Stop()
	if !claim() {
		r.returnedLate()
		return false
	}
	return then(how)
}

// grace is what a call that minds its context may take after that has ended.
const grace = 100 * time.Millisecond

// contain calls f; if that ends the goroutine, last is the last thing it does.
func contain(f, last func()) (how ending) {
	how = exited
	defer func() {
		switch {
		case how == returned:
		case recover() != nil:
			how = panicked
		default:
			last()
		}
	}()
	f()
	how = returned
	return how
}

// takeOver goes on in the place of a goroutine that is lost.
func (r *Runner[In, Out]) takeOver(then func(ending) bool, how ending) {
	defer r.gone()
	if then(how) {
		r.serve()
	}
}

// returnedLate notes the end of a call that was abandoned.
func (r *Runner[In, Out]) returnedLate() {
	r.hung.Add(-1)
	r.account.late.Add(1)
}

// born says that a goroutine of the runner begins.
func (r *Runner[In, Out]) born() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live++
}
