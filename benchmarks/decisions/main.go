package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, errMissed):
		os.Exit(1)
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// errMissed says that the report holds a bar of ours that was not met.
var errMissed = errors.New("decisions: a bar was missed")

// options are the flags.
type options struct {
	scale    scale
	rows     *regexp.Regexp
	workers  int
	seed     uint64
	markdown bool
	json     bool
}

func parse(args []string, errors io.Writer) (options, error) {
	f := flag.NewFlagSet("decisions", flag.ContinueOnError)
	f.SetOutput(errors)
	isQuick := f.Bool("quick", false, "minutes; the default")
	isNightly := f.Bool("nightly", false, "all trials at full length; hours of CPU")
	rows := f.String("rows", "", "only rows whose `regexp` matches \"title / case at share\"")
	workers := f.Int("workers", runtime.GOMAXPROCS(0), "trials played at once")
	seed := f.Uint64("seed", 1, "of all traffic")
	markdown := f.Bool("markdown", false, "print Markdown")
	asJSON := f.Bool("json", false, "print one JSON object a line for each row and rule")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	o := options{scale: quick, workers: *workers, seed: *seed, markdown: *markdown, json: *asJSON}
	if *isNightly {
		o.scale = nightly
	}
	var err error
	o.rows, err = regexp.Compile(*rows)
	return o, o.check(f.Args(), *isQuick && *isNightly, err)
}

// check reports everything that makes no sense.
func (o *options) check(rest []string, bothScales bool, pattern error) error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("decisions: "+format, args...))
	}
	if len(rest) > 0 {
		add("unexpected arguments %q", rest)
	}
	if bothScales {
		add("-quick and -nightly exclude each other")
	}
	if o.markdown && o.json {
		add("-markdown and -json exclude each other")
	}
	if o.workers < 1 {
		add("-workers %d is below 1", o.workers)
	}
	if pattern != nil {
		add("-rows: %w", pattern)
	}
	return errors.Join(problems...)
}

// run plays what the flags ask for and prints the report.
func run(args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	tables := o.play(suite(o.scale), progress)
	if len(tables) == 0 {
		return fmt.Errorf("decisions: -rows %q matches no row", o.rows)
	}
	r := newReport(tables)
	text, err := r.in(o)
	if err == nil {
		_, err = io.WriteString(out, text)
	}
	if err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	if len(r.missed) > 0 {
		return errMissed
	}
	return nil
}

// in is the report in the format asked for.
func (r *report) in(o options) (string, error) {
	switch {
	case o.json:
		return r.json()
	case o.markdown:
		return r.markdown(), nil
	}
	return r.text(), nil
}

// play plays the rows that were asked for, one after the other.
func (o *options) play(sections []section, progress io.Writer) (tables []table) {
	for _, s := range sections {
		t := table{section: s}
		for i := range s.rows {
			r := &s.rows[i]
			if !o.rows.MatchString(s.id(r)) {
				continue
			}
			began := time.Now()
			t.results = append(t.results, result{row: *r, summaries: s.play(r, o.seed, o.workers)})
			_, _ = fmt.Fprintf(progress, "%6.1fs  %s: %d x %d requests\n", time.Since(began).Seconds(), s.id(r), r.trials, r.requests)
		}
		if len(t.results) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}
