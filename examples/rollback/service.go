package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	perSecond    = 12_000 // requests of all users together
	shutdownTime = 5 * time.Second
)

// service is one life of the serving process: its users, the flag in a
// person's hand, the canary, and the state file through which it knows what
// happened in earlier lives.
type service struct {
	canary  *twoModels
	store   *rollback.File
	flags   *digits.Flags
	traffic *digits.Traffic
	seen    func(canary.Decision) // each request, concurrently; nil: nobody looks

	mu    sync.Mutex
	tally tally
}

// tally counts requests.
type tally struct {
	Requests  int
	Candidate int            // of them, given to the candidate
	Errors    int            // of them, answered with an error
	By        map[string]int // by the version of the model that answered
}

// openService starts to serve with the flag at 100 %.
func openService(ctx context.Context, state string, stable, candidate model, traffic *digits.Traffic, tell func(canary.Event)) (*service, error) {
	store, err := rollback.OpenFile(state)
	if err != nil {
		return nil, err
	}
	flags, err := digits.OpenFlags(ctx)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	s := &service{store: store, flags: flags, traffic: traffic, tally: tally{By: map[string]int{}}}
	if err := flags.Set(100); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.canary, err = newCanary(stable, candidate, flags.Client(), store, tell); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// serve answers n requests at an even pace and counts them.
func (s *service) serve(ctx context.Context, n int) tally {
	before := s.total()
	s.traffic.Replay(ctx, n, perSecond, func(r digits.Request) {
		_, decision, err := s.canary.Decide(ctx, r.Image)
		s.count(decision, err)
		if s.seen != nil {
			s.seen(decision)
		}
	})
	return s.total().since(before)
}

func (s *service) count(d canary.Decision, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Requests++
	s.tally.By[d.Version]++
	if d.Arm == canary.Candidate {
		s.tally.Candidate++
	}
	if err != nil {
		s.tally.Errors++
	}
}

func (s *service) total() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally
	t.By = maps.Clone(t.By)
	return t
}

// since is what came to a tally after it was another one.
func (t tally) since(before tally) tally {
	for version, n := range before.By {
		t.By[version] -= n
	}
	t.Requests -= before.Requests
	t.Candidate -= before.Candidate
	t.Errors -= before.Errors
	return t
}

// close ends the process as a deployment would: in order, whatever became of
// the context it ran in.
func (s *service) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	var err error
	if s.canary != nil {
		if err = s.canary.Shutdown(ctx); err != nil {
			err = fmt.Errorf("rollback: shut down: %w", err)
		}
	}
	return errors.Join(err, s.flags.Close(ctx), s.store.Close())
}
