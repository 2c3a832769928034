package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// scripted stands where the canary will: it gives every n-th request to a
// candidate that is always wrong, and takes it back after so many calls.
type scripted struct {
	mu        sync.Mutex
	every     int // 0: never
	limit     int // candidate calls before the rollback; 0: none
	out       bool
	asked     int
	candidate int
	flags     []float64
	tripped   chan struct{}
}

func (s *scripted) serving() serving {
	s.tripped = make(chan struct{})
	return serving{
		Tripped: s.tripped,
		Ask: func(context.Context, digits.Image) answer {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.asked++
			if s.out || s.every == 0 || s.asked%s.every != 0 {
				return answer{Digit: digits.Digit{Value: 1}}
			}
			s.candidate++
			if s.candidate == s.limit {
				s.out = true
				close(s.tripped)
			}
			return answer{Digit: digits.Digit{Value: 2}, Candidate: true}
		},
		SetFlag: func(percent float64) error {
			s.flags = append(s.flags, percent)
			return nil
		},
		Status: func() status {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.out {
				return status{Epoch: 7, RolledBack: true, Cause: "always 2"}
			}
			return status{Epoch: 7}
		},
	}
}

func entrant(version string) contest { return contest{candidate: candidate{Version: version}} }

func newTestStage(out io.Writer) *stage {
	live := make([]digits.Row, 50)
	stable := make([]int, len(live))
	for i := range live {
		live[i].Truth, stable[i] = 1, 1
	}
	return &stage{traffic: digits.NewTraffic(1, live), live: live, stable: stable, timeline: screen.NewTimeline(out, false)}
}

func TestProgrammeIsLongEnoughToJudgeAndShortEnoughToWatch(t *testing.T) {
	least, most := 0, 0
	for _, a := range programme(entrant("v2"), entrant("v3")) {
		least += a.Aftermath
		most += a.Requests*len(a.Percents) + a.Aftermath
	}
	if least < 10_000 || most < 20_000 {
		t.Errorf("%d to %d requests, want 10,000 whatever happens and 20,000 when all goes well", least, most)
	}
	if seconds := most / perSecond; seconds > 20 {
		t.Errorf("takes %d s, want at most 20", seconds)
	}
}

func TestAnActPlaysAllItsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		canary := &scripted{every: 10}
		got, err := newTestStage(&out).play(t.Context(), act{Candidate: entrant("v2"), Deploy: true, Percents: []float64{1, 25}, Requests: 1500, Aftermath: 900}, canary.serving())
		if err != nil {
			t.Fatal(err)
		}
		if got.Requests != 3000 || got.Candidate != 300 || got.RolledBack || got.Version != "v2" {
			t.Errorf("got %+v, want 3000 requests, 300 to the candidate, no rollback", got)
		}
		if len(canary.flags) != 2 || canary.flags[0] != 1 || canary.flags[1] != 25 {
			t.Errorf("the flag went through %v, want 1, 25", canary.flags)
		}
		if want := "person  sets the flag to 25 %\n   0.25 s  users   1,500 requests, 150 to the candidate\n"; !strings.Contains(out.String(), want) {
			t.Errorf("got timeline\n%s\nwant in it\n%s", out.String(), want)
		}
	})
}

func TestAnActEndsAfterARollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		canary := &scripted{every: 10, limit: 7}
		got, err := newTestStage(&out).play(t.Context(), act{Deploy: true, Percents: []float64{5, 25}, Requests: 12_000, Aftermath: 1200}, canary.serving())
		if err != nil {
			t.Fatal(err)
		}
		if got.Candidate != 7 || !got.RolledBack || got.Harmed == 0 || got.Harmed > 7 {
			t.Errorf("got %+v, want a rollback after 7 candidate calls that harmed at most 7 users", got)
		}
		if got.Requests != 600+1200 { // the glance that saw it, and the aftermath
			t.Errorf("got %d requests, want 1800", got.Requests)
		}
		if len(canary.flags) != 1 {
			t.Errorf("the flag went through %v, want 5 only", canary.flags)
		}
		for _, want := range []string{"600 requests, 7 to the candidate\n", "the candidate had 7 calls in ", "1,200 requests, 0 to the candidate\n"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("got timeline\n%s\nwant in it %q", out.String(), want)
			}
		}
	})
}

func TestACandidateThatIsOutGetsTheWholeAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		canary := &scripted{every: 10, out: true}
		got, err := newTestStage(&out).play(t.Context(), act{Candidate: entrant("v3"), Percents: []float64{5, 100}, Requests: 1200, Aftermath: 10}, canary.serving())
		if err != nil {
			t.Fatal(err)
		}
		if got.Requests != 2400 || got.Candidate != 0 || !got.RolledBack || len(canary.flags) != 2 {
			t.Errorf("got %+v with flags %v, want 2400 requests, none to the candidate, both flags", got, canary.flags)
		}
		for _, want := range []string{"canary  epoch 7: v3 is out: always 2\n", "person  has left the flag at 5 %\n", "person  sets the flag to 100 %\n"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("got timeline\n%s\nwant in it %q", out.String(), want)
			}
		}
	})
}

func TestAnActStopsWhenTheFlagCannotBeSet(t *testing.T) {
	broken := errors.New("no provider")
	canary := (&scripted{}).serving()
	canary.SetFlag = func(float64) error { return broken }
	_, err := newTestStage(io.Discard).play(t.Context(), act{Percents: []float64{5}, Requests: 10}, canary)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the provider's error", err)
	}
}

func TestAnActEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		canary := &scripted{}
		_, err := newTestStage(io.Discard).play(ctx, act{Title: "act 1", Percents: []float64{5, 25}, Requests: 1_000_000}, canary.serving())
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("took %v, want 1s", took)
		}
		if len(canary.flags) != 1 {
			t.Errorf("the flag went through %v, want 5 only", canary.flags)
		}
	})
}
