package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// separator stands between the keys of an attribute. Texts cannot hold it once they are printable.
const separator = "\n"

type pairView struct {
	Why, Quadrant        string
	SliceKeys, LabelKeys string
	Open                 bool
	Distance             string
	What, Where          string
	Chips                []string
	Signals              []signalView
	Diff                 []diffLine
	Raw                  []rawView
	bytes                int
}

type signalView struct{ Name, Stable, Candidate string }

type diffLine struct{ Class, Text string }

type rawView struct{ Name, Text string }

// pairs takes as many differences as the page has room for.
func (v *pageView) pairs(examples []Example) {
	room := pairBytes
	for i, e := range examples {
		p := pairViewOf(e)
		if room -= p.bytes; room < 0 {
			v.Unshown = int64(len(examples) - i)
			break
		}
		p.Open = i < openPairs
		v.Pairs = append(v.Pairs, p)
	}
	v.Filters = filtersOf(v.Pairs)
}

func pairViewOf(e Example) pairView {
	p := pairView{
		Why: strings.Join(e.Why, separator), Quadrant: e.Quadrant, Distance: "–", Where: fmt.Sprintf("%s:%d", printable(e.File), e.Line),
		What: e.what(), Chips: []string{e.Time.UTC().Format("2006-01-02 15:04:05.000") + " UTC"},
	}
	if !math.IsNaN(e.Distance) {
		p.Distance = number(e.Distance)
	}
	if e.Trace != "" {
		p.Chips = append(p.Chips, "trace "+printable(e.Trace))
	}
	var keys []string
	for _, name := range slices.Sorted(maps.Keys(e.Slices)) {
		keys = append(keys, short(name)+" = "+short(e.Slices[name]))
	}
	p.SliceKeys = strings.Join(keys, separator)
	p.Chips = append(p.Chips, keys...)
	p.signals(e)
	for line := range strings.SplitSeq(printableLines(e.Diff), "\n") {
		p.Diff = append(p.Diff, diffLine{diffClass(line), strings.ReplaceAll(line, "\t", "  ")})
	}
	if e.Diff == "" {
		p.Diff = nil
	}
	for _, raw := range []rawView{{"Input", e.Input}, {"Stable", e.Stable.Output}, {"Candidate", e.Candidate.Output}} {
		if raw.Text != "" {
			raw.Text = printable(raw.Text)
			p.Raw = append(p.Raw, raw)
		}
	}
	p.measure()
	return p
}

// what says in a few words what is different.
func (e Example) what() string {
	if e.Quadrant != bothAnswered {
		out := e.Quadrant
		if class := e.Candidate.Class; class != "" && e.Quadrant == stableOnly {
			out += ": " + printable(class)
		}
		return out
	}
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(e.Stable.Labels)) {
		if y, ok := e.Candidate.Labels[name]; ok && y != e.Stable.Labels[name] {
			changes = append(changes, labelChange(name, e.Stable.Labels[name], y))
		}
	}
	if len(changes) > 0 {
		return strings.Join(changes, "; ")
	}
	if e.Differs {
		return "differs"
	}
	return "within the tolerance"
}

func labelChange(name, from, to string) string {
	return fmt.Sprintf("%s: %s → %s", fitted(printable(name), 40), fitted(printable(from), 60), fitted(printable(to), 60))
}

// signals lists what the answers have been measured by.
func (p *pairView) signals(e Example) {
	var keys []string
	add := func(name, x, y string) {
		p.Signals = append(p.Signals, signalView{short(name), short(x), short(y)})
	}
	if e.Quadrant != bothAnswered {
		add("outcome", Failure{Outcome: e.Stable.Outcome, Class: e.Stable.Class}.name(), Failure{Outcome: e.Candidate.Outcome, Class: e.Candidate.Class}.name())
	}
	for _, name := range namesOf(e.Stable.Labels, e.Candidate.Labels) {
		x, y := e.Stable.Labels[name], e.Candidate.Labels[name]
		add(name, x, y)
		if x != y {
			keys = append(keys, labelChange(name, x, y))
		}
	}
	for _, name := range namesOf(e.Stable.Numbers, e.Candidate.Numbers) {
		add(name, numberOr(e.Stable.Numbers, name), numberOr(e.Candidate.Numbers, name))
	}
	for _, name := range namesOf(e.Stable.Checks, e.Candidate.Checks) {
		add(name, checkOr(e.Stable.Checks, name), checkOr(e.Candidate.Checks, name))
	}
	p.LabelKeys = strings.Join(keys, separator)
}

func namesOf[V any](a, b map[string]V) []string {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(len(names), maxSignals)]
}

func numberOr(m map[string]float64, name string) string {
	x, ok := m[name]
	switch {
	case !ok:
		return "–"
	case math.IsNaN(x) || math.IsInf(x, 0):
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return number(x)
}

func checkOr(m map[string]bool, name string) string {
	switch yes, ok := m[name]; {
	case !ok:
		return "–"
	case yes:
		return "yes"
	}
	return "no"
}

func diffClass(line string) string {
	switch {
	case strings.HasPrefix(line, "-"):
		return "minus"
	case strings.HasPrefix(line, "+"):
		return "plus"
	}
	return ""
}

// measure estimates what the pair takes in the page, escapes included.
func (p *pairView) measure() {
	const markup, line = 900, 40
	p.bytes = markup + 4*(escapedLen(p.SliceKeys)+escapedLen(p.LabelKeys)) + escapedLen(p.What) + escapedLen(p.Where)
	for _, s := range p.Signals {
		p.bytes += 2*line + escapedLen(s.Name) + escapedLen(s.Stable) + escapedLen(s.Candidate)
	}
	for _, l := range p.Diff {
		p.bytes += line + escapedLen(l.Text)
	}
	for _, r := range p.Raw {
		p.bytes += 2*line + escapedLen(r.Text)
	}
}

// escapedLen is how long a text is in HTML.
func escapedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch s[i] {
		case '<', '>', '&', '"', '\'', '+':
			n += 4
		}
	}
	return n
}
