package main

import (
	"io"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// contest is a candidate, trained, and what the held-out rows say of it.
type contest struct {
	candidate
	comparison
	model predictor
}

// contests trains candidates and compares each with stable.
func contests(l *digits.Lab, entrants ...candidate) []contest {
	var all []contest
	for _, c := range entrants {
		model := c.train(l)
		all = append(all, contest{candidate: c, comparison: compare(l.Data.Live, l.Stable, model), model: model})
	}
	return all
}

// reportModels prints what held-out rows say of each candidate: all that is
// known before it meets a user.
func reportModels(w io.Writer, contests []contest) error {
	rows := [][]string{{"model", "version", "right", "no answer", "digits shift", "confidence shifts", "call"}}
	for i, c := range contests {
		if i == 0 {
			rows = append(rows, []string{"stable", digits.StableVersion, screen.Percent(c.StableAccuracy), "-", "-", "-", screen.Microseconds(c.StableTime)})
		}
		rows = append(rows, []string{c.Name, c.Version, screen.Percent(c.CandidateAccuracy), screen.Percent(c.Failures),
			screen.Percent(c.DigitShift), screen.Percent(c.ConfidenceShift), screen.Microseconds(c.CandidateTime)})
	}
	return screen.WriteTable(w, rows)
}
