package main

import (
	"context"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

const (
	perSecond = 12_000 // requests of all users together
	glances   = 20     // looks at the canary per second
)

// serving is a canary as the acts see it: something that answers, a flag in
// a person's hand, and an account of itself.
type serving struct {
	Ask     func(context.Context, digits.Image) answer // one request
	SetFlag func(percent float64) error                // what a person does
	Status  func() status                              // what the canary says of itself
	Tripped <-chan struct{}                            // closed when it rolls back while it serves
}

// status is a canary's account of itself.
type status struct {
	Epoch      uint64  // 0 while nothing is known
	Highest    float64 // the largest share in this epoch so far, in [0, 1]
	RolledBack bool
	Cause      string  // why, as it is stored; "" unless rolled back
	Culprit    string  // the criterion that failed; "" if none did
	Verdict    string  // what that criterion has to say
	LogE       float64 // evidence against the candidate in this epoch, in nats
	Limit      float64 // at which it is rolled back
	Blind      string  // why no further evidence comes; "" while it does
}

// act is one stretch of traffic while a person moves the flag.
type act struct {
	Title     string
	Candidate contest
	Deploy    bool      // a person deploys it, with the flag at 0 %; otherwise the flag is as it was left
	Percents  []float64 // what the flag is set to, one after another
	Requests  int       // replayed at each of them
	Aftermath int       // replayed once the candidate is rolled back, in place of what is left
}

// programme is what the quick start plays. The outcome is not in it: a good
// model may be called bad, and a bad one may get through.
func programme(good, bad contest) []act {
	return []act{
		{"Act 1: a person raises " + good.Version + " step by step", good, true, []float64{1, 5, 25, 100}, 12_000, 6_000},
		{"Act 2: a person starts " + bad.Version + " at 5 % and looks away", bad, true, []float64{5}, 36_000, 6_000},
		{"Act 3: the process restarts, the flag is still up, a person raises it", bad, false, []float64{5, 100}, 6_000, 6_000},
	}
}

// result is what became of an act.
type result struct {
	Version string // of the candidate
	counts
	status
}

// stage has what all acts share.
type stage struct {
	traffic  *digits.Traffic
	live     []digits.Row
	stable   []int // stable's answer to each live row
	timeline *screen.Timeline
}

// play replays traffic through a canary while the act's hand moves the flag.
// When the candidate is rolled back on the way the act ends, after showing
// what serves from then on. A candidate that was out from the start gets the
// whole act: it is to be seen that no flag brings it back.
func (s *stage) play(ctx context.Context, a act, canary serving) (result, error) {
	tally := newTally(s.live, s.stable)
	s.opening(a, canary.Status())
	for i, percent := range a.Percents {
		if err := s.setFlag(percent, i == 0 && !a.Deploy, canary); err != nil {
			return result{}, err
		}
		out := s.step(ctx, a.Requests, canary, tally)
		if ctx.Err() != nil {
			return result{}, fmt.Errorf("quickstart: %s: %w", a.Title, ctx.Err())
		}
		if out {
			s.rolledBack(tally.total())
			s.step(ctx, a.Aftermath, serving{Ask: canary.Ask}, tally)
			break
		}
	}
	st := canary.Status()
	if st.Blind != "" && !st.RolledBack && st.Epoch > 0 {
		s.timeline.Say("canary", "learns nothing more: %s", st.Blind)
	}
	return result{Version: a.Candidate.Version, counts: tally.total(), status: st}, ctx.Err()
}

// opening says what the canary remembers.
func (s *stage) opening(a act, st status) {
	switch version := a.Candidate.Version; {
	case st.Epoch == 0: // the canary says itself why it knows nothing
	case st.RolledBack:
		s.timeline.Say("canary", "epoch %d: %s is out: %s", st.Epoch, version, st.Cause)
	case st.Highest > 0:
		s.timeline.Say("canary", "epoch %d goes on: %s is on trial and has had %g %%", st.Epoch, version, 100*st.Highest)
	default:
		s.timeline.Say("canary", "epoch %d: %s is on trial", st.Epoch, version)
	}
}

// setFlag is what a person does; where the flag was left at that value it is
// nothing.
func (s *stage) setFlag(percent float64, left bool, canary serving) error {
	if left {
		s.timeline.Say("person", "has left the flag at %g %%", percent)
	} else {
		s.timeline.Say("person", "sets the flag to %g %%", percent)
	}
	return canary.SetFlag(percent)
}

// step replays n requests and says where they went. It returns true, at the
// next glance, when the canary has rolled back meanwhile.
func (s *stage) step(ctx context.Context, n int, canary serving, tally *tally) (out bool) {
	before := tally.total()
	out = s.serve(ctx, n, canary, tally)
	after := tally.total()
	s.timeline.Say("users", "%s requests, %s to the candidate",
		screen.Grouped(after.Requests-before.Requests), screen.Grouped(after.Candidate-before.Candidate))
	return out
}

// serve replays requests with a glance at the canary now and then.
func (s *stage) serve(ctx context.Context, n int, canary serving, tally *tally) (out bool) {
	const chunk = perSecond / glances
	ask := func(r digits.Request) {
		answer := canary.Ask(ctx, r.Image)
		tally.add(r, answer, time.Now())
	}
	for done := 0; done < n && ctx.Err() == nil; done += chunk {
		s.traffic.Replay(ctx, min(chunk, n-done), perSecond, ask)
		s.timeline.Progress(min(n, done+chunk), n, screen.Grouped(tally.total().Candidate)+" to the candidate")
		select {
		case <-canary.Tripped:
			return true
		default:
		}
	}
	return false
}

func (s *stage) rolledBack(c counts) {
	s.timeline.Say("users", "the candidate had %s calls in %s; %s got a wrong digit where stable is right",
		screen.Grouped(c.Candidate), screen.Milliseconds(c.Exposed), screen.Plural(c.Harmed, "user"))
}
