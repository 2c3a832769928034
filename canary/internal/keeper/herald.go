package keeper

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
)

// Event is something worth telling a person.
type Event struct {
	Kind    EventKind
	At      time.Time
	Message string
	Actor   string
	Epoch   uint64
	Share   float64
	// NotDurable is why a rollback is not stored yet; nil otherwise.
	NotDurable error
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	StateMissing       EventKind = "state_missing"
	StateResumed       EventKind = "state_resumed"
	BarredEvent        EventKind = "barred"
	StateUnreadable    EventKind = "state_unreadable"
	EvidenceResumed    EventKind = "evidence_resumed"
	EvidenceLost       EventKind = "evidence_lost"
	StoreFailed        EventKind = "store_failed"
	StoreRecovered     EventKind = "store_recovered"
	MemoryOnly         EventKind = "memory_only"
	TokensLocal        EventKind = "tokens_local"
	FlagTrouble        EventKind = "flag_trouble"
	FlagWarning        EventKind = "flag_warning"
	ShareChanged       EventKind = "share_changed"
	TrippedEvent       EventKind = "rolled_back"
	RoutingBrokenEvent EventKind = "routing_broken"
	HeldEvent          EventKind = "held"
	Stepped            EventKind = "step"
	Approved           EventKind = "approved"
	Resumed            EventKind = "resumed"
	Jumped             EventKind = "jumped"
	PromotedEvent      EventKind = "promoted"
	AuditFailed        EventKind = "audit_failed"
	Loaded             EventKind = "loaded"
	Unloaded           EventKind = "unloaded"
	LoadFailed         EventKind = "load_failed"
	Begun              EventKind = "begun"
	CarvedEvent        EventKind = "carved"
	Reassigned         EventKind = "reassigned"
	ShadowChanged      EventKind = "shadow_changed"
	ShadowSilent       EventKind = "shadow_silent"
	ShadowHeard        EventKind = "shadow_heard"
	PreflightPassed    EventKind = "preflight_passed"
	PreflightFailed    EventKind = "preflight_failed"
	CallbackFailed     EventKind = "callback_failed"
	TelemetryFailed    EventKind = "telemetry_failed"
)

const (
	// maxEvents is how many events may wait for a slow hook; later ones are dropped and counted.
	maxEvents = 256
	// durableWait is how long the news of a rollback waits for its file.
	durableWait = 2 * time.Second
	// replayEvery is the least time between two replays of telemetry.
	replayEvery = time.Second
)

// Herald runs the code of others: the application's hook, its logger, and the instruments of its telemetry. If that hangs, nothing else does. One herald may serve
// several keepers, one after the other.
type Herald struct {
	hook    func(Event)
	log     *slog.Logger // nil: nothing is logged
	dropped atomic.Int64
	failed  atomic.Int64 // panics of the hook

	events      chan notice
	replay      chan struct{}
	due         atomic.Bool // there is something to replay
	instruments atomic.Pointer[telemetry.Instruments]
	lastReplay  atomic.Int64 // unix nanoseconds

	stop    chan struct{}
	stopped chan struct{}
	ending  sync.Once
	cancel  context.CancelFunc
}

// notice is an event that may have to wait for an attempt to save.
type notice struct {
	event Event
	after *attempt
}

// NewHerald starts a herald. hook and logger may be nil.
func NewHerald(hook func(Event), log *slog.Logger) *Herald {
	h := newHerald(hook, log)
	h.start()
	return h
}

func newHerald(hook func(Event), log *slog.Logger) *Herald {
	return &Herald{
		hook: hook, log: log, events: make(chan notice, maxEvents), replay: make(chan struct{}, 1),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// Tell delivers an event soon. It never blocks.
func (h *Herald) Tell(e Event) {
	e.At = time.Now()
	h.take(notice{event: e})
}

func (h *Herald) take(n notice) {
	select {
	case h.events <- n:
	default:
		h.dropped.Add(1)
	}
}

// Dropped is how many events the hook was too slow to take.
func (h *Herald) Dropped() int64 { return h.dropped.Load() }

// Failures is how often the hook panicked.
func (h *Herald) Failures() int64 { return h.failed.Load() }

// Attach hands over instruments to be replayed.
func (h *Herald) Attach(t *telemetry.Instruments) { h.instruments.Store(t) }

// Emit tells the application's hook of an event; it never blocks.
func (k *Keeper) Emit(e Event) { k.emitAfter(e, nil) }

// emitAfter is emit for an event that is delivered when an attempt to save has ended.
func (k *Keeper) emitAfter(e Event, after *attempt) {
	e.At = time.Now()
	if p := k.plan.Load(); p != nil {
		e.Epoch, e.Share = p.Epoch, p.Share
	}
	k.herald.take(notice{event: e, after: after})
}

// replaySoon asks for a replay of telemetry, if there is something new and the last one was long enough ago. It is called after every pass, so that what a burst
// has left is replayed when the traffic has gone.
func (h *Herald) replaySoon(news bool) {
	if news {
		h.due.Store(true)
	}
	now := time.Now().UnixNano()
	if !h.due.Load() || now-h.lastReplay.Load() < int64(replayEvery) {
		return
	}
	h.due.Store(false)
	h.lastReplay.Store(now)
	select {
	case h.replay <- struct{}{}:
	default:
	}
}

func (h *Herald) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go h.run(ctx)
}

// run is the herald's goroutine. Should the hook end it (runtime.Goexit), another takes over.
func (h *Herald) run(ctx context.Context) {
	stopped := false
	defer func() {
		if !stopped {
			h.failed.Add(1)
			go h.run(ctx)
			return
		}
		h.cancel()
		close(h.stopped)
	}()
	for !stopped {
		select {
		case n := <-h.events:
			h.deliver(ctx, n)
		case <-h.replay:
			h.replayNow(ctx)
		case <-h.stop:
			h.rest(ctx)
			stopped = true
		}
	}
}

// rest delivers what waits.
func (h *Herald) rest(ctx context.Context) {
	for {
		select {
		case n := <-h.events:
			h.deliver(ctx, n)
		default:
			h.replayNow(ctx)
			return
		}
	}
}

func (h *Herald) deliver(ctx context.Context, n notice) {
	if h.hook == nil && h.log == nil {
		return
	}
	if n.after != nil {
		n.event.NotDurable = n.after.await(ctx)
	}
	h.write(ctx, n.event)
	if h.hook == nil {
		return
	}
	defer func() {
		if recover() != nil {
			h.failed.Add(1)
		}
	}()
	h.hook(n.event)
}

// write logs an event.
func (h *Herald) write(ctx context.Context, e Event) {
	if h.log == nil {
		return
	}
	defer func() {
		if recover() != nil {
			h.failed.Add(1)
		}
	}()
	attrs := []slog.Attr{slog.String("kind", string(e.Kind)), slog.Uint64("epoch", e.Epoch), slog.Float64("share", e.Share)}
	if e.Actor != "" {
		attrs = append(attrs, slog.String("actor", e.Actor))
	}
	if e.NotDurable != nil {
		attrs = append(attrs, slog.String("not_durable", e.NotDurable.Error()))
	}
	h.log.LogAttrs(ctx, levels[e.Kind], "model canary: "+e.Message, attrs...)
}

// levels are those of the events that somebody should look at.
var levels = map[EventKind]slog.Level{
	TrippedEvent: slog.LevelError, RoutingBrokenEvent: slog.LevelError, StateUnreadable: slog.LevelError, StoreFailed: slog.LevelError,
	AuditFailed: slog.LevelError, PreflightFailed: slog.LevelError,
	HeldEvent: slog.LevelWarn, CarvedEvent: slog.LevelWarn, BarredEvent: slog.LevelWarn, MemoryOnly: slog.LevelWarn, TokensLocal: slog.LevelWarn, FlagTrouble: slog.LevelWarn,
	FlagWarning: slog.LevelWarn, CallbackFailed: slog.LevelWarn, TelemetryFailed: slog.LevelWarn, LoadFailed: slog.LevelWarn,
	ShadowSilent: slog.LevelWarn,
}

// await waits for the attempt, but not for ever.
func (a *attempt) await(ctx context.Context) error {
	timer := time.NewTimer(durableWait)
	defer timer.Stop()
	select {
	case <-a.done:
		return a.err
	case <-timer.C:
		return fmt.Errorf("canary: not stored after %v, still trying", durableWait)
	case <-ctx.Done():
		return fmt.Errorf("canary: not stored: %w", ctx.Err())
	}
}

func (h *Herald) replayNow(ctx context.Context) {
	t := h.instruments.Load()
	if t == nil {
		return
	}
	defer func() {
		if recover() != nil {
			h.failed.Add(1)
		}
	}()
	t.Replay(ctx)
}

// Close delivers what waits and ends the goroutine, waiting until ctx is done.
func (h *Herald) Close(ctx context.Context) error {
	h.ending.Do(func() { close(h.stop) })
	if !ended(ctx, h.stopped) {
		h.cancel()
		return fmt.Errorf("canary: events and telemetry are still being delivered: %w", context.Cause(ctx))
	}
	return nil
}
