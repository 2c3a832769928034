package pairlog

import "sync/atomic"

// The reasons in [Counts.Dropped].
const (
	// DroppedQueueFull: more came than was written meanwhile.
	DroppedQueueFull = "queue_full"
	// DroppedDiskFull: no space was left on the device, or of a quota.
	DroppedDiskFull = "disk_full"
	// DroppedIO: the sink failed otherwise.
	DroppedIO = "io"
	// DroppedClosed: it came after Close.
	DroppedClosed = "closed"
	// DroppedBudget: older files could not be deleted, and another record would pass the budget.
	DroppedBudget = "budget"
	// DroppedInvalid: the record was nil, or what it led to was changed while it was read.
	DroppedInvalid = "invalid"
)

// reason is why a record was dropped.
type reason uint8

const (
	queueFull reason = iota
	diskFull
	ioFailed
	closed
	overBudget
	invalid
	numReasons
)

var reasonNames = [numReasons]string{
	DroppedQueueFull, DroppedDiskFull, DroppedIO, DroppedClosed, DroppedBudget, DroppedInvalid,
}

// tally counts what became of records. It is safe for concurrent use.
type tally struct {
	written, bytes atomic.Int64
	dropped        [numReasons]atomic.Int64
}

func (t *tally) drop(why reason, n int) { t.dropped[why].Add(int64(n)) }

func (t *tally) counts() Counts {
	c := Counts{Written: t.written.Load(), Bytes: t.bytes.Load(), Dropped: map[string]int64{}}
	for why, name := range reasonNames {
		if n := t.dropped[why].Load(); n > 0 {
			c.Dropped[name] = n
		}
	}
	return c
}
