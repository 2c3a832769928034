package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The whole program, with two kills: what it says is what it found.
func TestTheProgramKeepsItsPromises(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out strings.Builder
	err := play(t.Context(), options{kills: 2, seed: 3}, testModels(t), &out)
	if err != nil || status(err, &out) != 0 {
		t.Fatalf("got %v, want that all promises are kept, in\n%s", err, out.String())
	}
	for _, want := range []string{
		`slot [12]: epoch 1 of softmax-3, rolled_back\n`,
		`canary: jump: refused: `,
		`canary: approve: refused: `,
		`canary: promote: refused: `,
		`users   10,000 requests, 0 to the candidate\n`,
		`  \d rollbacks? acknowledged, 0 lost\n`,
		`users   2,400 requests: softmax-1 100.0 %\n`,
		`softmax-1 \d\.\d %, softmax-3\.1 9\d\.\d %\n`, // the holdback is 5 %
		`users   2,400 requests: softmax-3.1 100.0 %\n`,
		`applied true, durable true`,
		`start 3: exit status 7\n`,
		`epoch 1 of softmax-3x, rolled_back: crash_loop: `,
		`users   2,000 requests, 0 to the candidate\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v, want nothing", left, err)
	}
}

func TestAnInterruptedProgramLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints strings.Builder
	if got := status(play(ctx, options{kills: 20}, testModels(t), &out), &complaints); got != interrupted || complaints.String() != "rollback: interrupted\n" {
		t.Errorf("exit status %d and %q, want %d", got, complaints.String(), interrupted)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v, want nothing", left, err)
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		text   string
	}{
		{nil, 0, ""},
		{broken("%d lost", 1), 1, "rollback: a promise was not kept: 1 lost\n"},
		{errors.New("rollback: no disk"), 1, "rollback: no disk\n"},
		{fmt.Errorf("rollback: %w", context.Canceled), interrupted, "rollback: interrupted\n"},
	} {
		var out strings.Builder
		if got := status(tt.err, &out); got != tt.status || out.String() != tt.text {
			t.Errorf("%v: exit status %d and %q, want %d and %q", tt.err, got, out.String(), tt.status, tt.text)
		}
	}
}

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"kills":    {[]string{"-kills", "-1"}, "-kills -1 is negative"},
		"seed":     {[]string{"-seed", "x"}, `invalid value "x"`},
		"flag":     {[]string{"-speed", "9"}, "-speed"},
		"argument": {[]string{"again"}, `unexpected argument "again"`},
		"order":    {[]string{serveCommand, "{"}, "order: "},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), tt.args, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "rollback: ") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q, want nothing but the error", out.String())
			}
		})
	}
}

func TestRunHelps(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-h"}, &out); err != nil || !strings.Contains(out.String(), "-kills") {
		t.Errorf("got %v and\n%s", err, out.String())
	}
}
