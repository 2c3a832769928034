package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
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
	page     string // the file with the report among other text
	keep     string // the file with what was played
	args     []string
}

func parse(args []string, errors io.Writer) (options, error) {
	f := flag.NewFlagSet("decisions", flag.ContinueOnError)
	f.SetOutput(errors)
	isQuick := f.Bool("quick", false, "minutes; the default")
	isNightly := f.Bool("nightly", false, "all trials at full length; an hour or two of CPU")
	rows := f.String("rows", "", "only rows whose `regexp` matches \"title / case at share\"")
	workers := f.Int("workers", runtime.GOMAXPROCS(0), "trials played at once")
	seed := f.Uint64("seed", 1, "of all traffic")
	markdown := f.Bool("markdown", false, "print Markdown")
	asJSON := f.Bool("json", false, "print one JSON object a line for each row and rule")
	page := f.String("o", "", "after each table also put the Markdown between the markers of this `file`")
	keep := f.String("keep", "", "append each row to this `file`, and take from it what was played before")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	o := options{
		scale: quick, workers: *workers, seed: *seed, markdown: *markdown, json: *asJSON, page: *page, keep: *keep,
	}
	if *isNightly {
		o.scale, o.args = nightly, append(o.args, "-nightly")
	}
	if *rows != "" {
		o.args = append(o.args, fmt.Sprintf("-rows %q", *rows))
	}
	o.args = append(o.args, fmt.Sprintf("-seed %d", *seed))
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
func run(args []string, out, progress io.Writer) (err error) {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	sections := o.choose(suite(o.scale))
	if len(sections) == 0 {
		return fmt.Errorf("decisions: -rows %q matches no row", o.rows)
	}
	r, err := o.report(sections, progress)
	if err == nil {
		var text string
		if text, err = r.in(&o); err == nil {
			_, err = io.WriteString(out, text)
		}
	}
	if err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	if r.missed() > 0 {
		return errMissed
	}
	return nil
}

// report plays and reports; what was asked to be kept is on disk at any time.
func (o *options) report(sections []section, progress io.Writer) (r *report, err error) {
	p, err := openPage(o.page)
	if err != nil {
		return nil, err
	}
	a, err := openArchive(o.keep)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	var tables []table
	for i := range sections {
		t, err := o.play(&sections[i], a, progress)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
		r = newReport(tables)
		if err := p.write(r.markdown(o.head(tables, len(sections)))); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// in is the report in the format asked for.
func (r *report) in(o *options) (string, error) {
	switch {
	case o.json:
		return r.json()
	case o.markdown:
		return r.markdown(o.head(r.tables, len(r.tables))), nil
	}
	return r.text(), nil
}

// head says how the tables came about, and whether some are still to come.
func (o *options) head(tables []table, all int) string {
	rows, seconds := 0, 0.0
	for _, t := range tables {
		for _, r := range t.results {
			rows, seconds = rows+1, seconds+r.seconds
		}
	}
	text := fmt.Sprintf("`go run ./benchmarks/decisions %s` with %s on %s/%s: %d rows, played in %s on %d processors.",
		strings.Join(o.args, " "), runtime.Version(), runtime.GOOS, runtime.GOARCH, rows, duration(seconds), o.workers)
	if len(tables) < all {
		text += fmt.Sprintf(" Not finished: %d of %d tables.", len(tables), all)
	}
	return text
}

// choose keeps the rows that were asked for, and the sections that have any.
func (o *options) choose(sections []section) (chosen []section) {
	for _, s := range sections {
		s.rows = slices.DeleteFunc(s.rows, func(r row) bool { return !o.rows.MatchString(s.id(&r)) })
		if len(s.rows) > 0 {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// play plays the rows of a section, one after the other, but for those that the
// archive has.
func (o *options) play(s *section, a *archive, progress io.Writer) (table, error) {
	t := table{section: *s}
	for i := range s.rows {
		r := &s.rows[i]
		key, began := s.key(r, o.seed), time.Now()
		summaries, seconds, known := a.find(key)
		if !known {
			summaries = s.play(r, o.seed, o.workers)
			seconds = time.Since(began).Seconds()
			if err := a.add(key, summaries, seconds); err != nil {
				return t, err
			}
			_, _ = fmt.Fprintf(progress, "%6.1fs  %s: %d x %d requests\n", seconds, s.id(r), r.trials, r.requests)
		}
		t.results = append(t.results, result{row: *r, summaries: summaries, seconds: seconds})
	}
	return t, nil
}
