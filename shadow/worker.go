package shadow

import (
	"time"
)

const (
	// poll is the time between two looks for work while there is some, or for a free processor.
	poll = 250 * time.Microsecond
	// pollIdle bounds it when there is none.
	pollIdle = 10 * time.Millisecond
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
	for wait := poll; ; wait = min(2*wait, pollIdle) {
		stop, stays := r.seat()
		if !stays {
			return false
		}
		for r.ring.pop(e) {
			reason, admitted := r.admitted(e.at, timer, stop)
			if admitted {
				r.room.Add(-1)
				r.account.started.Add(1)
				return true
			}
			r.release(e, reason)
			wait = poll / 2
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
	for {
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
		sleep(timer, poll, stop)
	}
}

// admit starts a shadow, if so few requests are with the models that a processor is free.
func (r *Runner[In, Out]) admit() bool {
	beside := int(r.running.Add(1)) - 1
	mayHang := beside+int(r.hung.Load()) < r.cfg.MaxAbandoned // whatever runs may yet do so
	if mayHang && (r.limit == Ungated || beside <= r.limit && !r.host.Busy(r.limit-beside)) {
		return true
	}
	r.running.Add(-1)
	return false
}

func sleep(timer *time.Timer, d time.Duration, stop <-chan struct{}) {
	timer.Reset(d)
	select {
	case <-timer.C:
	case <-stop:
	}
}
