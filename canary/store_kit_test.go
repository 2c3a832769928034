package canary_test

import (
	"context"
	"errors"
	"sync"

	"github.com/modelcanary/go-sdk/rollback"
)

var errDisk = errors.New("the disk is full")

// shelf is a store that tests break and mend.
type shelf struct {
	inner rollback.Store

	mu    sync.Mutex
	load  func(context.Context) error // nil: works
	swap  func(context.Context, rollback.State) error
	swaps []rollback.State // acknowledged
	tries int
}

func newShelf() *shelf { return &shelf{inner: rollback.NewMemory()} }

// breakLoad and breakSwap put something before the two methods; nil mends them.
func (s *shelf) breakLoad(f func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load = f
}

func (s *shelf) breakSwap(f func(context.Context, rollback.State) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swap = f
}

func (s *shelf) Load(ctx context.Context) (rollback.State, error) {
	s.mu.Lock()
	load := s.load
	s.tries++
	s.mu.Unlock()
	if load != nil {
		if err := load(ctx); err != nil {
			return rollback.State{}, err
		}
	}
	return s.inner.Load(ctx)
}

func (s *shelf) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	s.mu.Lock()
	swap := s.swap
	s.tries++
	s.mu.Unlock()
	if swap != nil {
		if err := swap(ctx, next); err != nil {
			return rollback.State{}, err
		}
	}
	saved, err := s.inner.CompareAndSwap(ctx, next)
	if err == nil {
		s.mu.Lock()
		s.swaps = append(s.swaps, saved)
		s.mu.Unlock()
	}
	return saved, err
}

// stored is what the store holds.
func (s *shelf) stored() rollback.State {
	state, _ := s.inner.Load(context.Background())
	return state
}

// asked is how often the store was called.
func (s *shelf) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// failSwap is a full disk, failLoad an unreadable one.
func failSwap(context.Context, rollback.State) error { return errDisk }
func failLoad(context.Context) error                 { return errDisk }

// hangLoad and hangSwap wait for release, or for the context where it is minded.
func hangLoad(release <-chan struct{}) func(context.Context) error {
	return func(context.Context) error { <-release; return nil }
}

func hangSwap(release <-chan struct{}) func(context.Context, rollback.State) error {
	return func(context.Context, rollback.State) error { <-release; return nil }
}
