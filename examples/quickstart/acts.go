package main

import (
	"context"
	"fmt"
	"time"
)

const (
	perSecond = 12_000 // requests of all users together
	glances   = 20     // looks at the canary per second
)

// serving is a canary as the acts see it: something that answers, a flag in
// a person's hand, and an account of itself.
type serving struct {
	Ask     func(context.Context, Image) answer // one request
	SetFlag func(percent float64) error         // what a person does
	Status  func() status                       // what the canary says of itself
}

// status is a canary's account of itself.
type status struct {
	RolledBack bool
	Cause      string   // why; "" unless rolled back
	Verdicts   []string // the evidence, a line each
}

// act is one stretch of traffic while a person moves the flag.
type act struct {
	Title     string
	Version   string    // of the candidate
	Percents  []float64 // what the flag is set to, one after another
	Requests  int       // replayed at each of them
	Aftermath int       // replayed once the candidate is rolled back, in place of what is left
}

// programme is what the quick start plays. The outcome is not in it: a good
// model may be called bad, and a bad one may get through.
func programme(good, bad candidate) []act {
	return []act{
		{"Act 1: a person raises " + good.Version + " step by step", good.Version, []float64{1, 5, 25, 100}, 12_000, 6_000},
		{"Act 2: a person starts " + bad.Version + " at 5 % and looks away", bad.Version, []float64{5}, 36_000, 6_000},
		{"Act 3: the process starts again, and a person asks for more of " + bad.Version, bad.Version, []float64{5, 100}, 6_000, 6_000},
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
	traffic  *traffic
	live     []row
	stable   []int // stable's answer to each live row
	timeline *timeline
}

// play replays traffic through a canary while the act's hand moves the flag.
// When the candidate is rolled back on the way the act ends, after showing
// what serves from then on. A candidate that was out from the start gets the
// whole act: it is to be seen that no flag brings it back.
func (s *stage) play(ctx context.Context, a act, canary serving) (result, error) {
	s.timeline.heading(a.Title)
	tally := newTally(s.live, s.stable)
	wasOut := canary.Status().RolledBack
	for _, percent := range a.Percents {
		s.timeline.say("a person sets the flag to %g %%", percent)
		if err := canary.SetFlag(percent); err != nil {
			return result{}, fmt.Errorf("quickstart: set the flag to %g %%: %w", percent, err)
		}
		before := tally.total()
		out := s.serve(ctx, a.Requests, canary, tally, !wasOut)
		if ctx.Err() != nil {
			return result{}, fmt.Errorf("quickstart: %s: %w", a.Title, ctx.Err())
		}
		if out {
			s.rolledBack(tally.total(), canary.Status())
			before = tally.total()
			s.serve(ctx, a.Aftermath, canary, tally, false)
			s.step(before, tally.total())
			break
		}
		s.step(before, tally.total())
	}
	return result{Version: a.Version, counts: tally.total(), status: canary.Status()}, ctx.Err()
}

// serve replays n requests with a glance at the canary now and then. Where
// told to watch, it stops at the glance that finds the candidate rolled back
// and returns true.
func (s *stage) serve(ctx context.Context, n int, canary serving, tally *tally, watch bool) bool {
	const chunk = perSecond / glances
	ask := func(r request) {
		answer := canary.Ask(ctx, r.Image)
		tally.add(r, answer, time.Now())
	}
	for done := 0; done < n; done += chunk {
		s.traffic.replay(ctx, min(chunk, n-done), perSecond, ask)
		s.timeline.progress(min(n, done+chunk), n, grouped(tally.total().Candidate)+" to the candidate")
		if watch && canary.Status().RolledBack {
			return true
		}
	}
	return false
}

func (s *stage) step(before, after counts) {
	s.timeline.say("%s requests, %s to the candidate",
		grouped(after.Requests-before.Requests), grouped(after.Candidate-before.Candidate))
}

func (s *stage) rolledBack(c counts, st status) {
	s.timeline.say("rolled back after %s candidate calls in %s: %s", grouped(c.Candidate), milliseconds(c.Exposed), st.Cause)
}
