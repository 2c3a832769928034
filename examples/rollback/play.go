package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// errPromise means that something was not as the story says it is.
var errPromise = errors.New("rollback: a promise was not kept")

// broken is a promise that was not kept.
func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errPromise, fmt.Sprintf(format, args...))
}

// stage has what all parts share.
type stage struct {
	options
	live     []digits.Row
	dir      string // of models and state files
	out      io.Writer
	timeline *screen.Timeline
}

// play plays all parts, and leaves no file and no process. A promise that was
// not kept in one of them does not end it.
func play(ctx context.Context, o options, t trained, out io.Writer) (err error) {
	s, err := newStage(o, t, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }() //nolint:gosec // G703: it has made it
	var promises error
	for _, part := range []func(context.Context) error{s.killInTheMiddle, s.startAgain, s.killAtRandom, s.climb, s.crashLoop} {
		switch err := part(ctx); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errPromise):
			promises = errors.Join(promises, err)
		case err != nil:
			return err
		}
	}
	return promises
}

// newStage writes the models where child processes find them.
func newStage(o options, t trained, out io.Writer) (*stage, error) {
	dir, err := os.MkdirTemp("", "rollback-")
	if err != nil {
		return nil, fmt.Errorf("rollback: %w", err)
	}
	if err := t.write(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &stage{options: o, live: t.live, dir: dir, out: out, timeline: screen.NewTimeline(out, screen.IsTerminal(out))}, nil
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name+".state") }

// order is an order to serve a candidate with a state file.
func (s *stage) order(name, candidate string) order {
	return order{State: s.path(name), Models: s.dir, Candidate: candidate, Seed: s.seed}
}
