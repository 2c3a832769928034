package main

import (
	"fmt"
	"strconv"
)

// A promise is a line of the summary: one of our bars and what was measured. Where
// rows of a section share a bar it is the worst of them.
type promise struct {
	number   int
	what     string
	bar      string
	measured string
	met      bool

	section string
	shared  bool
	rows    int
	worst   float64
	detail  string
}

func newPromises(tables []table) (promises []promise) {
	for i := range tables {
		t := &tables[i]
		for k := range t.results {
			r := &t.results[k]
			for _, c := range t.claims(r) {
				promises = add(promises, t, r, c)
			}
		}
	}
	for i := range promises {
		if p := &promises[i]; p.rows > 1 {
			p.what = fmt.Sprintf("%s, the worst of %d: %s", p.section, p.rows, p.detail)
		}
	}
	return promises
}

// add adds a claim, to the line of its section if they share one.
func add(promises []promise, t *table, r *result, c claim) []promise {
	detail := fmt.Sprintf("%s at %s, %s", r.name, r.shareText(), c.who)
	p := promise{
		number: c.number, what: t.topic() + ": " + detail, bar: c.text, measured: c.print(c.value), met: c.met,
		section: t.topic(), shared: c.shared, rows: 1, worst: c.value, detail: detail,
	}
	for i := range promises {
		old := &promises[i]
		if !p.shared || !old.shared || old.section != p.section || old.bar != p.bar {
			continue
		}
		if p.rows = old.rows + 1; p.worst <= old.worst {
			old.rows = p.rows
			return promises
		}
		*old = p
		return promises
	}
	return append(promises, p)
}

// elsewhere are the bars that tests hold: they are about what a table of delays and
// false rollbacks does not show, or need a whole canary.
var elsewhere = []struct {
	number int
	what   string
	tests  string
}{
	{barCoins, "sticky users and late results, in the canary's own ledger", "canary/internal/ledger TestSimStickyUsers, canary/internal/keeper TestSimSettledInTheOrderOfAssignment"},
	{barMerge, "counts of 8 replicas are those of one stream; order within a round is nothing", "criteria TestMergeOfReplicasIsTheSingleStream, TestOrderWithinARoundIsNothing"},
	{barRules, "a process that stands still for 15 seconds", "canary TestSimPausedProcess"},
	{barRules, "a full ledger with callers who ask again", "canary TestSimFullLedger"},
	{barRules, "a slice carved out of a running rollout", "canary TestSimCarveOut"},
	{barRules, "a ramp through a closed population; its sentinel", "canary TestSimRampOfAClosedPopulation, TestSimSentinelAfterAllHaveTestified"},
	{barRules, "a dead candidate after all users have testified", "canary TestSimBackstopAfterAllHaveTestified"},
	{barExtremes, "nothing, everything, 2^40 counts, rates at 0 and 1: no NaN", "criteria TestExtremes, TestExtremesOfHistograms"},
}

// summary is the table of all bars, the first line its heads.
func (r *report) summary() [][]string {
	grid := [][]string{{"", "what", "bar", "measured", "verdict"}}
	if len(r.promises) == 0 {
		return grid
	}
	k := 0
	tested := func(below int) {
		for ; k < len(elsewhere) && elsewhere[k].number < below; k++ {
			e := elsewhere[k]
			grid = append(grid, []string{strconv.Itoa(e.number), e.what, "", "", "test: " + e.tests})
		}
	}
	for _, p := range r.promises {
		tested(p.number)
		verdict := "met"
		if !p.met {
			verdict = "MISSED"
		}
		grid = append(grid, []string{strconv.Itoa(p.number), p.what, p.bar, p.measured, verdict})
	}
	tested(barRace + 1)
	return grid
}
