// Shadowreport reads the pair logs of a shadow and says whether the candidate may go live, and if not, why not.
//
//	go run github.com/modelcanary/go-sdk/shadow/cmd/shadowreport pairs/*.jsonl -o report.html
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
)

// Exit codes.
const (
	exitFine       = 0
	exitError      = 1
	exitRolledBack = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitFine
	}
	if err == nil {
		err = o.report(ctx, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "shadowreport:", err)
		return exitError
	}
	if o.rolledBack {
		return exitRolledBack
	}
	return exitFine
}

// files are the arguments, with patterns that no shell has replaced.
func files(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil { //nolint:gosec // the user names the files
			out = append(out, arg)
			continue
		}
		found, err := filepath.Glob(arg)
		if err != nil || len(found) == 0 {
			found = []string{arg} // and let opening it say what is wrong
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		return nil, errors.New("no pair logs given; -h says how")
	}
	return out, nil
}
