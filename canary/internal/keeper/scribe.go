package keeper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

const (
	// maxLines is how many lines may wait for the audit trail; later ones are dropped and counted.
	maxLines = 256
	// stepAgain is the awake time until a step that could not be taken is tried again.
	stepAgain = 5 * time.Second
)

// scribe writes the audit trail and takes the steps that wait for it, on a goroutine of its own: a trail that fails or hangs delays what would expose more, never a rollback.
type scribe struct {
	k       *Keeper
	auditor rollback.Auditor // nil: there is no trail
	failed  atomic.Int64     // lines that could not be written, and lines dropped
	failing atomic.Bool

	lines chan line
	steps chan rollback.Event

	ctx     context.Context //nolint:containedctx // of every call of the auditor; ends with the scribe
	cancel  context.CancelFunc
	stop    chan struct{}
	stopped chan struct{}
	ending  sync.Once
	started bool
}

// line is an entry that somebody may wait for.
type line struct {
	entry rollback.Entry
	done  chan error // nil: nobody does
}

func newScribe(k *Keeper, cfg Config) *scribe {
	ctx, cancel := context.WithCancel(context.Background())
	s := &scribe{
		k: k, lines: make(chan line, maxLines), steps: make(chan rollback.Event, 1),
		ctx: ctx, cancel: cancel, stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if s.auditor = cfg.Audit; s.auditor == nil {
		s.auditor, _ = cfg.Store.(rollback.Auditor)
	}
	return s
}

// record writes an entry and waits for it; nil when there is no trail.
func (s *scribe) record(ctx context.Context, e rollback.Entry) error {
	if s.auditor == nil {
		return nil
	}
	if !s.started {
		return s.put(ctx, e)
	}
	l := line{entry: e, done: make(chan error, 1)}
	select {
	case s.lines <- l:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.stopped:
		return errClosed
	}
	select {
	case err := <-l.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.stopped:
		return errClosed
	}
}

// note has an entry written soon. It never blocks.
func (s *scribe) note(e rollback.Entry) {
	if s.auditor == nil {
		return
	}
	select {
	case s.lines <- line{entry: e}:
	default:
		s.failed.Add(1)
	}
}

// propose asks for a step of the ramp; false if one is under way.
func (s *scribe) propose(e rollback.Event) bool {
	select {
	case s.steps <- e:
		return true
	default:
		return false
	}
}

func (s *scribe) start() {
	s.started = true
	go func() {
		defer close(s.stopped)
		defer s.cancel()
		for {
			select {
			case l := <-s.lines:
				s.write(s.ctx, l)
			case e := <-s.steps:
				s.step(s.ctx, e)
			case <-s.stop:
				s.work(s.ctx)
				return
			}
		}
	}()
}

// work does what waits.
func (s *scribe) work(ctx context.Context) {
	for {
		select {
		case l := <-s.lines:
			s.write(ctx, l)
		case e := <-s.steps:
			s.step(ctx, e)
		default:
			return
		}
	}
}

func (s *scribe) write(ctx context.Context, l line) {
	err := s.put(ctx, l.entry)
	if l.done != nil {
		l.done <- err
	}
}

// step takes a step of the ramp, if it can be recorded.
func (s *scribe) step(ctx context.Context, e rollback.Event) {
	defer s.k.stepEnded()
	after, _, err := s.k.foresee(e)
	if err != nil {
		return
	}
	if s.auditor != nil && s.put(ctx, s.k.entry(e, s.k.latchState(), after)) != nil {
		return
	}
	_, _ = s.k.raise(e)
}

// put calls the auditor, which may be the application's code: a panic is an error like another.
func (s *scribe) put(ctx context.Context, e rollback.Entry) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("canary: the audit trail panicked with a %T", value)
		}
		if err != nil {
			s.failed.Add(1)
		}
		if was := s.failing.Swap(err != nil); err != nil && !was && !errors.Is(err, context.Canceled) {
			s.k.Emit(Event{Kind: AuditFailed, Message: err.Error() + ": no further step is taken until the audit trail can be written"})
		}
	}()
	return s.auditor.Record(ctx, e)
}

// close writes what waits and ends the goroutine, waiting until ctx is done.
func (s *scribe) close(ctx context.Context) error {
	s.ending.Do(func() { close(s.stop) })
	if !s.started {
		s.work(ctx)
		return nil
	}
	if !ended(ctx, s.stopped) {
		s.cancel()
		return fmt.Errorf("canary: the audit trail is still being written: %w", context.Cause(ctx))
	}
	return nil
}

// Record has a line about an event written and waits for that; nil when there is no trail.
func (k *Keeper) Record(ctx context.Context, e rollback.Event, before, after rollback.State) error {
	return k.scribe.record(ctx, k.entry(e, before, after))
}

// entry is the line about an event.
func (k *Keeper) entry(e rollback.Event, before, after rollback.State) rollback.Entry {
	return rollback.Entry{
		Canary: k.cfg.Name, At: e.Cause.At, Actor: e.Cause.Actor, Action: string(e.Kind),
		Epoch: after.Epoch, Version: after.Version, From: k.describe(before), To: k.describe(after),
		Reason: e.Cause.Reason, Evidence: k.fold.summary(), Revision: after.Revision,
	}
}
