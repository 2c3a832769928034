// Command feedback rolls back a model on corrections alone.
//
//	go run ./examples/feedback            some 20 seconds
//	go run ./examples/feedback -seed 7    other users
//
// An HTTP service reads handwritten digits. Who gets a wrong answer corrects
// it, mostly, some minutes later: by the token that came with the answer, which
// does not say which model has given it. A minute lasts 20 milliseconds here.
//
//  1. Two equal models. Nobody is blamed.
//  2. A model that is as fast, as free of errors and wrong more often.
//     Latency and errors see nothing; the corrections roll it back.
//  3. The service is started again in between. A correction of before counts
//     once, and what is forged, repeated or late does not count.
//
// The exit status is 0 if all that was so, and 1 if not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const interrupted = 130 // exit status of a process that was told to end

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	os.Exit(status(run(ctx, os.Args[1:], os.Stdout), os.Stderr))
}

// status is the exit status of an error, which it prints.
func status(err error, out io.Writer) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		_, _ = fmt.Fprintln(out, "feedback: interrupted")
		return interrupted
	default:
		_, _ = fmt.Fprintln(out, err)
		return 1
	}
}

// options are the command line.
type options struct {
	seed     uint64
	requests int // of each act, at most
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	return play(ctx, o, out)
}

// parseOptions reads the command line; asked for help it prints it and returns
// flag.ErrHelp.
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("feedback", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&o.seed, "seed", 1, "decides who sends what, and who corrects what when")
	flags.IntVar(&o.requests, "requests", 12_000, "how many requests each act has at most")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("feedback: %w", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("feedback: unexpected argument %q", flags.Arg(0))
	case o.requests < 1:
		return o, fmt.Errorf("feedback: -requests %d is not positive", o.requests)
	}
	return o, nil
}
