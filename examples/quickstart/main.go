// Command quickstart puts new models for handwritten digits beside one that
// works. It trains them all at the start, on real data, in less than a second.
//
//	go run ./examples/quickstart                        a good candidate, then a bad one
//	go run ./examples/quickstart -candidate quantised   another bad one
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	seed      uint64    // of the traffic
	candidate candidate // the model that follows the good one
}

// parseOptions reads the command line; asked for help it prints it and
// returns flag.ErrHelp.
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&o.seed, "seed", 1, "decides who sends what")
	name := flags.String("candidate", "misscaled", "the model to try: "+strings.Join(candidateNames(), ", "))
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

func run(args []string, out io.Writer) error {
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := loadDigits()
	if err != nil {
		return err
	}
	lab := newLab(data)
	contests := lab.contests(candidates()[0], o.candidate)
	_, _ = fmt.Fprintf(out, "What %d rows that no model has seen say of the models:\n\n", len(data.Live))
	return reportModels(out, contests)
}
