package lifecycle

import (
	"context"
	"errors"
	"reflect"
	"time"
)

// attempt is one load with its warming. Its fields belong to its goroutine until that has ended.
type attempt[In, Out any] struct {
	ctx     context.Context //nolint:containedctx // of this load
	cancel  context.CancelFunc
	loaded  Predictor[In, Out] // nil without one
	failure *Failure           // nil when it is ready
	memory  Memory
}

// begin starts a load, unless too much hangs.
func (m *Model[In, Out]) begin(now time.Time) {
	if m.strayLoads+m.strayClosings >= maxStrays {
		m.fail(&Failure{Stage: Loading, Kind: Saturated}, now)
		return
	}
	a := new(attempt[In, Out])
	a.ctx, a.cancel = context.WithTimeout(context.Background(), m.cfg.LoadTimeout) //nolint:gosec // load cancels it
	m.attempt = a
	m.attempts++
	m.enter(Loading, now)
	go m.load(a)
}

// load is the goroutine of an attempt.
func (m *Model[In, Out]) load(a *attempt[In, Out]) {
	stop := context.AfterFunc(a.ctx, func() { m.overdue(a) })
	defer func() {
		stop()
		m.do(func() { m.loadEnded(a, time.Now()) })
		a.cancel()
	}()
	a.callLoad(m.cfg.Load)
	if a.failure == nil && len(m.cfg.Warm) > 0 {
		m.do(func() { m.loadWarms(a) })
		a.callWarm(m.cfg.Warm)
	}
	if a.failure == nil {
		a.askMemory()
	}
}

// call calls a function of the application for an attempt. If it ends the goroutine, that is what remains.
func (a *attempt[In, Out]) call(stage State, function func() error) {
	a.failure = &Failure{Stage: stage, Kind: Exited}
	a.failure = contained(stage, function)
	if a.failure != nil && a.failure.Kind == Errored && errors.Is(a.ctx.Err(), context.DeadlineExceeded) {
		a.failure.Kind = TimedOut
	}
}

// callLoad calls Load.
func (a *attempt[In, Out]) callLoad(load func(context.Context) (Predictor[In, Out], error)) {
	before := heapInUse()
	a.call(Loading, func() (err error) {
		loaded, err := load(a.ctx)
		if err == nil && !isNil(loaded) {
			a.loaded = loaded
		}
		return err
	})
	if a.failure == nil && a.loaded == nil {
		a.failure = &Failure{Stage: Loading, Kind: NoModel}
	}
	a.memory = Memory{Bytes: max(0, heapInUse()-before), Source: HeapGrowth}
}

// callWarm has the loaded model answer the samples.
func (a *attempt[In, Out]) callWarm(samples []In) {
	a.call(Warming, func() error {
		for _, in := range samples {
			if err := a.ctx.Err(); err != nil {
				return err
			}
			if _, err := a.loaded.Predict(a.ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
}

// askMemory asks the loaded model how much memory it takes. A model that fails at that is as ready as any.
func (a *attempt[In, Out]) askMemory() {
	model, ok := a.loaded.(interface{ MemoryBytes() int64 })
	if !ok {
		return
	}
	_ = contained(Warming, func() error {
		a.memory = Memory{Bytes: max(0, model.MemoryBytes()), Source: Reported}
		return nil
	})
}

// loadWarms takes note of an attempt that has got as far as warming.
func (m *Model[In, Out]) loadWarms(a *attempt[In, Out]) {
	if m.attempt == a {
		m.enter(Warming, time.Now())
	}
}

// loadEnded takes in what came of an attempt. What comes of one that was given up is closed.
func (m *Model[In, Out]) loadEnded(a *attempt[In, Out], now time.Time) {
	current := m.attempt == a
	if !current {
		m.strayLoads--
	}
	if !current || a.failure != nil {
		m.discard(a.loaded)
	}
	if !current {
		return
	}
	m.attempt = nil
	if a.failure != nil {
		m.fail(a.failure, now)
		return
	}
	m.loaded, m.memory = a.loaded, a.memory
	m.failures, m.failure = 0, nil
	m.enter(Ready, now)
	m.door.open.Store(true)
}

// overdue gives an attempt up when its time is over.
func (m *Model[In, Out]) overdue(a *attempt[In, Out]) {
	m.do(func() {
		if m.attempt != a {
			return
		}
		now := time.Now()
		stage := m.state
		m.giveUpLoad()
		m.fail(&Failure{Stage: stage, Kind: TimedOut, Err: context.DeadlineExceeded}, now)
	})
}

// giveUpLoad waits no longer for the load under way.
func (m *Model[In, Out]) giveUpLoad() {
	m.attempt.cancel()
	m.attempt = nil
	m.strayLoads++
}

// isNil reports whether a model is nil or a nil pointer or function.
func isNil(model any) bool {
	if model == nil {
		return true
	}
	switch v := reflect.ValueOf(model); v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}
