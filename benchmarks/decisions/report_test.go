package main

import (
	"math"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
)

// summarised makes a summary of trials of which some found the candidate.
func summarised(trials int, delays ...int) *summary { return &summary{trials: trials, delays: delays} }

// falsely makes a summary of 400 trials with so many false rollbacks.
func falsely(n int) *summary { return &summary{trials: 400, delays: make([]int, n)} }

func TestSummary(t *testing.T) {
	trials := [][]outcome{
		{{fired: true, calls: 30}, {}},
		{{fired: true, calls: 10}, {fired: true, calls: 7}},
		{{fired: true, calls: 20}, {fired: true, early: true}},
		{{fired: true, calls: 40}, {}},
	}
	a, b := newSummary(trials, 0), newSummary(trials, 1)
	check.Equal(t, &summary{trials: 4, delays: []int{10, 20, 30, 40}}, a)
	check.Equal(t, &summary{trials: 4, early: 1, delays: []int{7}}, b)
	check.Near(t, 30, a.delay(0.5), 0)
	check.Near(t, 40, a.delay(0.9), 0)
	check.Near(t, 25, a.mean(), 0)
	check.Equal(t, math.Inf(1), b.delay(0.5), "one of three found it")
	check.Equal(t, math.Inf(1), b.mean())
	check.Near(t, 0.5, b.rate(), 0)
}

// The Wilson intervals were computed apart.
func TestWilsonLower(t *testing.T) {
	check.Near(t, 0.0, wilsonLower(0, 400), 1e-15)
	check.Near(t, 0.010168386792, wilsonLower(8, 400), 1e-12)
	check.Near(t, 0.011881583530, wilsonLower(9, 400), 1e-12)
}

func TestBars(t *testing.T) {
	r := &result{row: row{bound: 100}, summaries: []*summary{nil, summarised(1, 100)}}
	tab := &table{section: section{contestants: []contestant{{name: ours}, {name: "other"}}}}
	for _, c := range []struct {
		name string
		bar  bar
		s    *summary
		want bool
	}{
		{"alpha kept", keepsAlpha(12, 400)[0], falsely(12), true},
		{"alpha broken", keepsAlpha(12, 400)[0], falsely(13), false},
		{"rate kept", keepsRate(ours, 0.01, 400), falsely(9), true},
		{"rate broken", keepsRate(ours, 0.01, 400), falsely(10), false},
		{"needed", breaksRate(ours, 0.1, 400), falsely(41), true},
		{"not needed", breaksRate(ours, 0.1, 400), falsely(40), false},
		{"found", found(0.95), falsely(380), true},
		{"too few found", found(0.95), falsely(379), false},
		{"median", median(20), summarised(3, 10, 20, 99), true},
		{"median missed", median(19), summarised(3, 10, 20, 99), false},
		{"not found", median(19), summarised(3, 10), false},
		{"p90", p90(99), summarised(3, 10, 20, 99), true},
		{"p90 missed", p90(98), summarised(3, 10, 20, 99), false},
		{"fraction", soonerThan("other"), summarised(1, 60), true},
		{"fraction missed", soonerThan("other"), summarised(1, 61), false},
		{"of nothing", soonerThan(ours), summarised(1, 1), false},
		{"ratio", nearBound(), summarised(2, 150, 170), true},
		{"ratio missed", nearBound(), summarised(2, 150, 171), false},
		{"one never found", nearBound(), summarised(3, 150, 170), false},
	} {
		check.Equal(t, c.want, c.bar.met(c.bar.value(tab, r, c.s)), c.name)
	}
}

// fixture is a run of two rules beside ours: "fast" breaks its alpha, "slow" does not.
func fixture(mine *summary) []table {
	var contestants []contestant
	for i, name := range []string{ours, oursTolerant, "fast", "slow"} {
		contestants = append(contestants, contestant{name: name, mine: i < 2, make: func(*row) rules.Rule { return nil }})
	}
	equal := section{title: "equal: false", number: barEqual, kind: "rates", contestants: contestants}
	worse := section{title: "worse: delays", number: barRates, kind: "rates", contestants: contestants}
	return []table{
		{equal, []result{
			{row{name: "base", share: 0.05, equal: true, bars: keepsAlpha(12, 400)}, []*summary{falsely(2), falsely(1), falsely(40), falsely(0)}, 1},
			{row{name: "climb", share: 0.5, ramp: true, equal: true}, []*summary{falsely(2), nil, falsely(9), falsely(390)}, 1},
		}},
		{worse, []result{
			{row{name: "dead", share: 0.2, bound: 2, bars: []bar{median(5)}}, []*summary{mine, nil, summarised(1, 1), summarised(1, 50)}, 1},
			{row{name: "dead", share: 0.5, bound: 2}, []*summary{mine, nil, summarised(1, 1), summarised(1, 1)}, 1},
		}},
	}
}

func TestReportOfAGoodRun(t *testing.T) {
	r := newReport(fixture(summarised(1, 4)))
	check.Equal(t, 0, r.missed())
	check.Equal(t, race{won: 1, run: 1}, r.race, "neither the invalid rule nor the large share count")
	check.True(t, r.validity.valid("rates", "slow"), "what a ramp breaks is told apart")
	check.False(t, r.validity.valid("rates", "fast"))
	text, markdown := r.text(), r.markdown("head")
	for _, want := range []string{
		"equal: false\n  case   share  ours  ours+10%  fast!   slow  bar\n",
		"  base      5%  0.50      0.25  10.00   0.00  met: <= 12 of 400\n",
		"  case  share  bound  x bound   ours  ours+10%  fast!  slow  bar\n",
		"  dead    20%    2.0     2.00  4 (4)         -      1    50  met: median 5\n",
		"  fast      rates, 10.0% false (base at 5%)\n",
		"  slow      rates, 97.5% false (climb)\n",
		"equal, the worst of 2: base at 5%, ours",
		"<= 12 of 400  2 of 400  met\n",
		"worse: dead at 20%, ours",
		"1 of 1  met\n",
		"All 3 bars are met.\n",
		"test: criteria TestMergeOfReplicasIsTheSingleStream",
	} {
		check.Contains(t, text, want)
	}
	for _, want := range []string{
		"head\n\n**Bars.** All 3 bars are met.\n",
		"| case | share | ours | ours+10% | fast! | slow | bar |\n|---|--:|--:|--:|--:|--:|---|\n",
		"**worse: delays.** 0 trials a row, 2s.\n",
		"  - `fast`: rates, 10.0% false (base at 5%)\n",
	} {
		check.Contains(t, markdown, want)
	}
}

func TestReportOfABadRun(t *testing.T) {
	r := newReport(fixture(summarised(1, 51)))
	check.Equal(t, 2, r.missed())
	text := r.text()
	for _, want := range []string{
		"Ours is behind in dead at 20% (slow 50, ours 51)\n",
		"0 of 1  MISSED\n",
		"MISSED: ours median 5\n",
		"2 of 3 bars are MISSED.\n",
	} {
		check.Contains(t, text, want)
	}
	check.False(t, strings.Contains(text, "All 3"))
}

// A bar of ours is for those of ours that take part.
func TestBarsOfOurs(t *testing.T) {
	tab := &fixture(summarised(1, 4))[0]
	r := &tab.results[0]
	check.Equal(t, 2, len(tab.claims(r)))
	r.enters, r.summaries[0] = only(oursTolerant), nil
	claims := tab.claims(r)
	check.Equal(t, 1, len(claims))
	check.Equal(t, oursTolerant, claims[0].who)
}

// A bar on a rule that did not enter is not met.
func TestNobodyMeetsABar(t *testing.T) {
	for _, b := range []bar{median(5), found(0.5)} {
		tables := fixture(summarised(1, 4))
		tables[1].results[0].bars = []bar{b}
		tables[1].results[0].summaries[0] = nil
		check.Equal(t, 1, len(newPromises(tables[1:])))
		check.False(t, newPromises(tables[1:])[0].met)
	}
}

// A rule that could not have rolled back yet gets no cell with equal arms, and a
// question mark over its delays.
func TestNoMeritWithoutAChance(t *testing.T) {
	tables := fixture(summarised(1, 4))
	slow := &tables[0].contestants[3]
	slow.soonest = 1000
	r := &tables[0].results[0].row
	r.requests = 999
	check.False(t, r.takes(*slow))
	r.requests = 1000
	check.True(t, r.takes(*slow))
	check.True(t, tables[1].results[0].takes(*slow), "worse arms take as long as they take")

	tables[0].results[0].summaries[3] = nil
	v := newValidity(tables)
	check.Equal(t, "slow?", v.mark("rates", "slow"))
	check.Equal(t, "slow", v.mark("", "slow"), "where nobody is raced")
	check.Equal(t, race{won: 1, run: 1}, newRace(tables, v), "raced all the same")
}

// Without equal arms of the kind nobody is known to be valid: there is no race.
func TestNoRaceWithoutEqualArms(t *testing.T) {
	r := newReport(fixture(summarised(1, 51))[1:])
	check.Equal(t, 0, r.race.run)
	check.Equal(t, 1, r.missed())
}

func TestCells(t *testing.T) {
	for x, want := range map[float64]string{0.001: "0.1%", 0.01: "1%", 0.5: "50%", 1: "100%", 0.055: "5.5%"} {
		check.Equal(t, want, percent(x))
	}
	for x, want := range map[float64]string{7: "7", 999.4: "999", 1234: "1,234", 1234567: "1,234,567", math.Inf(1): "never"} {
		check.Equal(t, want, count(x))
	}
	check.Equal(t, "early", delayCell(&summary{trials: 10, early: 6}, true))
	check.Equal(t, "never", delayCell(summarised(10), true))
	check.Equal(t, "20% found", delayCell(summarised(10, 5, 6), true))
	check.Equal(t, "5 (never)", delayCell(summarised(3, 4, 5), true))
	check.Equal(t, "5", delayCell(summarised(3, 4, 5), false))
	check.Equal(t, "-", delayCell(nil, false))
	check.Equal(t, "1.3", boundCell(1.31))
	check.Equal(t, "114", boundCell(113.6))
	check.Equal(t, "-", boundCell(0))
}
