package main

import (
	"context"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
	"github.com/modelcanary/go-sdk/rollback"
)

// crashLoop is part 5: a candidate ends its process again and again. What
// cannot be judged, because nobody is left to judge, is seen at the next start.
func (s *stage) crashLoop(ctx context.Context) error {
	s.timeline.Heading("5. A model that ends its process in one of its answers")
	o := s.order("crashes", fatalVersion)
	o.Requests = 2_000
	for start := range rollback.CrashLoop {
		l, err := live(ctx, o)
		if err != nil {
			return err
		}
		s.timeline.Say("system", "start %d: %s", start+1, l.Exit)
		if l.Status != fatalStatus {
			return broken("start %d ended with status %d, want that of the model, %d", start+1, l.Status, fatalStatus)
		}
	}
	l, err := live(ctx, o)
	if err != nil {
		return err
	}
	total, err := l.whole()
	if err != nil {
		return broken("start %d: %v", rollback.CrashLoop+1, err)
	}
	s.timeline.Say("system", "start %d: serves", rollback.CrashLoop+1)
	if first, ok := l.find(started); ok {
		s.timeline.Say("canary", "%s: %s", describe(*first.State), first.State.Cause.Reason)
	}
	s.timeline.Say("users", "%s requests, %s to the candidate", screen.Grouped(total.Requests), screen.Grouped(total.Candidate))
	if total.Candidate > 0 {
		return broken("after %d crashes the candidate had %d requests", rollback.CrashLoop, total.Candidate)
	}
	return nil
}
