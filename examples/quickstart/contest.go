package main

import "io"

// contest is a candidate, trained, and what the held-out rows say of it.
type contest struct {
	candidate
	comparison
	model predictor
}

// contests trains candidates and compares each with stable.
func (l *lab) contests(entrants ...candidate) []contest {
	var all []contest
	for _, c := range entrants {
		model := c.train(l)
		all = append(all, contest{candidate: c, comparison: compare(l.data.Live, l.stable, model), model: model})
	}
	return all
}

// reportModels prints what held-out rows say of each candidate: all that is
// known before it meets a user.
func reportModels(w io.Writer, contests []contest) error {
	rows := [][]string{{"model", "version", "right", "no answer", "digits shift", "confidence shifts", "call"}}
	for i, c := range contests {
		if i == 0 {
			rows = append(rows, []string{"stable", stableVersion, percent(c.StableAccuracy), "-", "-", "-", microseconds(c.StableTime)})
		}
		rows = append(rows, []string{c.Name, c.Version, percent(c.CandidateAccuracy), percent(c.Failures),
			percent(c.DigitShift), percent(c.ConfidenceShift), microseconds(c.CandidateTime)})
	}
	return writeTable(w, rows)
}
