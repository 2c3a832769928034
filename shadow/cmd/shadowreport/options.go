package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/modelcanary/go-sdk/shadow/report"
)

const usage = `Shadowreport reads the pair logs of a shadow and says whether the candidate may go live.

  shadowreport pairs/*.jsonl -o report.html
  shadowreport pairs/*.jsonl.gz pairs/live.jsonl -criteria criteria.json -quiet && deploy

Logs may be compressed with gzip, overlap in time and be larger than memory. Of several trials in
them - canaries, epochs, versions - the one that began last is summarised and the others are named.
A summary goes to the standard output, progress to a terminal on the standard error.

Exit status: 0 fine, 1 the arguments or a file are wrong, 2 the criteria would have rolled back.

Flags, before or after the files:

`

type options struct {
	files      []string
	page, json string
	criteria   string
	quiet      bool
	config     report.Config

	rolledBack bool
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("shadowreport", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.page, "o", "", "write the page, one HTML `file` that needs no other")
	flags.StringVar(&o.json, "json", "", "write the summary as JSON to a `file`")
	flags.StringVar(&o.criteria, "criteria", "", "judge the pairs by the criteria in a JSON `file`: [{\"kind\": \"disagreement\", \"limit\": 0.02}, ...]")
	flags.Float64Var(&o.config.Alpha, "alpha", 0, "the chance of a false rollback by the criteria (default 0.01)")
	flags.IntVar(&o.config.Top, "top", 50, "how many of the biggest differences are shown; 0 for none")
	flags.IntVar(&o.config.Sample, "sample", 30, "how many differing pairs are drawn at random; 0 for none")
	flags.Float64Var(&o.config.Limit, "limit", 0, "the `fraction` of inputs on which the candidate may differ beyond the noise (default 0.05)")
	flags.Float64Var(&o.config.FailureLimit, "failures", 0, "the `fraction` of inputs by which it may fail more often (default 0.005)")
	flags.StringVar(&o.config.Canary, "canary", "", "take the trial of the canary of that `name`")
	flags.Uint64Var(&o.config.Epoch, "epoch", 0, "take the trial of that epoch")
	flags.StringVar(&o.config.Candidate, "candidate", "", "take the trial of that candidate `version`")
	flags.BoolVar(&o.quiet, "quiet", false, "show neither the summary nor progress")
	rest, err := parseAll(flags, args)
	if err != nil {
		if err == flag.ErrHelp { //nolint:errorlint // flag returns it as it is
			help(flags, stderr)
		}
		return nil, err
	}
	if o.config.Top == 0 {
		o.config.Top = -1
	}
	if o.config.Sample == 0 {
		o.config.Sample = -1
	}
	o.files, err = files(rest)
	return o, err
}

// parseAll parses flags that stand behind arguments, too. What follows "--" is no flag.
func parseAll(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		if used := len(args) - flags.NArg(); used > 0 && args[used-1] == "--" {
			return append(rest, flags.Args()...), nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func help(flags *flag.FlagSet, to io.Writer) {
	var b strings.Builder
	b.WriteString(usage)
	flags.SetOutput(&b)
	flags.PrintDefaults()
	_, _ = fmt.Fprint(to, b.String())
}

func readCriteria(path string, cfg *report.Config) error {
	file, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	if cfg.Criteria, err = report.ReadCriteria(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(cfg.Criteria) == 0 {
		return fmt.Errorf("%s: no criteria", path)
	}
	return nil
}
