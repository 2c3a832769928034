package otelpairs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// EventName is the name of the events.
const EventName = "model_canary.pair"

// Config says where records go. The zero value is ready for use.
type Config struct {
	// Provider makes the logger; nil means the global one.
	Provider log.LoggerProvider
	// Queue is how many records may wait for the provider, at most 65,536; 0 means 1,024.
	Queue int
	// QueueBytes is how many bytes those may take, estimated, at least 1 MiB; 0 means 16 MiB.
	QueueBytes int64
	// MaxOutput is how many bytes an input or an output may take, in [64, 1 MiB]; what is larger is left out. 0 means [pairlog.DefaultMaxOutput].
	MaxOutput int
}

const (
	defaultQueue      = 1024
	defaultQueueBytes = 16 << 20

	maxQueue      = 1 << 16
	minQueueBytes = 1 << 20
	minMaxOutput  = 64
	maxMaxOutput  = 1 << 20
)

func (c Config) withDefaults() Config {
	if c.Provider == nil {
		c.Provider = otel.GetLoggerProvider()
	}
	if c.Queue == 0 {
		c.Queue = defaultQueue
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = defaultQueueBytes
	}
	if c.MaxOutput == 0 {
		c.MaxOutput = pairlog.DefaultMaxOutput
	}
	return c
}

func (c Config) problems() error {
	var errs []error
	if c.Queue < 1 || c.Queue > maxQueue {
		errs = append(errs, fmt.Errorf("otelpairs: Config.Queue %d outside [1, %d]", c.Queue, maxQueue))
	}
	if c.QueueBytes < minQueueBytes {
		errs = append(errs, fmt.Errorf("otelpairs: Config.QueueBytes %d below %d", c.QueueBytes, minQueueBytes))
	}
	if c.MaxOutput < minMaxOutput || c.MaxOutput > maxMaxOutput {
		errs = append(errs, fmt.Errorf("otelpairs: Config.MaxOutput %d outside [%d, %d]", c.MaxOutput, minMaxOutput, maxMaxOutput))
	}
	return errors.Join(errs...)
}

// Sink is a [pairlog.Sink] that emits records as OpenTelemetry log records, on a goroutine of its own: a provider that blocks holds up nobody, and what does
// not fit into the queue meanwhile is dropped and counted. Close it. It is safe for concurrent use.
type Sink struct {
	cfg    Config
	logger log.Logger
	queue  chan event
	queued atomic.Int64

	written, bytes                      atomic.Int64
	queueFull, failed, invalid, stopped atomic.Int64

	mu      sync.RWMutex // sends hold it for reading, so that none follows closing
	closing bool
	stop    chan struct{}
	done    chan struct{}
}

var _ pairlog.Sink = (*Sink)(nil)

// event is a record as it is emitted.
type event struct {
	record log.Record
	trace  trace.TraceID
	bytes  int64
}

// New begins to take records. It fails with all that is wrong with cfg.
func New(cfg Config) (*Sink, error) {
	cfg = cfg.withDefaults()
	if err := cfg.problems(); err != nil {
		return nil, err
	}
	s := &Sink{
		cfg:    cfg,
		logger: cfg.Provider.Logger("github.com/modelcanary/go-sdk/shadow/pairlog/otelpairs"),
		queue:  make(chan event, cfg.Queue),
		stop:   make(chan struct{}),
		done:   make(chan struct{}),
	}
	go s.run()
	return s, nil
}

// Put turns r into an event, which waits in the queue for the provider. It keeps nothing of r.
func (s *Sink) Put(r *pairlog.Record) {
	if len(s.queue) == cap(s.queue) { // most of those that would be turned for nothing
		s.drop()
		return
	}
	e, ok := newEvent(r, s.cfg.MaxOutput)
	if !ok {
		s.invalid.Add(1)
		return
	}
	if !s.send(e) {
		s.drop()
	}
}

func (s *Sink) drop() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closing {
		s.stopped.Add(1)
	} else {
		s.queueFull.Add(1)
	}
}

func (s *Sink) send(e event) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closing {
		return false
	}
	if s.queued.Add(e.bytes) <= s.cfg.QueueBytes {
		select {
		case s.queue <- e:
			return true
		default:
		}
	}
	s.queued.Add(-e.bytes)
	return false
}

func (s *Sink) run() {
	defer close(s.done)
	for {
		select {
		case e := <-s.queue:
			s.emit(e)
		case <-s.stop:
			for len(s.queue) > 0 {
				s.emit(<-s.queue)
			}
			return
		}
	}
}

// emit hands an event over; a provider that panics costs that event.
func (s *Sink) emit(e event) {
	defer func() {
		if recover() != nil {
			s.failed.Add(1)
		}
	}()
	s.queued.Add(-e.bytes)
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: e.trace}))
	s.logger.Emit(ctx, e.record)
	s.written.Add(1)
	s.bytes.Add(e.bytes)
}

// Counts says what became of the records so far. Those that wait in the queue are not among them. A record is written when the provider has taken it, whatever
// it does with it then; its bytes are estimated. The reasons are [pairlog.DroppedQueueFull], [pairlog.DroppedIO] for a provider that panicked,
// [pairlog.DroppedInvalid] and [pairlog.DroppedClosed].
func (s *Sink) Counts() pairlog.Counts {
	c := pairlog.Counts{Written: s.written.Load(), Bytes: s.bytes.Load(), Dropped: map[string]int64{}}
	for why, n := range map[string]int64{
		pairlog.DroppedQueueFull: s.queueFull.Load(), pairlog.DroppedIO: s.failed.Load(),
		pairlog.DroppedInvalid: s.invalid.Load(), pairlog.DroppedClosed: s.stopped.Load(),
	} {
		if n > 0 {
			c.Dropped[why] = n
		}
	}
	return c
}

// Close emits what is in the queue. When ctx ends first it returns an error that wraps that of ctx; the goroutine then ends when the provider lets it. Records that
// are put later are dropped. It does not shut the provider down. Another call waits for the same end.
func (s *Sink) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing {
		s.closing = true
		close(s.stop)
	}
	s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	default:
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("otelpairs: close: %d records wait, the provider has not taken one: %w", len(s.queue), context.Cause(ctx))
	}
}
