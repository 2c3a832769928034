package telemetry

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Dimensions of the recorder.
const (
	Arms     = 2
	Reasons  = 16
	Outcomes = 8

	// bins of a duration: growth 1.25 from 100 ns up to minutes.
	bins       = 96
	firstBin   = 100               // nanoseconds
	binsPerLog = 4.481420117724551 // 1 / ln 1.25
)

// spareStripes are for thinned requests, which are recorded where they run; the keeper has a stripe of its own.
const spareStripes = 4

// Recorder counts requests by arm, reason and outcome, and their durations. Safe for concurrent use.
type Recorder struct {
	stripes [spareStripes + 1]stripe
	Thinned atomic.Int64
}

type stripe struct {
	selections [Arms][Reasons]atomic.Int64
	fallbacks  [Outcomes]atomic.Int64
	durations  [Arms][Outcomes]durations
}

type durations struct {
	count, nanos [bins]atomic.Int64
}

// Request is one request of a canary.
type Request struct {
	Arm, Reason, Outcome uint8
	Fallback             bool          // stable answered in place of the candidate
	Duration             time.Duration // of the arm's own call; negative when unknown
}

// Fold records a request from the keeper's goroutine.
func (r *Recorder) Fold(q Request) { r.stripes[spareStripes].add(q) }

// Thin records a request that got no slot, from the request's goroutine.
func (r *Recorder) Thin(q Request) {
	r.Thinned.Add(1)
	r.Beside(q)
}

// Beside records a request from any goroutine but the keeper's.
func (r *Recorder) Beside(q Request) {
	var local byte
	r.stripes[uintptr(unsafe.Pointer(&local))>>12%spareStripes].add(q)
}

func (s *stripe) add(q Request) {
	arm, reason, outcome := q.Arm%Arms, q.Reason%Reasons, q.Outcome%Outcomes
	s.selections[arm][reason].Add(1)
	if q.Fallback {
		s.fallbacks[outcome].Add(1)
	}
	if q.Duration >= 0 {
		d := &s.durations[arm][outcome]
		bin := binOf(q.Duration)
		d.count[bin].Add(1)
		d.nanos[bin].Add(int64(q.Duration))
	}
}

func binOf(d time.Duration) int {
	if d < firstBin {
		return 0
	}
	return min(bins-1, 1+int(math.Log(float64(d)/firstBin)*binsPerLog))
}

// Selections is how many requests were assigned to an arm for a reason.
func (r *Recorder) Selections(arm, reason uint8) (n int64) {
	for i := range r.stripes {
		n += r.stripes[i].selections[arm][reason].Load()
	}
	return n
}

// Fallbacks is how often stable answered after the candidate had ended in an outcome.
func (r *Recorder) Fallbacks(outcome uint8) (n int64) {
	for i := range r.stripes {
		n += r.stripes[i].fallbacks[outcome].Load()
	}
	return n
}

// Ended is how many calls of an arm ended in an outcome.
func (r *Recorder) Ended(arm, outcome uint8) (n int64) {
	for i := range r.stripes {
		d := &r.stripes[i].durations[arm][outcome]
		for b := range d.count {
			n += d.count[b].Load()
		}
	}
	return n
}

// cell sums one bin of the durations.
func (r *Recorder) cell(arm, outcome, bin int) (count, nanos int64) {
	for i := range r.stripes {
		d := &r.stripes[i].durations[arm][outcome]
		count += d.count[bin].Load()
		nanos += d.nanos[bin].Load()
	}
	return count, nanos
}

// Records are the recorders of one epoch after the other, read as one of which no count goes back. Safe for concurrent use; the zero value has none.
type Records struct {
	mu   sync.Mutex
	past Recorder // of those that were let go
	open []*Recorder
}

// Add takes a recorder in.
func (r *Records) Add(x *Recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, x)
}

// Retire keeps the counts of a recorder that nothing is recorded in any more, and lets it go.
func (r *Records) Retire(x *Recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.past.absorb(x)
	r.open = slices.DeleteFunc(r.open, func(y *Recorder) bool { return x == y })
}

// sum adds something up over all recorders.
func (r *Records) sum(read func(*Recorder) int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := read(&r.past)
	for _, x := range r.open {
		n += read(x)
	}
	return n
}

// cell sums one bin of the durations over all recorders.
func (r *Records) cell(arm, outcome, bin int) (count, nanos int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count, nanos = r.past.cell(arm, outcome, bin)
	for _, x := range r.open {
		n, d := x.cell(arm, outcome, bin)
		count, nanos = count+n, nanos+d
	}
	return count, nanos
}

// absorb adds the counts of another recorder.
func (r *Recorder) absorb(x *Recorder) {
	r.Thinned.Add(x.Thinned.Load())
	s := &r.stripes[0]
	for arm := range uint8(Arms) {
		for reason := range uint8(Reasons) {
			s.selections[arm][reason].Add(x.Selections(arm, reason))
		}
		for outcome := range Outcomes {
			for bin := range bins {
				count, nanos := x.cell(int(arm), outcome, bin)
				d := &s.durations[arm][outcome]
				d.count[bin].Add(count)
				d.nanos[bin].Add(nanos)
			}
		}
	}
	for outcome := range uint8(Outcomes) {
		s.fallbacks[outcome].Add(x.Fallbacks(outcome))
	}
}
