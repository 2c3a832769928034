package shadow

import (
	"time"
)

const (
	// pollRing is the time between two looks for work while there is some, pollIdle what it grows to when there is none.
	pollRing = 250 * time.Microsecond
	pollIdle = 10 * time.Millisecond
	// pollGate is the time between two looks for a free processor for a request that waits; it grows to pollShut, as processors that have been busy for long will stay so.
	// Moments in which nobody is with the models are about as short as a model's call: with 250 us a quarter of the shadows ran at half load, with 50 us 40 % did.
	pollGate = 50 * time.Microsecond
	pollShut = 500 * time.Microsecond
)

// work is the goroutine of a worker.
func (r *Runner[In, Out]) work() {
	defer r.gone()
	r.serve()
}

// serve takes one shadow after the other, until the rate is 0, or until another goroutine has taken over the seat.
func (r *Runner[In, Out]) serve() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		x := new(run[In, Out])
		if !r.next(&x.entry, timer) || !r.shadow(x) {
			return
		}
	}
}

// next waits for a request that may have its shadow now. false: the rate is 0, and the seat is given up.
func (r *Runner[In, Out]) next(e *entry[In, Out], timer *time.Timer) bool {
	for wait := pollRing; ; wait = min(2*wait, pollIdle) {
		stop, stays := r.seat()
		if !stays {
			return false
		}
		for r.ring.pop(e) {
			reason, admitted := r.admitted(e.at.Add(e.stable.Duration), timer, stop)
			if admitted {
				r.room.Add(-1)
				r.account.started.Add(1)
				return true
			}
			r.release(e, reason)
			wait = pollRing / 2
		}
		sleep(timer, wait, stop)
	}
}

// seat says whether the worker stays, and until when it may sleep.
func (r *Runner[In, Out]) seat() (stop <-chan struct{}, stays bool) {
	r.mu.Lock()
	if stays = r.rate > 0; !stays {
		r.seats--
	}
	stop = r.stop
	r.look()
	r.mu.Unlock()
	if !stays {
		r.drain()
	}
	return stop, stays
}

// admitted waits until a processor is free for a shadow that has waited since a time. Whoever is admitted is running.
func (r *Runner[In, Out]) admitted(since time.Time, timer *time.Timer, stop <-chan struct{}) (Reason, bool) {
	for pause := pollGate; ; pause = min(pause+pause/8, pollShut) {
		select {
		case <-stop:
			return Stopped, false
		default:
		}
		switch {
		case r.hung.Load() >= int64(r.cfg.MaxAbandoned):
			return Abandoned, false
		case time.Since(since) > r.cfg.TTL:
			return Expired, false
		case r.admit():
			return 0, true
		}
		sleep(timer, pause, stop)
	}
}

// admit starts a shadow, if so few requests are with the models that a processor is free.
func (r *Runner[In, Out]) admit() bool {
	beside := int(r.running.Add(1)) - 1
	mayHang := beside+int(r.hung.Load()) < r.cfg.MaxAbandoned // whatever runs may yet do so
	if mayHang && (r.limit == Ungated || r.spare(beside)) {
		return true
	}
	r.running.Add(-1)
	return false
}

// spare says whether a processor is free beside other shadows: at once, and when whoever waits for this one has had it. A thread that was woken to read a request may be in
// the kernel's queue behind this one, for milliseconds even though another processor is idle, and until it runs nobody knows of the request.
func (r *Runner[In, Out]) spare(beside int) bool {
	if beside > r.limit || r.host.Busy(r.limit-beside) {
		return false
	}
	r.yield()
	return !r.host.Busy(r.limit - beside)
}

func sleep(timer *time.Timer, d time.Duration, stop <-chan struct{}) {
	timer.Reset(d)
	select {
	case <-timer.C:
	case <-stop:
	}
}
