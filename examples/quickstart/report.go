package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// reportActs prints one column per act, then why candidates went.
func reportActs(w io.Writer, results []result) error {
	if len(results) == 0 {
		return nil
	}
	rows := [][]string{
		{""}, {"candidate"}, {"users"}, {"requests to stable"}, {"requests to the candidate"}, {"- stable had to step in"},
		{"errors that reached users"}, {"users served worse (1)"}, {"users served better (1)"}, {"evidence against it (2)"}, {"rolled back by"}, {"after"},
	}
	for i, r := range results {
		column := []string{
			fmt.Sprintf("act %d", i+1), r.Version, screen.Grouped(r.Users), screen.Grouped(r.Requests - r.Candidate), screen.Grouped(r.Candidate), screen.Grouped(r.Fallbacks),
			screen.Grouped(r.Errors), screen.Grouped(r.Harmed), screen.Grouped(r.Helped), r.evidence(), r.by(), r.after(),
		}
		for row, cell := range column {
			rows[row] = append(rows[row], cell)
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := screen.WriteTable(w, rows); err != nil {
		return err
	}
	notes := []string{
		"  (1) a wrong digit where stable is right, or the reverse: known here alone",
		fmt.Sprintf("  (2) ln E of all guardrails; at %.2f the candidate is out", results[0].Limit),
	}
	if _, err := fmt.Fprintln(w, "\n"+strings.Join(notes, "\n")); err != nil {
		return err
	}
	return reportEvidence(w, results)
}

// reportEvidence prints once per candidate the verdict that rolled it back,
// or, where that was given in an earlier process, the cause that was stored.
func reportEvidence(w io.Writer, results []result) error {
	told := map[string]bool{}
	for _, r := range results {
		if !r.RolledBack || told[r.Version] {
			continue
		}
		told[r.Version] = true
		lines := []string{"", "Why " + r.Version + " is out:"}
		for clause := range strings.SplitSeq(cmp.Or(r.Verdict, r.Cause), "; ") {
			lines = append(lines, screen.Hang("  ", clause))
		}
		if _, err := fmt.Fprintln(w, strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// evidence is what this act's calls weigh against the candidate.
func (r result) evidence() string {
	if r.Candidate == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", r.LogE)
}

// by says what ended the trial.
func (r result) by() string {
	switch {
	case !r.RolledBack && r.Candidate == 0:
		return "never served"
	case !r.RolledBack:
		return "nothing"
	case r.Candidate == 0:
		return "stays out"
	default:
		return r.Culprit
	}
}

// after says how long it took.
func (r result) after() string {
	if !r.RolledBack || r.Candidate == 0 {
		return "-"
	}
	return fmt.Sprintf("%s, %s", screen.Plural(r.Candidate, "call"), screen.Milliseconds(r.Exposed))
}
