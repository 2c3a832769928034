package main

import (
	"context"
	"fmt"
	"os"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	storyFile  = "digits"
	attempts   = 200    // to kill between two writes, which may be microseconds apart
	thereafter = 10_000 // requests to the process that follows
)

// killInTheMiddle is part 1: a process is killed when the first copy of its
// rollback is on disk, and nobody was told yet.
func (s *stage) killInTheMiddle(ctx context.Context) error {
	s.timeline.Heading("1. A process is killed in the middle of a rollback")
	s.timeline.Say("person", "starts %s, which is worse, with the flag at 100 %% and a ramp that allows %g %% at first", worseVersion, 100*ramp.Steps[0])
	for late := range attempts {
		o := s.order(storyFile, worseVersion)
		o.Verdict, o.Requests, o.Kill = true, glance, kill{Moment: afterFirstSlot}
		l, err := live(ctx, o)
		if err != nil {
			return err
		}
		if !l.acked() && !l.unjudged() {
			return s.tellKill(ctx, l, late)
		}
		if err := s.forget(storyFile); err != nil {
			return err
		}
	}
	return fmt.Errorf("rollback: %d processes were acknowledged before they could be killed", attempts)
}

// tellKill says how a process ended, and what it has left. So many processes
// before it were killed too late.
func (s *stage) tellKill(ctx context.Context, l life, late int) error {
	if _, ok := l.find(killing); !ok {
		return broken("the process was not killed: %s", l.Exit)
	}
	if late > 0 {
		s.timeline.Say("process", "stores faster than it can be killed: once more, %s", screen.Plural(late, "time"))
	}
	s.timeline.Say("canary", "rolls back, and begins to store that")
	s.timeline.Say("process", "reads in the state file that %s is out, was not told that this is stored, and kills itself", worseVersion)
	s.timeline.Say("system", "%s", l.Exit)
	states, err := readSlots(ctx, s.path(storyFile))
	if err != nil {
		return err
	}
	out := 0
	for i, state := range states {
		s.timeline.Say("disk", "slot %d: %s", i+1, describe(state))
		if state.Stage == rollback.RolledBack {
			out++
		}
	}
	if out == 0 {
		return broken("no slot holds the rollback that was read")
	}
	return nil
}

// describe is a state in one line.
func describe(s rollback.State) string {
	if s.Epoch == 0 {
		return "damaged, half written"
	}
	return fmt.Sprintf("epoch %d of %s, %s", s.Epoch, s.Version, s.Stage)
}

// startAgain is part 2: the next process, with the same file, the same
// candidate and the flag still up.
func (s *stage) startAgain(ctx context.Context) error {
	s.timeline.Heading("2. The next process, with the flag still at 100 %")
	o := s.order(storyFile, worseVersion)
	o.Requests, o.Insist = thereafter, true
	l, err := live(ctx, o)
	if err != nil {
		return err
	}
	total, err := l.whole()
	if err != nil {
		return err
	}
	if first, ok := l.find(started); ok {
		s.timeline.Say("canary", "%s: %s", describe(*first.State), first.State.Cause.Reason)
	}
	s.timeline.Say("person", "sets the flag to 100 %% again, and tries all there is")
	for _, r := range l.Reports {
		if r.Kind == refused || r.Kind == accepted {
			s.timeline.Say("canary", "%s", r.Text)
		}
	}
	s.timeline.Say("users", "%s requests, %s to the candidate", screen.Grouped(total.Requests), screen.Grouped(total.Candidate))
	if _, taken := l.find(accepted); taken || total.Candidate > 0 || total.Requests != thereafter {
		return broken("after the restart the candidate had %d of %d requests", total.Candidate, total.Requests)
	}
	return nil
}

// forget removes a state file: the next process is the first.
func (s *stage) forget(name string) error {
	return os.Remove(s.path(name))
}
