package shadow

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// Host is what a runner needs of whoever serves the requests.
type Host[In, Out any] struct {
	// Stable and Candidate are the models. Stable is asked again for the noise floor; it may be nil if Config.Rerun is negative.
	Stable, Candidate func(context.Context, In) (Out, error)
	// Busy reports whether more than limit requests are with the models at this moment. It is called by the runner's goroutines whenever a shadow might start, and must
	// be quick.
	Busy func(limit int) bool
	// OnPair is told of every pair, on the runner's goroutines; the pair is the host's for the length of the call. nil: nobody is.
	OnPair func(*Pair[In, Out])
	// OnDrop is told of every drawn request that becomes no pair, on the caller's goroutine or the runner's. It must do no more than count. nil: nobody is.
	OnDrop func(tag uint64, reason Reason)
	// Describe adds what only the host knows - canary, epoch, slices, signals - to the record of a pair for Config.Log. nil: nothing is added.
	Describe func(*Pair[In, Out], *pairlog.Record)
	// Tracer starts the span of each shadow, a root of its own with a link to the request's. nil: there are no spans.
	Tracer trace.Tracer
	// Salt separates the units that are drawn from those of other canaries, and from those that a candidate serves.
	Salt uint64
}

// Runner runs a candidate in the shadow of a stable model. Who serves a request asks [Sampler.Draws], calls Take before stable runs and Offer after it has answered: neither
// waits for anything, nor wakes anybody. Everything else happens on goroutines of the runner, which poll: at most Config.Concurrency, and one for each call that hangs. Its
// methods are safe for concurrent use. Make it with [New]; at first its rate is 0.
type Runner[In, Out any] struct {
	cfg     Config[In, Out]
	host    Host[In, Out]
	sampler Sampler
	ring    *ring[entry[In, Out]]
	limit   int // requests in flight, others included, that a shadow may start beside
	sizeOf  func(In, Out) int
	differ  comparison[Out]
	guards  guards
	yield   func() // lets the kernel run what waits for this processor

	room    atomic.Int64 // places taken: requests that were taken, and what waits
	bytes   atomic.Int64 // of what waits and runs
	running atomic.Int64 // shadows with a processor
	hung    atomic.Int64 // calls that were abandoned and have not returned
	account account

	ctx    context.Context //nolint:containedctx // of every call: it ends when the runner is closed
	cancel context.CancelFunc

	mu       sync.Mutex
	rate     float64       // asked for
	seats    int           // workers
	live     int           // goroutines, with those that hang
	stop     chan struct{} // closed when the rate goes to 0
	closed   bool
	quiet    chan struct{} // closed when the runner is closed and no goroutine is left
	pace     pace
	liveness Liveness
	looked   time.Time // at pace and liveness; zero: not at this rate
}

// entry is a request that waits for its shadow.
type entry[In, Out any] struct {
	input  In
	stable Answer[Out]
	tag    uint64
	at     time.Time
	trace  trace.SpanContext
	bytes  int64
}

// Job is a drawn request between Take and Offer. It stays on the stack of its caller.
type Job[In any] struct {
	input In
	tag   uint64
	at    time.Time
	trace trace.SpanContext
	taken bool
}

// New makes a runner. It returns every problem of the configuration at once, joined [*ConfigError]s.
func New[In, Out any](cfg Config[In, Out], host Host[In, Out]) (*Runner[In, Out], error) {
	if err := cfg.validate(host.Stable != nil, host.Candidate != nil, host.Busy != nil); err != nil {
		return nil, err
	}
	differ, err := cfg.comparison()
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	r := &Runner[In, Out]{
		cfg: cfg, host: host, sampler: Sampler{salt: host.Salt}, ring: newRing[entry[In, Out]](cfg.Queue), sizeOf: cfg.Size, differ: differ, yield: yield,
	}
	if r.sizeOf == nil {
		r.sizeOf = newSizer[In, Out]()
	}
	r.limit = cfg.MaxInFlight
	switch cfg.MaxInFlight {
	case 0:
		r.limit = max(0, runtime.GOMAXPROCS(0)-2)
	case WhenIdle:
		r.limit = 0
	}
	r.ctx, r.cancel = context.WithCancel(context.Background()) //nolint:gosec // Close cancels it
	return r, nil
}

// Sampler draws the requests.
func (r *Runner[In, Out]) Sampler() *Sampler { return &r.sampler }

// SetRate sets the part of the requests that is drawn, in [0, 1]. Above 0 it lets the runner's goroutines run; at 0 nothing is drawn, what waits is dropped, and they end. It
// never blocks. What is not a rate is 0.
func (r *Runner[In, Out]) SetRate(rate float64) {
	if !(rate > 0) {
		rate = 0
	}
	rate = min(rate, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || rate == r.rate {
		return
	}
	was := r.rate
	r.rate = rate
	r.pace.halvings, r.looked = 0, time.Time{}
	r.sampler.set(rate)
	switch {
	case rate == 0:
		close(r.stop)
	case was == 0:
		r.stop = make(chan struct{})
		for r.seats < r.cfg.Concurrency {
			r.seats++
			r.live++
			go r.work()
		}
	}
}

// Take prepares the shadow of a drawn request, before any model may change its input: if there is room it copies the input and remembers the span of ctx, and nothing else of
// it. It reports whether there will be a shadow; if so the job must be given to Offer or Discard, whatever becomes of the request. The tag comes back with the pair.
func (r *Runner[In, Out]) Take(ctx context.Context, in In, tag uint64) (job Job[In], taken bool) {
	r.account.drawn.Add(1)
	if r.sampler.threshold.Load() == 0 {
		r.drop(tag, Stopped)
		return job, false
	}
	if r.room.Add(1) > int64(r.cfg.Queue) {
		r.room.Add(-1)
		r.drop(tag, QueueFull)
		return job, false
	}
	if r.bytes.Load() >= r.cfg.MaxBytes {
		r.room.Add(-1)
		r.drop(tag, Memory)
		return job, false
	}
	defer func() {
		if !job.taken {
			r.failedToTake(tag)
			_ = recover()
		}
	}()
	if ctx != nil {
		job.trace = trace.SpanContextFromContext(ctx)
	}
	if r.cfg.Clone != nil {
		if r.guards[guardClone].off() {
			return job, false
		}
		in = r.cfg.Clone(in)
		r.guards[guardClone].ok()
	}
	job.input, job.tag, job.at, job.taken = in, tag, time.Now(), true
	return job, true
}

// failedToTake gives up a place whose input could not be copied.
func (r *Runner[In, Out]) failedToTake(tag uint64) {
	r.room.Add(-1)
	if r.cfg.Clone != nil && !r.guards[guardClone].off() {
		r.guards[guardClone].fail()
	}
	r.drop(tag, Callback)
}

// Offer hands over what stable has answered, and how long that took, and with that the request to the runner. It copies the answer, and neither waits nor wakes anybody. A job that was offered or
// discarded before is ignored.
func (r *Runner[In, Out]) Offer(job *Job[In], stable Answer[Out]) {
	if !job.taken {
		return
	}
	job.taken = false
	e := entry[In, Out]{input: job.input, stable: stable, tag: job.tag, at: job.at, trace: job.trace}
	if !r.prepare(&e) {
		return
	}
	if r.sampler.threshold.Load() == 0 || !r.ring.push(&e) {
		r.release(&e, Stopped)
		return
	}
	if r.sampler.threshold.Load() == 0 { // nobody may be left to look at it
		r.drain()
	}
}

// prepare copies an answer and weighs it. false: there is no room for it, and its place was given up.
func (r *Runner[In, Out]) prepare(e *entry[In, Out]) (ok bool) {
	reason, which := Callback, guardCloneOutput
	defer func() { // also if a function has ended the goroutine
		if ok {
			return
		}
		if reason == Callback {
			_ = recover()
			if !r.guards[which].off() {
				r.guards[which].fail()
			}
		}
		r.room.Add(-1)
		r.drop(e.tag, reason)
	}()
	if e.stable.Outcome == OK && r.cfg.CloneOutput != nil {
		if r.guards[guardCloneOutput].off() {
			return false
		}
		e.stable.Output = r.cfg.CloneOutput(e.stable.Output)
		r.guards[guardCloneOutput].ok()
	}
	if which = guardSize; r.cfg.Size != nil && r.guards[guardSize].off() {
		return false
	}
	size := int64(max(0, r.sizeOf(e.input, e.stable.Output)))
	r.guards[guardSize].ok()
	if size > r.cfg.MaxBytes/maxPart {
		reason = TooLarge
		return false
	}
	if r.bytes.Add(size) > r.cfg.MaxBytes {
		r.bytes.Add(-size)
		reason = Memory
		return false
	}
	e.bytes = size
	return true
}

// maxPart: one request may have so small a part of the memory.
const maxPart = 64

// Discard gives a job up whose caller has left.
func (r *Runner[In, Out]) Discard(job *Job[In]) {
	if !job.taken {
		return
	}
	job.taken = false
	r.room.Add(-1)
	r.drop(job.tag, Cancelled)
}

// release gives up an entry that waited.
func (r *Runner[In, Out]) release(e *entry[In, Out], reason Reason) {
	r.room.Add(-1)
	r.bytes.Add(-e.bytes)
	r.drop(e.tag, reason)
}

func (r *Runner[In, Out]) drop(tag uint64, reason Reason) {
	r.account.dropped[reason].Add(1)
	if r.host.OnDrop != nil {
		r.host.OnDrop(tag, reason)
	}
}

// drain drops everything that waits.
func (r *Runner[In, Out]) drain() {
	var e entry[In, Out]
	for r.ring.pop(&e) {
		r.release(&e, Stopped)
	}
}

// Close ends the runner: nothing is drawn any more, what waits is dropped, calls under way are told to end and their results discarded. It waits until no goroutine is left, at
// most until ctx is done; then it says how many calls hang. It may be called again, to wait again, and concurrently.
func (r *Runner[In, Out]) Close(ctx context.Context) error {
	r.SetRate(0)
	r.mu.Lock()
	if !r.closed {
		r.closed, r.quiet = true, make(chan struct{})
		r.cancel()
		if r.live == 0 {
			close(r.quiet)
		}
	}
	quiet := r.quiet
	r.mu.Unlock()
	select {
	case <-quiet:
		return nil
	default:
	}
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		r.mu.Lock()
		n := r.live
		r.mu.Unlock()
		return fmt.Errorf("shadow: %d calls have not returned: %w", n, context.Cause(ctx))
	}
}

// gone says that a goroutine of the runner ends.
func (r *Runner[In, Out]) gone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live--; r.live == 0 && r.closed {
		close(r.quiet)
	}
}
