package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/modelcanary/go-sdk/shadow/report"
)

// report does what was asked for.
func (o *options) report(ctx context.Context, stdout io.Writer, stderr *os.File) error {
	if o.criteria != "" {
		if err := readCriteria(o.criteria, &o.config); err != nil {
			return err
		}
	}
	show := newProgress(stderr)
	if !o.quiet && show != nil {
		o.config.Progress = show.update
	}
	summary, err := report.Read(ctx, o.files, o.config)
	if show != nil && !o.quiet {
		show.clear()
	}
	if err != nil {
		return err
	}
	o.rolledBack = summary.Judgement != nil && summary.Judgement.RolledBack != nil
	return o.write(summary, stdout)
}

func (o *options) write(s *report.Summary, stdout io.Writer) error {
	if !o.quiet {
		if err := s.WriteText(stdout); err != nil {
			return err
		}
	}
	if o.json != "" {
		if err := writeFile(o.json, func(w io.Writer) error { return writeJSON(w, s) }); err != nil {
			return err
		}
	}
	if o.page != "" {
		return writeFile(o.page, s.WriteHTML)
	}
	return nil
}

func writeJSON(w io.Writer, s *report.Summary) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// writeFile writes a file that others may not read: what it holds comes from a log that they may not read either.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	if err := write(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
