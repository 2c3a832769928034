package keeper

import (
	"context"
	"fmt"
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
	FlagTrouble        EventKind = "flag_trouble"
	FlagWarning        EventKind = "flag_warning"
	ShareChanged       EventKind = "share_changed"
	TrippedEvent       EventKind = "rolled_back"
	RoutingBrokenEvent EventKind = "routing_broken"
	HeldEvent          EventKind = "held"
	CarvedEvent        EventKind = "carved"
	Reassigned         EventKind = "reassigned"
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

// herald runs the code of others: the application's hook and the instruments of its telemetry. If that hangs, nothing else does.
type herald struct {
	hook    func(Event)
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

func newHerald(hook func(Event)) *herald {
	return &herald{
		hook: hook, events: make(chan notice, maxEvents), replay: make(chan struct{}, 1),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// Emit tells the application's hook of an event; it never blocks.
func (k *Keeper) Emit(e Event) { k.emitAfter(e, nil) }

// emitAfter is emit for an event that is delivered when an attempt to save has ended.
func (k *Keeper) emitAfter(e Event, after *attempt) {
	e.At = time.Now()
	if p := k.plan.Load(); p != nil {
		e.Epoch, e.Share = p.Epoch, p.Share
	}
	select {
	case k.herald.events <- notice{event: e, after: after}:
	default:
		k.herald.dropped.Add(1)
	}
}

// replaySoon asks for a replay of telemetry, if there is something new and the last one was long enough ago. It is called after every pass, so that what a burst
// has left is replayed when the traffic has gone.
func (h *herald) replaySoon(news bool) {
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

func (h *herald) start() {
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go h.run(ctx)
}

// run is the herald's goroutine. Should the hook end it (runtime.Goexit), another takes over.
func (h *herald) run(ctx context.Context) {
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
func (h *herald) rest(ctx context.Context) {
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

func (h *herald) deliver(ctx context.Context, n notice) {
	if h.hook == nil {
		return
	}
	if n.after != nil {
		n.event.NotDurable = n.after.await(ctx)
	}
	defer func() {
		if recover() != nil {
			h.failed.Add(1)
		}
	}()
	h.hook(n.event)
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

func (h *herald) replayNow(ctx context.Context) {
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

// close delivers what waits and ends the goroutine, waiting until ctx is done.
func (h *herald) close(ctx context.Context) error {
	h.ending.Do(func() { close(h.stop) })
	if !ended(ctx, h.stopped) {
		h.cancel()
		return fmt.Errorf("canary: events and telemetry are still being delivered: %w", context.Cause(ctx))
	}
	return nil
}
