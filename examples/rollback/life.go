package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/modelcanary/go-sdk/canary"
)

// lifetime bounds a child process that does not end by itself; it takes
// tenths of a second.
const lifetime = 30 * time.Second

// life is what a child process did and how it ended.
type life struct {
	Reports []report
	Exit    string // "signal: killed", "exit status 7"
	Status  int    // exit status; -1 after a signal
}

// live starts this program as a child process with an order and hears it out.
func live(ctx context.Context, o order) (life, error) {
	program, err := os.Executable()
	if err != nil {
		return life{}, fmt.Errorf("rollback: %w", err)
	}
	argument, err := json.Marshal(o)
	if err != nil {
		return life{}, fmt.Errorf("rollback: order: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lifetime)
	defer cancel()
	var out, complaints bytes.Buffer
	process := exec.CommandContext(ctx, program, serveCommand, string(argument)) //nolint:gosec // G204: it is this program
	process.Stdout, process.Stderr = &out, &complaints
	err = process.Run()
	reports, unheard := hear(&out)
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		return life{}, fmt.Errorf("rollback: child process: %w after it said %v", cmp.Or(context.Cause(ctx), err), kinds(reports))
	}
	l := life{Reports: reports, Exit: process.ProcessState.String(), Status: process.ProcessState.ExitCode()}
	if complaints.Len() > 0 {
		return l, fmt.Errorf("rollback: child process: %s: %s", l.Exit, bytes.TrimSpace(complaints.Bytes()))
	}
	return l, unheard
}

// kinds lists what reports are about.
func kinds(reports []report) []reportKind {
	all := make([]reportKind, len(reports))
	for i, r := range reports {
		all[i] = r.Kind
	}
	return all
}

// hear reads all that a child has said. It may have been cut short in the
// middle of a word.
func hear(r io.Reader) ([]report, error) {
	var all []report
	for words := json.NewDecoder(r); ; {
		var next report
		switch err := words.Decode(&next); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return all, nil
		case err != nil:
			return all, fmt.Errorf("rollback: child process: %w", err)
		}
		all = append(all, next)
	}
}

// find returns the first report of a kind.
func (l life) find(kind reportKind) (report, bool) {
	for _, r := range l.Reports {
		if r.Kind == kind {
			return r, true
		}
	}
	return report{}, false
}

// acked reports whether anybody has heard that the rollback is stored.
func (l life) acked() bool {
	for _, r := range l.Reports {
		if r.Acked {
			return true
		}
	}
	return false
}

// unjudged reports whether the candidate could not be judged, because the split
// of the requests was taken for broken.
func (l life) unjudged() bool {
	end, ok := l.find(ended)
	return ok && end.Text == string(canary.ReasonRoutingBroken)
}

// whole is the account of a process that ended in order.
func (l life) whole() (tally, error) {
	end, ok := l.find(ended)
	if !ok || end.Tally == nil || l.Status != 0 {
		return tally{}, fmt.Errorf("rollback: the process ended early: %s", l.Exit)
	}
	return *end.Tally, nil
}
