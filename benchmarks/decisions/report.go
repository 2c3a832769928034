package main

import (
	"fmt"
	"math"
	"slices"
)

// A result is a row with what became of it, by contestant; nil for those that did
// not enter.
type result struct {
	row
	summaries []*summary
	seconds   float64 // it took to play
}

// A table is a section that was played.
type table struct {
	section
	results []result
}

// A report is a whole run and what follows from it.
type report struct {
	tables   []table
	validity validity
	race     race
	promises []promise
}

func newReport(tables []table) *report {
	r := &report{tables: tables, validity: newValidity(tables)}
	r.race = newRace(tables, r.validity)
	r.promises = newPromises(tables)
	if r.race.run > 0 {
		r.promises = append(r.promises, r.race.promise())
	}
	slices.SortStableFunc(r.promises, func(a, b promise) int { return a.number - b.number })
	return r
}

// missed is how many of our bars are.
func (r *report) missed() (n int) {
	for _, p := range r.promises {
		if !p.met {
			n++
		}
	}
	return n
}

// place is the column of a contestant, -1 if it has none.
func (t *table) place(name string) int {
	return slices.IndexFunc(t.contestants, func(c contestant) bool { return c.name == name })
}

// A breach is the cell in which a rule broke its alpha worst.
type breach struct {
	rate float64
	cell string
}

// validity knows which rules broke their alpha, by kind of signal: in a cell of
// equal arms the lower end of the 95 % interval of their false rate was above it.
// Who breaks it under a ramp alone is told apart and stays in the race: that is
// the kind reading, for a canary without a ramp hardly exists.
type validity struct {
	judged  map[string]map[string]bool   // by kind and rule, that it could have broken it in this run
	invalid map[string]map[string]breach // by kind and rule, with a constant share
	ramped  map[string]map[string]breach // under a ramp only
}

func newValidity(tables []table) validity {
	v := validity{map[string]map[string]bool{}, map[string]map[string]breach{}, map[string]map[string]breach{}}
	for i := range tables {
		t := &tables[i]
		for j := range t.results {
			v.judge(t, &t.results[j])
		}
	}
	for kind, broken := range v.invalid {
		for name := range broken {
			delete(v.ramped[kind], name)
		}
	}
	return v
}

func (v *validity) judge(t *table, r *result) {
	if !r.equal || t.kind == "" {
		return
	}
	into, cell := v.invalid, fmt.Sprintf("%s at %s", r.name, r.shareText())
	if r.ramp {
		into, cell = v.ramped, r.name
	}
	if v.judged[t.kind] == nil {
		v.judged[t.kind] = map[string]bool{}
	}
	for i, s := range r.summaries {
		if s == nil {
			continue
		}
		name := t.contestants[i].name
		v.judged[t.kind][name] = v.judged[t.kind][name] || !r.ramp
		if wilsonLower(s.rolledBack(), s.trials) <= alpha {
			continue
		}
		if into[t.kind] == nil {
			into[t.kind] = map[string]breach{}
		}
		if s.rate() > into[t.kind][name].rate {
			into[t.kind][name] = breach{s.rate(), cell}
		}
	}
}

func (v *validity) valid(kind, name string) bool {
	_, broken := v.invalid[kind][name]
	return !broken
}

// mark is the name of a rule as it stands over its column.
func (v *validity) mark(kind, name string) string {
	switch {
	case kind == "":
		return name
	case !v.valid(kind, name):
		return name + "!"
	case !v.judged[kind][name]:
		return name + "?"
	}
	return name
}

const (
	raceShare    = 0.2 // rows up to this share are raced
	raceFraction = 0.8 // of which we want to win so many
)

// A race compares our median with that of the best valid baseline, row by row.
type race struct {
	won, run int
	lost     []string
}

func newRace(tables []table, v validity) (r race) {
	for i := range tables {
		t := &tables[i]
		for j := range t.results {
			if v.judged[t.kind][ours] {
				r.compare(t, &t.results[j], v)
			}
		}
	}
	return r
}

func (r *race) compare(t *table, res *result, v validity) {
	if res.equal || res.share > raceShare {
		return
	}
	best, rival := math.Inf(1), ""
	for i, c := range t.contestants {
		if c.mine || !v.valid(t.kind, c.name) || res.summaries[i] == nil {
			continue
		}
		if m := res.summaries[i].delay(0.5); m < best {
			best, rival = m, c.name
		}
	}
	r.run++
	mine := res.summaries[t.place(ours)].delay(0.5)
	if mine <= best && !math.IsInf(mine, 1) {
		r.won++
		return
	}
	r.lost = append(r.lost, fmt.Sprintf("%s at %s (%s %s, ours %s)", res.name, res.shareText(), rival, count(best), count(mine)))
}

// met reports whether we won enough; a run without rows to race has nothing to miss.
func (r *race) met() bool { return float64(r.won) >= raceFraction*float64(r.run) }

func (r *race) promise() promise {
	p := promise{
		number: barRace, met: r.met(),
		what:     "rows up to a share of " + percent(raceShare) + " at or below the median of the best valid rule",
		bar:      ">= " + percent(raceFraction),
		measured: fmt.Sprintf("%d of %d", r.won, r.run),
	}
	return p
}
