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
	"syscall"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/report"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

const (
	// interrupted is the exit status of a process that was told to end.
	interrupted = 130
	// fewest requests are enough to see anything.
	fewest = 1000
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	switch err := run(ctx, os.Args[1:], os.Stdout); {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "shadow: interrupted")
		os.Exit(interrupted)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	seed     uint64 // of the traffic
	requests int
	dir      string // of the log and the page; "": one of its own
}

// parseOptions reads the command line; asked for help it prints it and returns
// flag.ErrHelp.
func parseOptions(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("shadow", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Uint64Var(&o.seed, "seed", 1, "decides who writes what and when")
	flags.IntVar(&o.requests, "requests", 12_000, "how many, at a thousand a second")
	flags.StringVar(&o.dir, "dir", "", "where the pair log and the page go, a directory without a log (default a new one)")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("shadow: %w", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("shadow: unexpected argument %q", flags.Arg(0))
	case o.requests < fewest:
		return o, fmt.Errorf("shadow: %d requests are fewer than %d", o.requests, fewest)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := readCorpus(udhr)
	if err != nil {
		return err
	}
	stable, err := newWhatlang(c.languages())
	if err != nil {
		return err
	}
	candidate, err := newLingua(c.languages())
	if err != nil {
		return err
	}
	paths, err := newPaths(o.dir)
	if err != nil {
		return err
	}
	requests := newTraffic(c, o.requests, o.seed)
	_, _ = fmt.Fprintf(out, "Texts in %d languages, from 2 to 16 words, are recognised by whatlanggo. Lingua\nis in its shadow: a share of 0 %%, a shadow for every request.\n\n", len(c))
	kept, last, err := perform(ctx, stable, candidate, requests, paths, out)
	if err != nil {
		return err
	}
	return errors.Join(kept.err(), tell(ctx, last, kept, requests, paths, out))
}

// perform serves the requests. It returns what was seen of promises, and what
// the canary knew at the end.
func perform(ctx context.Context, stable, candidate predictor, requests []request, p paths, out io.Writer) (kept promises, last canary.Snapshot, err error) {
	flags, closeFlags, err := openFlags(ctx)
	if err != nil {
		return kept, last, err
	}
	defer func() { err = errors.Join(err, closeFlags(context.WithoutCancel(ctx))) }()
	s, err := openService(stable, candidate, flags, p.log, screen.NewTimeline(out, screen.IsTerminal(out)))
	if err != nil {
		return kept, last, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.ready(ctx); err != nil {
		return kept, last, err
	}
	if kept, err = s.serve(ctx, requests); err != nil {
		return kept, last, err
	}
	err = s.settle(ctx)
	return kept, s.canary.Snapshot(), err
}

// tell makes the page and prints what was found.
func tell(ctx context.Context, last canary.Snapshot, kept promises, requests []request, p paths, out io.Writer) error {
	f := findings{out: out}
	f.canary(last)
	f.lines("", screen.Hang("  ", kept.String()))
	if last.Shadow.Pairs == 0 {
		return errors.Join(f.err, errNoPairs)
	}
	summary, err := report.Read(ctx, []string{p.log}, report.Config{Criteria: criteriaAs(criteria.Guardrail)})
	if err != nil {
		return err
	}
	known, err := readScores(p.log, requests)
	if err != nil {
		return err
	}
	if err := writePage(p.page, summary); err != nil {
		return err
	}
	f.report(summary, p.page, p.log)
	f.truth(summary, known)
	return f.err
}

func writePage(path string, s *report.Summary) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the path is the caller's own
	if err != nil {
		return fmt.Errorf("shadow: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return s.WriteHTML(file)
}

// paths are where the log and the page go.
type paths struct{ log, page string }

// newPaths are in the directory that was asked for, or else in a new one. A log
// that is there already is not added to: it would be of other requests.
func newPaths(dir string) (paths, error) {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "shadow-"); err != nil {
			return paths{}, fmt.Errorf("shadow: make a directory for the pairs: %w", err)
		}
	}
	p := paths{log: filepath.Join(dir, "langdetect.jsonl"), page: filepath.Join(dir, "langdetect.html")}
	if info, err := os.Stat(p.log); err == nil && info.Size() > 0 {
		return paths{}, fmt.Errorf("shadow: there is a log already in %q", p.log)
	}
	return p, nil
}
