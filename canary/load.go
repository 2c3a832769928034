package canary

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/lifecycle"
)

// ModelStatus is where a candidate with [Model.Load] stands in this process, as plain data. It is a replica's state and never evidence against the model.
type ModelStatus struct {
	// State is "idle", "loading", "warming", "ready", "failed", "draining" or "closed", and Since when it began.
	State string
	Since time.Time
	// Attempts is how many loads were begun, Failures how many in a row have failed; Failure is why the last one did, and NextTry when it is tried again.
	Attempts, Failures int
	Failure            string
	NextTry            time.Time
	// Calls is how many calls are under way. Hanging is how many loads and closings were given up on and have not returned.
	Calls   int64
	Hanging int
	// Memory is about how many bytes the loaded model takes: what its method MemoryBytes() int64 says, or else how much the heap grew while it was loaded, which other
	// goroutines blur. MemoryReported says which.
	Memory         int64
	MemoryReported bool
}

// loader is a candidate that is loaded when it is needed.
type loader[In, Out any] struct {
	model  *lifecycle.Model[In, Out]
	stable Predictor[In, Out]
	redact func(string) string
	kick   chan struct{}

	handedOver atomic.Bool // it is stable's now, in the next epoch

	// Of the last look, by the keeper alone.
	ready   bool
	failure *lifecycle.Failure
}

func newLoader[In, Out any](cfg Config[In, Out]) (*loader[In, Out], error) {
	m := cfg.Candidate
	if m.Load == nil {
		return nil, nil
	}
	l := &loader[In, Out]{stable: cfg.Stable.Predictor, redact: cfg.Redact, kick: make(chan struct{}, 1)}
	var err error
	l.model, err = lifecycle.New(lifecycle.Config[In, Out]{
		Load: func(ctx context.Context) (lifecycle.Predictor[In, Out], error) {
			p, err := m.Load(ctx)
			return p, err //nolint:wrapcheck // it is the application's own
		},
		Warm: m.Warm, Cooldown: m.Cooldown,
		Changed: func() {
			select {
			case l.kick <- struct{}{}:
			default:
			}
		},
	})
	return l, err
}

// look says whether the model can be called, and tells of what has changed. It never waits.
func (l *loader[In, Out]) look(needed bool, tell func(keeper.Event)) bool {
	if l.handedOver.Load() {
		return true
	}
	l.model.Need(needed)
	ready := l.model.Ready()
	if ready != l.ready {
		l.ready = ready
		if ready {
			tell(keeper.Event{Kind: keeper.Loaded, Message: "the candidate is loaded and has answered its samples"})
		} else {
			tell(keeper.Event{Kind: keeper.Unloaded, Message: "the candidate is not needed any more"})
		}
	}
	if s := l.model.Status(); s.Failure != l.failure {
		l.failure = s.Failure
		if s.Failure != nil {
			tell(keeper.Event{Kind: keeper.LoadFailed, Message: l.describe(s.Failure)})
		}
	}
	return ready
}

// describe says why a load has failed; what the error says of itself only if somebody takes out what must not be seen.
func (l *loader[In, Out]) describe(f *lifecycle.Failure) (text string) {
	text = f.Error()
	if l.redact == nil || f.Err == nil {
		return text
	}
	defer func() { _ = recover() }()
	return text + ": " + l.redact(f.Err.Error())
}

// status is what people are shown; nil when the candidate is not loaded by the canary.
func (l *loader[In, Out]) status() *ModelStatus {
	if l == nil {
		return nil
	}
	s := l.model.Status()
	m := &ModelStatus{
		State: s.State.String(), Since: s.Since, Attempts: s.Attempts, Failures: s.Failures, NextTry: s.NextTry,
		Calls: s.Calls, Hanging: s.Loads + s.Closings, Memory: s.Memory.Bytes, MemoryReported: s.Memory.Source == lifecycle.Reported,
	}
	if s.Failure != nil {
		m.Failure = l.describe(s.Failure)
	}
	return m
}

// handOver keeps the model for the next epoch, where it is stable.
func (l *loader[In, Out]) handOver() {
	if l != nil {
		l.handedOver.Store(true)
	}
}

func (l *loader[In, Out]) close(ctx context.Context) error {
	if l == nil {
		return nil
	}
	return l.model.Close(ctx)
}

// primary is the loaded model when it is the stable one. A request that has found it so and comes so late that the canary was closed meanwhile is the old model's.
func (l *loader[In, Out]) primary() Predictor[In, Out] {
	return Func(func(ctx context.Context, in In) (Out, error) {
		out, err := l.model.Predict(ctx, in)
		if errors.Is(err, lifecycle.ErrNotReady) {
			return l.stable.Predict(ctx, in)
		}
		return out, err
	})
}
