//go:build !race

package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
)

// tiny is enough to see that everything is wired.
var tiny = scale{trials: 20, most: 2, requests: 10_000, ramps: 20, mostRamps: 2, delays: 20, signals: 5, slow: 2, scenes: 5, proofs: 2}

// Total failure, and equal arms: what everybody would look at first.
func TestSimDeadAndEqualCandidates(t *testing.T) {
	rates, equal := changedRates(tiny), equalRates(tiny)
	dead := &rates.rows[1]
	check.Equal(t, "1% -> 100% at 5%", dead.name+" at "+dead.shareText())
	dead.requests = 20_000
	got := rates.play(dead, 1, 2)
	place := (&table{section: rates}).place
	check.AtMost(t, got[place(ours)].delay(0.9), 9.0)
	check.Near(t, 5, got[place("LM10")].delay(0.5), 1)
	check.Near(t, 100, got[place("aCS100")].delay(0.5), 0)
	check.Near(t, 750, got[place("Flagger")].delay(0.5), 60)
	check.Equal(t, 0, got[place("Kayenta")].rolledBack(), "it has not looked yet")

	same := equal.play(&equal.rows[7], 1, 2)
	check.AtMost(t, same[(&table{section: equal}).place(ours)].rolledBack(), tiny.most)
}

func TestSimNumbersDoNotDependOnWorkers(t *testing.T) {
	s := changedRates(tiny)
	one, many := s.play(&s.rows[7], 3, 1), s.play(&s.rows[7], 3, 7)
	check.Equal(t, one, many)
	other := s.play(&s.rows[7], 4, 7)
	check.NotEqual(t, one, other, "the seed is of no consequence")
}

// A candidate that turns bad late is not found before that.
func TestSimLateIsCountedFromTheChange(t *testing.T) {
	s := lateRates(tiny)
	r := &s.rows[0]
	r.enters = only(ours)
	got := s.play(r, 1, 2)[0]
	check.Equal(t, 2, len(got.delays))
	check.Below(t, got.delay(0.9), 1500.0)
}

// What rolls back before there is anything to find has not found it.
func TestSimRollbackBeforeTheChangeIsEarly(t *testing.T) {
	s := lateRates(tiny)
	r := row{name: "bad base", share: 0.5, world: constant(0.05, 0.05), start: 20_000, trials: 3, requests: 25_000}
	r.enters = only("Flagger")
	got := s.play(&r, 1, 2)[(&table{section: s}).place("Flagger")]
	check.Equal(t, &summary{trials: 3, early: 3}, got)
}

// What counts in a broken slice is the candidate's calls there, and slices find it.
func TestSimCallsOfTheBrokenSlice(t *testing.T) {
	s := brokenSlices(tiny)
	got := s.play(&s.rows[0], 1, 2)
	check.Near(t, 4, got[0].delay(0.5), 1)
	check.Below(t, got[0].delay(0.5), got[2].delay(0.5), "as a whole")
}

// The bets that are placed once find a late change much later.
func TestSimRestartsArePlacedForLateChanges(t *testing.T) {
	s := lateRates(tiny)
	r := &s.rows[0]
	r.enters, r.trials = only(ours, oursOnce), 20
	got := s.play(r, 1, 2)
	check.Below(t, got[0].delay(0.5), 0.6*got[2].delay(0.5))
}

func TestSimRulesOfEvidenceAreNeeded(t *testing.T) {
	s := rulesOfEvidence(tiny)
	r := &s.rows[1]
	check.Equal(t, "in the order of assignment: slow candidate", r.name)
	got := s.play(r, 1, 2)
	check.Equal(t, 0, got[0].rolledBack())
	check.Equal(t, 5, got[1].rolledBack())
}

// Every row of the suite runs, with all its rules, and prints. What was kept need
// not be played again, and a page holds it all.
func TestSimWholeSuite(t *testing.T) {
	sections := suite(scale{trials: 1, most: 1, requests: 5000, ramps: 1, mostRamps: 1, delays: 1, signals: 1, slow: 1, scenes: 1, proofs: 1})
	for i := range sections {
		for k := range sections[i].rows {
			r := &sections[i].rows[k]
			r.requests = min(r.requests, 5000)
			r.start = min(r.start, 1000)
		}
	}
	dir := t.TempDir()
	keep, doc := filepath.Join(dir, "rows"), filepath.Join(dir, "page.md")
	check.ErrorIs(t, os.WriteFile(doc, []byte("above\n"+pageBegin+"old\n"+pageEnd+"below\n"), 0o600), nil)
	o, err := parse([]string{"-keep", keep, "-o", doc}, io.Discard)
	check.ErrorIs(t, err, nil)
	r, err := o.report(sections, io.Discard)
	check.ErrorIs(t, err, nil)
	text, markdown := r.text(), r.markdown("head")
	for _, s := range sections {
		check.Contains(t, text, s.title+"\n")
		check.Contains(t, markdown, "**"+s.title+".** ")
	}
	lines, err := r.json()
	check.ErrorIs(t, err, nil)
	for line := range strings.Lines(lines) {
		var rec record
		check.ErrorIs(t, json.Unmarshal([]byte(line), &rec), nil)
		check.Below(t, 0, len(rec.Rule))
	}

	var progress strings.Builder
	again, err := o.report(sections, &progress)
	check.ErrorIs(t, err, nil)
	check.Equal(t, "", progress.String(), "played again")
	check.Equal(t, text, again.text())
	written, err := os.ReadFile(doc)
	check.ErrorIs(t, err, nil)
	check.Equal(t, "above\n"+pageBegin+"\n"+r.markdown(o.head(r.tables, len(sections)))+"\n"+pageEnd+"below\n", string(written))
}
