package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// recalled is a model that has seen every live row before: it gives the
// answers of the real one without computing them again.
type recalled map[[digits.Pixels]float64]digits.Digit

func (r recalled) Predict(_ context.Context, in digits.Image) (digits.Digit, error) {
	return r[in.Pixels], nil
}

func recall(t *testing.T, model predictor) recalled {
	t.Helper()
	r := recalled{}
	for _, row := range trained(t).Data.Live {
		digit, err := model.Predict(t.Context(), digits.Image{Pixels: row.Pixels})
		if err != nil {
			t.Fatal(err)
		}
		r[row.Pixels] = digit
	}
	return r
}

// rehearsal is the programme with a quarter of the traffic. To be played in a
// bubble: there no time passes while a model computes, so nothing depends on
// how fast or how busy the machine is.
type rehearsal struct {
	stable predictor
	live   []digits.Row
	acts   []act
}

func newRehearsal(t *testing.T, bad string) rehearsal {
	t.Helper()
	entrants := make([]contest, 2)
	for i, name := range []string{"better", bad} {
		c, err := findCandidate(name)
		if err != nil {
			t.Fatal(err)
		}
		entrants[i] = contest{candidate: c, model: recall(t, sharedModel(t, name))}
	}
	r := rehearsal{stable: recall(t, trained(t).Stable), live: trained(t).Data.Live, acts: programme(entrants[0], entrants[1])}
	for i := range r.acts {
		r.acts[i].Requests /= 4
		r.acts[i].Aftermath /= 4
	}
	return r
}

func (r rehearsal) play(ctx context.Context, state string, out io.Writer) ([]result, error) {
	return perform(ctx, options{seed: 1, state: state}, r.stable, r.live, r.acts, out)
}

func TestTheBadCandidateIsRolledBackAndStaysOut(t *testing.T) {
	rehearsal := newRehearsal(t, "misscaled")
	state := filepath.Join(t.TempDir(), "digits.state")
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		results, err := rehearsal.play(t.Context(), state, &out)
		if err != nil || len(results) != 3 {
			t.Fatalf("got %d acts and %v, want 3", len(results), err)
		}
		good, bad, after := results[0], results[1], results[2]
		if good.RolledBack || good.Candidate < good.Requests/4 { // a third on the average of the steps
			t.Errorf("act 1: %+v, want no rollback and a third of the requests", good)
		}
		if !bad.RolledBack || bad.Culprit != "distribution(confidence)" || bad.Candidate == 0 || bad.Candidate > 100 {
			t.Errorf("act 2: %+v, want a rollback by the confidence within 100 calls", bad)
		}
		if bad.Requests > 600+1500 { // the glance that sees it, and the aftermath
			t.Errorf("act 2 went on for %d requests, want that it ends with the candidate", bad.Requests)
		}
		if bad.Harmed == 0 || bad.Harmed > bad.Candidate {
			t.Errorf("act 2 harmed %d users in %d calls", bad.Harmed, bad.Candidate)
		}
		if !after.RolledBack || after.Candidate != 0 || after.Requests != 3000 || after.Cause != bad.Cause {
			t.Errorf("act 3: %+v, want 3000 requests, none to the candidate, for the cause of act 2", after)
		}
		for _, r := range results {
			if r.Errors != 0 {
				t.Errorf("%d errors reached users, want none", r.Errors)
			}
		}
		for _, want := range []string{"epoch 1: softmax-2 is on trial\n", "epoch 2: softmax-3 is on trial\n", "rolls back, and has stored that: ", "epoch 2: softmax-3 is out: "} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
	})
	t.Run("the next time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			results, err := rehearsal.play(t.Context(), state, &out)
			if err != nil || len(results) != 3 {
				t.Fatalf("got %d acts and %v, want 3", len(results), err)
			}
			if good := results[0]; good.RolledBack || good.Candidate == 0 {
				t.Errorf("act 1: %+v, want a new epoch of the good candidate", good)
			}
			for i, r := range results[1:] {
				if !r.RolledBack || r.Candidate != 0 || r.by() != "stays out" {
					t.Errorf("act %d: %+v, want that the candidate stays out", i+2, r)
				}
			}
			if strings.Contains(out.String(), "rolls back") || !strings.Contains(out.String(), "epoch 3: softmax-2 is on trial\n") {
				t.Errorf("got\n%s\nwant a third epoch and no second rollback", out.String())
			}
		})
	})
}

// The same version is the same epoch: after a restart it goes on, with its
// evidence.
func TestAnEpochGoesOn(t *testing.T) {
	rehearsal := newRehearsal(t, "better")
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		results, err := rehearsal.play(t.Context(), "", &out)
		if err != nil || len(results) != 3 {
			t.Fatalf("got %d acts and %v, want 3", len(results), err)
		}
		for i, r := range results {
			if r.RolledBack || r.Candidate == 0 || r.Epoch != 1 {
				t.Errorf("act %d: %+v, want calls of the candidate in epoch 1", i+1, r)
			}
		}
		for _, want := range []string{"epoch 1 goes on: softmax-2 is on trial and has had 95 %\n", "canary  the evidence goes on at ln E"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
	})
}

// A person who cannot be told what was decided must not be shown a candidate.
func TestWithoutAReadableStateStableServes(t *testing.T) {
	rehearsal := newRehearsal(t, "better")
	broken := filepath.Join(t.TempDir(), "digits.state")
	if err := os.WriteFile(broken, []byte("not a state file"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		results, err := rehearsal.play(t.Context(), broken, &out)
		if err != nil || len(results) != 3 {
			t.Fatalf("got %d acts and %v, want 3", len(results), err)
		}
		for i, r := range results {
			if r.Candidate != 0 || r.Errors != 0 || r.by() != "never served" {
				t.Errorf("act %d: %+v, want that stable alone serves", i+1, r)
			}
		}
		if !strings.Contains(out.String(), "state_unreadable") {
			t.Errorf("nobody is told why:\n%s", out.String())
		}
	})
}

func TestAnInterruptedShowLeavesNothing(t *testing.T) {
	rehearsal := newRehearsal(t, "misscaled")
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		ctx, cancel := context.WithTimeout(t.Context(), 1100*time.Millisecond) // in act 2
		defer cancel()
		results, err := rehearsal.play(ctx, "", io.Discard)
		if !errors.Is(err, context.DeadlineExceeded) || len(results) != 1 {
			t.Errorf("got %d acts and %v, want the first act and the end of the context", len(results), err)
		}
	})
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v, want nothing", left, err)
	}
}
