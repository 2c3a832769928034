package criteria

import (
	"fmt"
	"strings"
)

// Evidence is the counts of one stretch of settled requests within one step, by
// stratum, arm and cell of every criterion. Counts add up in any order and any
// grouping to the same evidence. It comes from [Judge.NewEvidence]; the zero
// value counts nothing. Not safe for concurrent use.
//
//   - Cost: one increment a criterion and observation, no allocation
//     (BenchmarkObserve); 32 bytes a cell, 19 KiB with one criterion of each kind.
type Evidence struct {
	form  *form
	coins counts // requests whose coin counts
	calls counts // every call of the candidate, for the backstop
}

// Observe counts one settled request in its stratum; with [Uncounted] or an
// unknown stratum only the [Backstop] counts it, if the candidate served it. An
// observation with an unknown arm or outcome is ignored. Nothing of o is kept.
func (e *Evidence) Observe(s Stratum, o *Observation) {
	if e.form == nil || !o.valid() {
		return
	}
	if o.Arm == Candidate {
		e.form.calls.count(&e.calls, Fresh, o)
	}
	if s >= 0 && s < NumStrata {
		e.form.coins.count(&e.coins, s, o)
	}
}

// Merge adds the counts of o, which stays as it is. Evidence of a judge with
// other criteria is ignored: its cells mean something else.
func (e *Evidence) Merge(o *Evidence) {
	if o == nil || !e.form.same(o.form) {
		return
	}
	e.coins.addAll(&o.coins)
	e.calls.addAll(&o.calls)
}

// Reset forgets everything counted, for reuse.
func (e *Evidence) Reset() {
	e.coins.reset()
	e.calls.reset()
}

// Empty reports whether nothing was counted.
func (e *Evidence) Empty() bool { return e.coins.total() == 0 && e.calls.total() == 0 }

// A form says which cells of an observation are counted.
type form struct {
	coins, calls columns
	text         string // what the cells mean, to compare forms of two judges
}

func newForm(watches []*watch) *form {
	f := &form{}
	var text strings.Builder
	for _, w := range watches {
		if w.everyCall {
			w.offset = f.calls.append(w.meter)
		} else {
			w.offset = f.coins.append(w.meter)
		}
		fmt.Fprintf(&text, "%#v\n", w.criterion)
	}
	f.text = text.String()
	return f
}

// same reports whether the cells of two forms mean the same.
func (f *form) same(o *form) bool {
	return f != nil && o != nil && (f == o || f.text == o.text)
}

func (f *form) newEvidence() *Evidence {
	return &Evidence{form: f, coins: newCounts(f.coins.width), calls: newCounts(f.calls.width)}
}

// columns lays the cells of several meters side by side.
type columns struct {
	list  []column
	width int
}

type column struct {
	meter  meter
	offset int
}

func (c *columns) append(m meter) (offset int) {
	offset = c.width
	c.list = append(c.list, column{m, offset})
	c.width += m.cells() + 1
	return offset
}

// count adds one observation.
func (c *columns) count(to *counts, s Stratum, o *Observation) {
	if len(c.list) == 0 {
		return
	}
	r := int(s)*numArms + int(o.Arm)
	to.seen[r]++
	row := to.cells[r*to.width : (r+1)*to.width]
	for i := range c.list {
		row[c.list[i].offset+c.list[i].meter.cell(o)]++
	}
}
