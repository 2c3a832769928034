package main

import (
	"context"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// answer is what came back to a user.
type answer struct {
	Digit     digits.Digit
	Err       error
	Candidate bool // the request was given to the candidate
	Fallback  bool // the candidate failed and stable answered instead
}

// tally keeps the score of one act. It knows what nobody knows in production:
// the truth, and what stable would have answered. Safe for concurrent use.
type tally struct {
	live   []digits.Row
	stable []int // what stable answers to each live row

	mu     sync.Mutex
	counts counts
	seen   map[int]bool // users
	harmed map[int]bool // users who got a wrong digit where stable would have been right
	helped map[int]bool // users who got the right digit where stable would have been wrong
	start  time.Time    // of the candidate's first call
	end    time.Time    // of its latest
}

// counts is the plain part of a tally.
type counts struct {
	Requests  int           // answered, by whichever arm
	Errors    int           // of them, with an error
	Candidate int           // of them, given to the candidate
	Fallbacks int           // of those, answered by stable because the candidate failed
	Users     int           // who sent them
	Harmed    int           // users who got a wrong digit where stable would have been right
	Helped    int           // users who got the right digit where stable would have been wrong
	Exposed   time.Duration // from the candidate's first call to its latest
}

// newTally opens an account against what stable answers to the live rows.
func newTally(live []digits.Row, stable []int) *tally {
	return &tally{live: live, stable: stable, seen: map[int]bool{}, harmed: map[int]bool{}, helped: map[int]bool{}}
}

// add enters one answer, given now.
func (t *tally) add(r digits.Request, a answer, now time.Time) {
	truth, stable := t.live[r.Row].Truth, t.stable[r.Row]
	right := a.Err == nil && a.Digit.Value == truth
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Requests++
	t.seen[r.User] = true
	if a.Err != nil {
		t.counts.Errors++
	}
	if a.Candidate {
		t.exposed(now, a.Fallback)
	}
	if !right && stable == truth {
		t.harmed[r.User] = true
	}
	if right && stable != truth {
		t.helped[r.User] = true
	}
}

// exposed counts a call of the candidate; callers may come out of order.
// Requires the lock.
func (t *tally) exposed(now time.Time, fallback bool) {
	if t.counts.Candidate == 0 || now.Before(t.start) {
		t.start = now
	}
	if now.After(t.end) {
		t.end = now
	}
	t.counts.Candidate++
	if fallback {
		t.counts.Fallbacks++
	}
}

// total returns the score so far.
func (t *tally) total() counts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts
	c.Users, c.Harmed, c.Helped = len(t.seen), len(t.harmed), len(t.helped)
	c.Exposed = t.end.Sub(t.start)
	return c
}

// answers lists what a model says to each row; -1 where it fails.
func answers(rows []digits.Row, model predictor) []int {
	out := make([]int, len(rows))
	for i, r := range rows {
		out[i] = -1
		if d, err := model.Predict(context.Background(), digits.Image{Pixels: r.Pixels}); err == nil {
			out[i] = d.Value
		}
	}
	return out
}
