package pairlog

import (
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	flushEvery = time.Second
	flushSize  = 64 << 10
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	pruneEvery = time.Hour
)

// keeper is the goroutine of a [File]: all that concerns the disk.
type keeper struct {
	*File

	live handle // nil: not open
	size int64  // of live
	born time.Time

	buf  []byte // lines that are not written yet
	ends []int  // of each line in buf

	flushAt time.Time // zero while buf is empty
	retryAt time.Time // zero while live is open
	retry   time.Duration
	pruneAt time.Time

	finished int64 // bytes in finished files
	zip      *zipper
	zipAt    time.Time // zero: nothing to compress
}

func newKeeper(f *File) *keeper { return &keeper{File: f, retry: firstRetry} }

// run ends at once if the first opening fails and somebody still waits to hear of it.
func (k *keeper) run() {
	defer close(k.done)
	err := k.open()
	select {
	case k.opened <- err:
		if err != nil {
			return
		}
	case <-k.unheard:
		if err != nil {
			k.pause(err)
		}
	}
	k.tidy()
	k.rotateLarge()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(k.wait())
		select {
		case l := <-k.input():
			k.takeAll(l)
		case <-timer.C:
		case <-k.stop:
			k.result = k.finish()
			return
		}
		k.due()
	}
}

// input is the queue, unless its records would have to be dropped.
func (k *keeper) input() <-chan *line {
	if k.live == nil {
		return nil
	}
	return k.queue
}

// wait is how long nothing is due.
func (k *keeper) wait() time.Duration {
	next := k.pruneAt
	for _, at := range []time.Time{k.flushAt, k.retryAt, k.zipAt, k.expires()} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return max(0, time.Until(next))
}

// expires is when the live file is too old; zero if there is nothing in it.
func (k *keeper) expires() time.Time {
	if k.live == nil || k.size == 0 {
		return time.Time{}
	}
	return k.born.Add(k.cfg.MaxAge)
}

// due does what is.
func (k *keeper) due() {
	now := time.Now()
	is := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	if is(k.retryAt) {
		k.reopen()
	}
	if is(k.flushAt) {
		k.flush()
	}
	if is(k.expires()) {
		k.flush()
		k.rotate()
	}
	if is(k.pruneAt) {
		k.tidy()
	}
	if is(k.zipAt) {
		k.zipOn()
	}
}

// takeAll takes l and what else is there, up to a write.
func (k *keeper) takeAll(l *line) {
	for {
		k.take(l)
		if k.live == nil {
			return
		}
		select {
		case l = <-k.queue:
		default:
			return
		}
	}
}

func (k *keeper) take(l *line) {
	n := len(l.text)
	k.queued.Add(-int64(n))
	if k.size+int64(len(k.buf)+n) > k.cfg.MaxSize {
		k.flush()
		k.rotate()
	}
	if len(k.buf) == 0 {
		k.flushAt = time.Now().Add(flushEvery)
	}
	k.buf = append(k.buf, l.text...)
	k.ends = append(k.ends, len(k.buf))
	l.free()
	if len(k.buf) >= flushSize {
		k.flush()
	}
}

// flush writes what is in buf. Without a file it waits for one; what cannot be written is dropped.
func (k *keeper) flush() {
	if len(k.buf) == 0 || !k.ready() {
		return
	}
	if !k.affords(len(k.buf)) {
		k.dropFrom(0, overBudget)
		return
	}
	if k.size == 0 {
		k.born = time.Now()
	}
	whole, err := k.write()
	if err != nil {
		k.dropFrom(whole, k.pause(err)) // what of them is there nobody knows
		return
	}
	k.empty()
	k.retry = firstRetry
	k.state.well()
}

// ready sees to it that there is a file with room for what is in buf.
func (k *keeper) ready() bool {
	if k.live != nil {
		if err := k.ensure(); err != nil {
			k.pause(err)
			return false
		}
		if k.size+int64(len(k.buf)) > k.cfg.MaxSize {
			k.rotate()
		}
	}
	if k.live == nil {
		k.flushAt = k.retryAt
	}
	return k.live != nil
}

// write writes buf and returns how many of its lines are written whole.
func (k *keeper) write() (whole int, err error) {
	over := k.state.during("write")
	n, err := k.live.Write(k.buf)
	over()
	if n = min(max(n, 0), len(k.buf)); err == nil && n < len(k.buf) {
		err = io.ErrShortWrite
	}
	k.size += int64(n)
	for whole < len(k.ends) && k.ends[whole] <= n {
		whole++
	}
	if whole > 0 {
		k.tally.written.Add(int64(whole))
		k.tally.bytes.Add(int64(k.ends[whole-1]))
	}
	return whole, err
}

// pause gives up the file for a while. What is in buf waits.
func (k *keeper) pause(err error) reason {
	why := k.state.ill(err)
	k.abandon()
	k.retryAt = time.Now().Add(k.retry)
	k.retry = min(2*k.retry, lastRetry)
	return why
}

// dropFrom drops the lines in buf but for the first ones, which were written.
func (k *keeper) dropFrom(whole int, why reason) {
	k.tally.drop(why, len(k.ends)-whole)
	k.empty()
}

func (k *keeper) empty() {
	k.buf, k.ends, k.flushAt = k.buf[:0], k.ends[:0], time.Time{}
}

// finish writes what is still there, with one more attempt if the file is not open.
func (k *keeper) finish() error {
	k.zipStop()
	lost := k.lost()
	if k.live == nil {
		k.reopen()
	}
	for len(k.queue) > 0 && k.live != nil {
		k.take(<-k.queue)
	}
	k.flush()
	k.discard()
	k.abandon()
	if n := k.lost() - lost; n > 0 {
		return errors.Join(fmt.Errorf("pairlog: close: %d %w", n, errNotWritten), k.Err())
	}
	return nil
}

// discard drops what could not be written.
func (k *keeper) discard() {
	k.dropFrom(0, k.state.whyFull())
	for len(k.queue) > 0 {
		(<-k.queue).free()
		k.tally.drop(k.state.whyFull(), 1)
	}
	k.queued.Store(0)
}

// lost is how many records the disk has cost so far.
func (k *keeper) lost() int64 {
	n := int64(0)
	for _, why := range []reason{diskFull, ioFailed, overBudget, queueFull} {
		n += k.tally.dropped[why].Load()
	}
	return n
}
