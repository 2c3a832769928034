package main

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// Row 0 is one that stable gets right, row 1 one that it gets wrong.
func newTestTally() *tally {
	return newTally([]digits.Row{{Truth: 3}, {Truth: 5}}, []int{3, 6})
}

func TestTallyKnowsWhoWasHarmedAndWhoWasHelped(t *testing.T) {
	for name, tt := range map[string]struct {
		row    int
		answer answer
		want   counts
	}{
		"as right as stable":     {0, answer{Digit: digits.Digit{Value: 3}}, counts{}},
		"as wrong as stable":     {1, answer{Digit: digits.Digit{Value: 6}}, counts{}},
		"wrong in its own way":   {1, answer{Digit: digits.Digit{Value: 7}}, counts{}},
		"wrong, stable is right": {0, answer{Digit: digits.Digit{Value: 8}, Candidate: true}, counts{Candidate: 1, Harmed: 1}},
		"right, stable is wrong": {1, answer{Digit: digits.Digit{Value: 5}, Candidate: true}, counts{Candidate: 1, Helped: 1}},
		"failed, stable stepped in": {0, answer{Digit: digits.Digit{Value: 3}, Candidate: true, Fallback: true},
			counts{Candidate: 1, Fallbacks: 1}},
		"error": {0, answer{Err: errors.New("no"), Digit: digits.Digit{Value: 3}}, counts{Errors: 1, Harmed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			tally := newTestTally()
			tally.add(digits.Request{User: 9, Row: tt.row}, tt.answer, time.Now())
			tt.want.Requests, tt.want.Users = 1, 1
			if got := tally.total(); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTallyCountsAUserOnce(t *testing.T) {
	tally := newTestTally()
	for range 3 {
		tally.add(digits.Request{User: 1, Row: 0}, answer{Digit: digits.Digit{Value: 0}}, time.Now())
	}
	tally.add(digits.Request{User: 2, Row: 0}, answer{Digit: digits.Digit{Value: 0}}, time.Now())
	if got := tally.total(); got.Requests != 4 || got.Users != 2 || got.Harmed != 2 {
		t.Errorf("got %+v, want 4 requests of 2 users, both harmed", got)
	}
}

func TestTallyMeasuresExposureInAnyOrder(t *testing.T) {
	start := time.Now()
	tally := newTestTally()
	for _, at := range []time.Duration{30, 10, 90, 40} {
		tally.add(digits.Request{}, answer{Digit: digits.Digit{Value: 3}, Candidate: true}, start.Add(at*time.Millisecond))
	}
	tally.add(digits.Request{}, answer{Digit: digits.Digit{Value: 3}}, start.Add(time.Hour))
	if got := tally.total().Exposed; got != 80*time.Millisecond {
		t.Errorf("exposed for %v, want 80ms", got)
	}
}

func TestTallyConcurrentSafe(t *testing.T) {
	tally := newTestTally()
	var wg sync.WaitGroup
	for user := range 8 {
		wg.Go(func() {
			for range 100 {
				tally.add(digits.Request{User: user}, answer{Digit: digits.Digit{Value: 3}, Candidate: true}, time.Now())
				_ = tally.total()
			}
		})
	}
	wg.Wait()
	if got := tally.total(); got.Requests != 800 || got.Candidate != 800 || got.Users != 8 {
		t.Errorf("got %+v, want 800 requests of 8 users, all to the candidate", got)
	}
}

func TestAnswersMarkFailures(t *testing.T) {
	got := answers(make([]digits.Row, 3), &script{digits: []digits.Digit{{Value: 4, Confidence: 1}, {Value: -1, Confidence: 0}, {Value: 0, Confidence: 1}}})
	if len(got) != 3 || got[0] != 4 || got[1] != -1 || got[2] != 0 {
		t.Errorf("got %v, want [4 -1 0]", got)
	}
}
