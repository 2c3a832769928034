package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// text is the report in aligned columns.
func (r *report) text() string {
	w := &strings.Builder{}
	for i := range r.tables {
		t := &r.tables[i]
		fmt.Fprintf(w, "%s\n%s\n", t.title, aligned(t.grid(&r.validity), 1))
	}
	for _, n := range r.notes() {
		if n.name == "" {
			fmt.Fprintln(w, n.text)
		} else {
			fmt.Fprintf(w, "  %-8s  %s\n", n.name, n.text)
		}
	}
	fmt.Fprintf(w, "\nBars\n%s\n%s\n", aligned(r.summary(), 2), r.verdict())
	return w.String()
}

// aligned are the cells in columns, so many of which from the left are text, and the
// last one.
func aligned(grid [][]string, texts int) string {
	w, widths := &strings.Builder{}, widths(grid)
	for _, cells := range grid {
		var line strings.Builder
		for k, cell := range cells {
			switch {
			case k < texts:
				fmt.Fprintf(&line, "  %-*s", widths[k], cell)
			case k == len(cells)-1:
				fmt.Fprintf(&line, "  %s", cell)
			default:
				fmt.Fprintf(&line, "  %*s", widths[k], cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
	return w.String()
}

func widths(grid [][]string) []int {
	w := make([]int, len(grid[0]))
	for _, cells := range grid {
		for k, cell := range cells {
			w[k] = max(w[k], len(cell))
		}
	}
	return w
}

// markdown is the report for the documentation, below a head that says how it came
// about.
func (r *report) markdown(head string) string {
	w := &strings.Builder{}
	fmt.Fprintf(w, "%s\n\n**Bars.** %s\n\n%s\n", head, r.verdict(), pipes(r.summary(), 2))
	for i := range r.tables {
		t := &r.tables[i]
		fmt.Fprintf(w, "**%s.** %s\n\n%s\n", t.title, t.size(), pipes(t.grid(&r.validity), 1))
	}
	for _, n := range r.notes() {
		if n.name == "" {
			fmt.Fprintf(w, "- %s\n", n.text)
		} else {
			fmt.Fprintf(w, "  - `%s`: %s\n", n.name, n.text)
		}
	}
	return w.String()
}

// pipes are the cells as a Markdown table; see aligned.
func pipes(grid [][]string, texts int) string {
	w := &strings.Builder{}
	for k, cells := range grid {
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		if k == 0 {
			fmt.Fprintf(w, "|%s%s---|\n", strings.Repeat("---|", texts), strings.Repeat("--:|", len(cells)-texts-1))
		}
	}
	return w.String()
}

// size is how much was played, and how long that took.
func (t *table) size() string {
	first := t.results[0].row
	trials, requests, seconds := [2]int{first.trials, first.trials}, [2]int{first.requests, first.requests}, 0.0
	for i := range t.results {
		r := &t.results[i]
		trials = [2]int{min(trials[0], r.trials), max(trials[1], r.trials)}
		requests = [2]int{min(requests[0], r.requests), max(requests[1], r.requests)}
		seconds += r.seconds
	}
	text := between(trials) + " trials"
	if requests[1] > 0 {
		text += " of at most " + between(requests) + " requests"
	}
	return fmt.Sprintf("%s a row, %s.", text, duration(seconds))
}

func between(ends [2]int) string {
	if ends[0] == ends[1] {
		return count(float64(ends[0]))
	}
	return count(float64(ends[0])) + " to " + count(float64(ends[1]))
}

func duration(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second / 10).String()
}

// verdict is the whole run in a sentence.
func (r *report) verdict() string {
	switch n := r.missed(); {
	case len(r.promises) == 0:
		return "No row with a bar was played."
	case n == 0:
		return fmt.Sprintf("All %d bars are met.", len(r.promises))
	default:
		return fmt.Sprintf("%d of %d bars are MISSED.", n, len(r.promises))
	}
}

// A note is a line below the tables: about a rule, or a head over such lines.
type note struct{ name, text string }

// notes are the legend, who is invalid and why, and where ours is behind.
func (r *report) notes() []note {
	notes := []note{{text: "50 requests a second in both arms together; alpha 1%; delays are medians (90th percentiles), bound and x bound are of the mean."}}
	for _, l := range legend {
		if r.shows(l.name) {
			notes = append(notes, note(l))
		}
	}
	notes = append(notes, note{text: "? had no chance to break its alpha in this run, for want of equal arms or of time; it is raced all the same."})
	notes = append(notes, breaches("! breaks its alpha with equal arms and a constant share (lower end of the 95% interval above 1%); worst case:", r.validity.invalid)...)
	notes = append(notes, breaches("Breaks it only while the share climbs and the base rate drifts, and is raced all the same:", r.validity.ramped)...)
	for _, lost := range r.race.lost {
		notes = append(notes, note{text: "Ours is behind in " + lost})
	}
	return notes
}

func (r *report) shows(name string) bool {
	return slices.ContainsFunc(r.tables, func(t table) bool { return t.place(name) >= 0 })
}

// breaches lists the worst cell of each rule that broke its alpha.
func breaches(title string, by map[string]map[string]breach) (notes []note) {
	for _, kind := range slices.Sorted(maps.Keys(by)) {
		for _, name := range slices.Sorted(maps.Keys(by[kind])) {
			b := by[kind][name]
			notes = append(notes, note{name, fmt.Sprintf("%s, %.1f%% false (%s)", kind, 100*b.rate, b.cell)})
		}
	}
	if len(notes) > 0 {
		notes = append([]note{{text: title}}, notes...)
	}
	return notes
}

// A record is one row and contestant in the JSON output. What has no finite value
// is null.
type record struct {
	Section    string   `json:"section"`
	Case       string   `json:"case"`
	Share      string   `json:"share"`
	Rule       string   `json:"rule"`
	Valid      bool     `json:"valid"`
	Trials     int      `json:"trials"`
	Early      int      `json:"rolled_back_early"`
	RolledBack int      `json:"rolled_back"`
	Median     *float64 `json:"median_calls"`
	P90        *float64 `json:"p90_calls"`
	Mean       *float64 `json:"mean_calls"`
	Bound      *float64 `json:"bound_calls"`
}

// json is one object a line for each row and contestant.
func (r *report) json() (string, error) {
	var w strings.Builder
	out := json.NewEncoder(&w)
	out.SetEscapeHTML(false) // "->" stays readable
	for i := range r.tables {
		t := &r.tables[i]
		for j := range t.results {
			res := &t.results[j]
			for k, s := range res.summaries {
				if s == nil {
					continue
				}
				name := t.contestants[k].name
				err := out.Encode(record{
					Section: t.title, Case: res.name, Share: res.shareText(), Rule: name,
					Valid: r.validity.valid(t.kind, name), Trials: s.trials, Early: s.early, RolledBack: s.rolledBack(),
					Median: finite(s.delay(0.5)), P90: finite(s.delay(0.9)), Mean: finite(s.mean()), Bound: finite(res.bound),
				})
				if err != nil {
					return "", err
				}
			}
		}
	}
	return w.String(), nil
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) || x == 0 {
		return nil
	}
	return &x
}
