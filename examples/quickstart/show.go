package main

import (
	"context"
	"errors"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// show plays acts one after another: the same users, the same flag and the
// same state file throughout, a new process for each act.
type show struct {
	stage *stage
	model predictor // stable
	flags *digits.Flags
	state string // path of the state file
}

// play plays the acts. What was played stands in the results, also when an
// act cannot be finished.
func (s *show) play(ctx context.Context, acts []act) (results []result, err error) {
	for _, a := range acts {
		r, err := s.act(ctx, a)
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// act starts a process, plays the act with it, and ends it.
func (s *show) act(ctx context.Context, a act) (result, error) {
	s.stage.timeline.Heading(a.Title)
	if a.Deploy {
		if err := s.flags.Set(0); err != nil {
			return result{}, err
		}
	}
	p, err := startProcess(s.model, a.Candidate, s.flags, s.state, s.stage.timeline)
	if err != nil {
		return result{}, err
	}
	r, err := s.stage.play(ctx, a, serving{Ask: p.ask, SetFlag: s.flags.Set, Status: p.status, Tripped: p.tripped})
	err = errors.Join(err, p.stop())
	r.status = p.status() // with the last calls
	return r, err
}
