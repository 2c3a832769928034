// Command quickstart puts new models for handwritten digits beside one that
// works, and lets a canary decide which of them stays.
//
//	go run ./examples/quickstart                        a good candidate, then a bad one
//	go run ./examples/quickstart -candidate quantised   another bad one
//	go run ./examples/quickstart -state digits.state    keep what was decided; run it twice
//
// The models are trained at the start, on real data, in less than a second.
// Then some 60,000 requests of 40,000 users are served in three acts:
//
//  1. A person raises the flag for a good candidate: 1, 5, 25, 100 %.
//  2. A bad candidate is deployed at 5 %, and nobody looks. The canary does.
//  3. The process restarts with the flag still up. The candidate stays out.
//
// Nothing is scripted but what the person does. What becomes of a candidate is
// for the canary to say, and another seed may end otherwise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// interrupted is the exit status of a process that was told to end.
const interrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	switch err := run(ctx, os.Args[1:], os.Stdout); {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "quickstart: interrupted")
		os.Exit(interrupted)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	seed      uint64    // of the traffic
	candidate candidate // the model that follows the good one
	state     string    // path of the state file; "" is a fresh one
}

// parseOptions reads the command line; asked for help it prints it and
// returns flag.ErrHelp.
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&o.seed, "seed", 1, "decides who sends what")
	flags.StringVar(&o.state, "state", "", "where to keep what was decided (default a file that is removed at the end)")
	name := flags.String("candidate", "misscaled", "the model of acts 2 and 3: "+strings.Join(candidateNames(), ", "))
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	}
	if err != nil {
		return o, fmt.Errorf("quickstart: %w", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("quickstart: unexpected argument %q", flags.Arg(0))
	}
	o.candidate, err = findCandidate(*name)
	return o, err
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	lab, err := digits.NewLab()
	if err != nil {
		return err
	}
	good := candidates()[0]
	entrants := []candidate{good}
	if o.candidate.Name != good.Name {
		entrants = append(entrants, o.candidate)
	}
	all := contests(lab, entrants...)
	acts := programme(all[0], all[len(all)-1])
	_, _ = fmt.Fprintf(out, "What %d rows that no model has seen say of the models:\n\n", len(lab.Data.Live))
	if err := reportModels(out, all); err != nil {
		return err
	}
	results, err := perform(ctx, o, lab.Stable, lab.Data.Live, acts, out)
	return errors.Join(err, reportActs(out, results), keepsake(out, o))
}

// keepsake says what a state file that is kept is good for.
func keepsake(out io.Writer, o options) error {
	if o.state == "" {
		return nil
	}
	_, err := fmt.Fprintln(out, "\n"+screen.Hang("", "What was decided is kept in "+o.state+": with the same -state a candidate that is out stays out."))
	return err
}

// perform plays the acts. Whatever ends them, nothing of the show is left
// running, and no file but a state file that was asked for.
func perform(ctx context.Context, o options, stable predictor, live []digits.Row, acts []act, out io.Writer) (results []result, err error) {
	state, remove, err := stateFile(o.state)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	flags, err := digits.OpenFlags(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, flags.Close(context.WithoutCancel(ctx))) }()
	show := show{
		stage: &stage{
			traffic:  digits.NewTraffic(o.seed, live),
			live:     live,
			stable:   answers(live, stable),
			timeline: screen.NewTimeline(out, screen.IsTerminal(out)),
		},
		model: stable,
		flags: flags,
		state: state,
	}
	return show.play(ctx, acts)
}

// stateFile returns the path that was asked for, or else one in a directory
// of its own, and what removes that directory.
func stateFile(asked string) (path string, remove func() error, err error) {
	if asked != "" {
		return asked, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "quickstart-")
	if err != nil {
		return "", nil, fmt.Errorf("quickstart: make a directory for the state: %w", err)
	}
	return filepath.Join(dir, "digits.state"), func() error { return os.RemoveAll(dir) }, nil
}
