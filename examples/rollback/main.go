// Command rollback kills a serving process in the middle of a rollback and
// looks whether the rollback is lost.
//
//	go run ./examples/rollback               20 kills, some 10 seconds
//	go run ./examples/rollback -kills 1000   some minutes
//
// A flag is at 100 %, a ramp lets a worse model have 5 % of the requests, and
// the canary takes it out. Then:
//
//  1. The process is killed while that is being stored.
//  2. The next process keeps the model out, whatever a person asks for.
//  3. The same at random moments around the trip, many times.
//  4. A mended model climbs in the running process, is promoted, and taken back.
//  5. A model that ends its process is out after three starts.
//
// The exit status is 0 if no rollback that was acknowledged is lost and all
// else is as promised, too.
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

const (
	interrupted  = 130     // exit status of a process that was told to end
	serveCommand = "serve" // what makes a process a child; an order follows
)

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
		_, _ = fmt.Fprintln(out, "rollback: interrupted")
		return interrupted
	default:
		_, _ = fmt.Fprintln(out, err)
		return 1
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if isOrder(args) {
		return serve(ctx, args[len(args)-1], out)
	}
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	models, err := trainModels()
	if err != nil {
		return err
	}
	return play(ctx, o, models, out)
}

// isOrder reports whether the process is a child.
func isOrder(args []string) bool { return len(args) == 2 && args[0] == serveCommand }

// options are the command line.
type options struct {
	seed  uint64 // of the traffic and the moments
	kills int    // of part 3
}

// parseOptions reads the command line; asked for help it prints it and
// returns flag.ErrHelp.
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("rollback", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&o.seed, "seed", 1, "decides who sends what, and when the processes of part 3 are killed")
	flags.IntVar(&o.kills, "kills", 20, "how many processes are killed in part 3")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("rollback: %w", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("rollback: unexpected argument %q", flags.Arg(0))
	case o.kills < 0:
		return o, fmt.Errorf("rollback: -kills %d is negative", o.kills)
	}
	return o, nil
}
