package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A mode is a way to answer requests with a shadow beside them, or without.
type mode interface {
	// Predict answers a request. It is called by many goroutines.
	Predict(ctx context.Context, in input) (float64, error)
	// Settle waits for the shadows that are still to come and returns what became of all; nothing is left running.
	Settle() tally
}

// tally is what became of shadows.
type tally struct {
	Asked int64            // requests times the rate
	Drawn int64            // requests that were drawn: as many but for chance, fewer where the runner draws fewer
	Done  int64            // of them those whose shadow ran
	Lost  map[string]int64 // of them those without one, by reason
}

// The modes. A mode is opened for one block: the models, and the fraction of requests that asks for a shadow.
const (
	modeNone  = "none"
	modeOurs  = "canary"
	modeNaive = "naive"
	modeSleep = "sleeper"
)

var modes = map[string]func(stable, candidate *model, rate float64) (mode, error){
	modeNone:  newNone,
	modeOurs:  newOurs,
	modeNaive: newNaive,
	modeSleep: newSleeper,
}

// hasShadows says whether a mode has any.
func hasShadows(mode string) bool { return mode != modeNone && mode != modeSleep }

// none is stable alone.
type none struct{ stable *model }

func newNone(stable, _ *model, _ float64) (mode, error) { return &none{stable}, nil }

func (n *none) Predict(ctx context.Context, in input) (float64, error) {
	return n.stable.Predict(ctx, in)
}

func (n *none) Settle() tally { return tally{} }

// naive is what one writes first: a goroutine for each shadow.
type naive struct {
	stable, candidate *model
	rate              float64
	asked, done       atomic.Int64
	running           sync.WaitGroup
}

func newNaive(stable, candidate *model, rate float64) (mode, error) {
	return &naive{stable: stable, candidate: candidate, rate: rate}, nil
}

func (n *naive) Predict(ctx context.Context, in input) (float64, error) {
	out, err := n.stable.Predict(ctx, in)
	if rand.Float64() < n.rate {
		n.asked.Add(1)
		n.running.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_, _ = n.candidate.Predict(ctx, in)
			n.done.Add(1)
		})
	}
	return out, err
}

func (n *naive) Settle() tally {
	n.running.Wait()
	return tally{Asked: n.asked.Load(), Drawn: n.asked.Load(), Done: n.done.Load()}
}

// sleeper is stable alone, and a goroutine that does nothing but sleep, a millisecond at a time: what a timer by itself does to callers.
type sleeper struct {
	none
	stop, stopped chan struct{}
}

func newSleeper(stable, _ *model, _ float64) (mode, error) {
	s := &sleeper{none: none{stable}, stop: make(chan struct{}), stopped: make(chan struct{})}
	go s.sleep()
	return s, nil
}

func (s *sleeper) sleep() {
	defer close(s.stopped)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.stop:
			return
		}
	}
}

func (s *sleeper) Settle() tally {
	close(s.stop)
	<-s.stopped
	return tally{}
}
