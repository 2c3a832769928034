package main

import (
	"fmt"
	"io"
	"strings"
)

// reportActs prints one column per act, then why candidates went.
func reportActs(w io.Writer, results []result) error {
	rows := [][]string{
		{""}, {"candidate"}, {"requests"}, {"to the candidate"}, {"of them answered by stable, the candidate failed"}, {"errors that reached a user"},
		{"users"}, {"users with a wrong digit where stable is right"}, {"users with the right digit where stable is wrong"}, {"rolled back"},
	}
	for i, r := range results {
		column := []string{
			fmt.Sprintf("act %d", i+1), r.Version, grouped(r.Requests), grouped(r.Candidate), grouped(r.Fallbacks), grouped(r.Errors),
			grouped(r.Users), grouped(r.Harmed), grouped(r.Helped), r.end(),
		}
		for row, cell := range column {
			rows[row] = append(rows[row], cell)
		}
	}
	if err := writeTable(w, rows); err != nil {
		return err
	}
	return reportEvidence(w, results)
}

// reportEvidence prints each cause once, with the verdicts behind it.
func reportEvidence(w io.Writer, results []result) error {
	told := map[string]bool{}
	for _, r := range results {
		if !r.RolledBack || told[r.Version] {
			continue
		}
		told[r.Version] = true
		lines := append([]string{fmt.Sprintf("\n%s was rolled back: %s", r.Version, r.Cause)}, r.Verdicts...)
		if _, err := fmt.Fprintln(w, strings.Join(lines, "\n  ")); err != nil {
			return err
		}
	}
	return nil
}

// end says in a table's cell how the act ended.
func (r result) end() string {
	switch {
	case !r.RolledBack:
		return "no"
	case r.Candidate == 0:
		return "stays out"
	default:
		return fmt.Sprintf("after %s calls, %s", grouped(r.Candidate), milliseconds(r.Exposed))
	}
}
