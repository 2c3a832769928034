package criteria

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Evidence is the counts of one stretch of settled requests within one step, by
// stratum, arm and cell of every criterion. Counts add up in any order and any
// grouping to the same evidence. It comes from [Judge.NewEvidence]; the zero
// value counts nothing. Not safe for concurrent use.
//
//   - Cost: one increment a criterion and observation, and one entry a criterion
//     and slice, no allocation once it has grown (BenchmarkObserve,
//     BenchmarkObservePair); 32 bytes a cell, 48 with a [Sentinel], 16 of pairs, and 8
//     bytes an entry.
type Evidence struct {
	form   *form
	tables [numTables]counts    // by group
	slices [numTables]crossings // of the groups that are sliced
	dice   rand.PCG             // for what is rounded at random

	arrivals [MaxFeedbackWindows]arrivals
}

// Observe counts one settled request in its stratum and, if it belongs there, in
// [Sentinel]; with [Uncounted] or an unknown stratum only that and the [Backstop],
// if the candidate served it, count it. An observation with an unknown arm or
// outcome is ignored. Nothing of o is kept.
func (e *Evidence) Observe(s Stratum, o *Observation) {
	if e.form == nil || !o.valid() {
		return
	}
	if o.Arm == Candidate {
		e.count(callsGroup, Fresh, o, 0)
	}
	var dice uint64
	if e.form.rounds {
		dice = e.dice.Uint64()
	}
	if s >= 0 && s < Sentinel {
		e.observe(s, o, dice)
	}
	if o.Sentinel && e.tables[coinsGroup].strata > int(Sentinel) {
		e.observe(Sentinel, o, dice)
	}
}

// ObserveWindow counts the window of one unit in its stratum, for the criteria
// that judge windows alone: the arm is that of the unit's coin, and the outcome is
// harm if any call of the window was.
func (e *Evidence) ObserveWindow(s Stratum, o *Observation) {
	if e.form != nil && o.valid() && s >= 0 && s < Sentinel {
		e.count(windowsGroup, s, o, 0)
	}
}

// ObservePair counts one input that both models saw, for the criteria that judge
// pairs alone: [Disagreement] and [Difference]. Nothing of p is kept.
func (e *Evidence) ObservePair(p *Pair) {
	if e.form == nil || len(e.form.columns[pairsGroup].list) == 0 {
		return
	}
	c := &e.form.columns[pairsGroup]
	if !c.countPair(&e.tables[pairsGroup], p) {
		return
	}
	for d, cell := range p.Slices[:min(len(p.Slices), e.form.dimensions)] {
		if cell < SliceCells {
			e.slices[pairsGroup].countPair(c, d, cell, p)
		}
	}
}

// observe counts a call in all traffic and in its slices, where the dice make it the
// same cell.
func (e *Evidence) observe(s Stratum, o *Observation, dice uint64) {
	e.count(coinsGroup, s, o, dice)
	for d, cell := range o.Slices[:min(len(o.Slices), e.form.dimensions)] {
		if cell < SliceCells {
			e.slices[coinsGroup].count(&e.form.columns[coinsGroup], s, d, cell, o, dice)
		}
	}
}

func (e *Evidence) count(g group, s Stratum, o *Observation, dice uint64) {
	e.form.columns[g].count(&e.tables[g], s, o, dice)
}

// Merge adds the counts of o, which stays as it is. Evidence of a judge with
// other criteria is ignored: its cells mean something else. So is evidence that
// would make it more than 2^53 calls in one row, which no traffic brings about.
func (e *Evidence) Merge(o *Evidence) {
	if o == nil || !e.form.same(o.form) || !e.holds(o) {
		return
	}
	for i := range e.tables {
		e.tables[i].addAll(&o.tables[i])
		e.slices[i].addAll(&o.slices[i])
	}
	for i := range e.arrivals {
		e.arrivals[i].addAll(&o.arrivals[i])
	}
}

// holds reports whether there is room for the counts of o.
func (e *Evidence) holds(o *Evidence) bool {
	for i := range e.tables {
		if !e.tables[i].holds(&o.tables[i]) {
			return false
		}
	}
	return true
}

// Reset forgets everything counted, for reuse.
func (e *Evidence) Reset() {
	for i := range e.tables {
		e.tables[i].reset()
		e.slices[i].reset()
	}
	e.arrivals = [MaxFeedbackWindows]arrivals{}
}

// Empty reports whether nothing was counted.
func (e *Evidence) Empty() bool {
	for i := range e.tables {
		if e.tables[i].total() > 0 {
			return false
		}
	}
	return e.arrivals == [MaxFeedbackWindows]arrivals{}
}

// A form says which cells of an observation are counted.
type form struct {
	columns    [numTables]columns
	strata     [numTables]int
	dimensions int
	rounds     bool   // some column is rounded at random
	text       string // what the cells mean, to compare forms of two judges
	print      uint64 // its fingerprint

	words  []vocabulary // whose ids cells are
	config *Config      // knows their texts
}

func newForm(c *Config, watches []*watch) *form {
	f := &form{strata: strata(c.Sentinel), dimensions: len(c.Slices), config: c}
	var text strings.Builder
	fmt.Fprintf(&text, "sentinel %t, numbers %q, labels %q, checks %q, slices %q\n", c.Sentinel, c.Numbers, c.Labels, c.Checks, c.Slices)
	for _, w := range watches {
		w.place(f.columns[w.group].append(w.meter))
		fmt.Fprintf(&text, "%s, %d cells\n", describe(w.criterion), w.meter.cells())
		switch w.meter.(type) {
		case rounder, responseMeter:
			f.rounds = true
		}
	}
	f.text = text.String()
	f.print, f.words = fingerprint(f.text), f.vocabularies()
	return f
}

// same reports whether the cells of two forms mean the same.
func (f *form) same(o *form) bool {
	return f != nil && o != nil && (f == o || f.text == o.text)
}

func (f *form) newEvidence(seed, stream uint64) *Evidence {
	e := &Evidence{form: f}
	if f.rounds {
		e.dice.Seed(seed, stream)
	}
	for i := range e.tables {
		e.tables[i] = newCounts(f.strata[i], f.columns[i].width)
	}
	return e
}

// columns lays the cells of several meters side by side.
type columns struct {
	list  []column
	width int
}

// A column is the cells of a meter, of one kind or another.
type column struct {
	meter meter
	call  callMeter
	round rounder
	pair  pairMeter

	response responseMeter
	offset   int
}

func newColumn(m meter, offset int) column {
	c := column{meter: m, offset: offset}
	c.call, _ = m.(callMeter)
	c.round, _ = m.(rounder)
	c.pair, _ = m.(pairMeter)
	c.response, _ = m.(responseMeter)
	return c
}

// A rounder is a meter with values between its cells: the dice, equally likely to be
// any number, say which of the two cells it is.
type rounder interface {
	meter
	round(o *Observation, dice uint64) int
}

// evenDice round to the nearest cell, which will do where nothing is bet on it.
const evenDice = 1 << 63

// cell returns the column of a call.
func (c *column) cell(o *Observation, dice uint64) int {
	if c.round != nil {
		return c.offset + c.round.round(o, dice)
	}
	return c.offset + c.call.cell(o)
}

func (c *columns) append(m meter) (offset int) {
	offset = c.width
	c.list = append(c.list, newColumn(m, offset))
	c.width += m.cells() + 1
	return offset
}

// count adds one observation.
func (c *columns) count(to *counts, s Stratum, o *Observation, dice uint64) {
	if len(c.list) == 0 {
		return
	}
	r := int(s)*numArms + int(o.Arm)
	to.seen[r]++
	row := to.cells[r*to.width : (r+1)*to.width]
	for i := range c.list {
		row[c.list[i].cell(o, dice)]++
	}
}

// countPair adds one pair where it bears on something, and reports whether it does.
func (c *columns) countPair(to *counts, p *Pair) (counted bool) {
	row := to.row(0, int(Candidate))
	for i := range c.list {
		if cell := c.list[i].pair.pairCell(p); cell != unpaired {
			row[c.list[i].offset+cell]++
			counted = true
		}
	}
	if counted {
		to.seen[Candidate]++
	}
	return counted
}
