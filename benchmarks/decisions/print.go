package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// text is the report in aligned columns.
func (r *report) text() string {
	w := &strings.Builder{}
	for i := range r.tables {
		t := &r.tables[i]
		fmt.Fprintf(w, "%s\n", t.title)
		grid := t.grid(&r.validity)
		widths := widths(grid)
		for _, cells := range grid {
			var line strings.Builder
			for k, cell := range cells {
				switch {
				case k == 0:
					fmt.Fprintf(&line, "  %-*s", widths[k], cell)
				case k == len(cells)-1:
					fmt.Fprintf(&line, "  %s", cell)
				default:
					fmt.Fprintf(&line, "  %*s", widths[k], cell)
				}
			}
			fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
		}
		fmt.Fprintln(w)
	}
	for _, line := range r.notes() {
		fmt.Fprintln(w, line)
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

// markdown is the report for the documentation.
func (r *report) markdown() string {
	w := &strings.Builder{}
	for i := range r.tables {
		t := &r.tables[i]
		fmt.Fprintf(w, "**%s**\n\n", t.title)
		for k, cells := range t.grid(&r.validity) {
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
			if k == 0 {
				fmt.Fprintf(w, "|---|%s---|\n", strings.Repeat("--:|", len(cells)-2))
			}
		}
		fmt.Fprintln(w)
	}
	for _, line := range r.notes() {
		fmt.Fprintf(w, "- %s\n", strings.Join(strings.Fields(line), " "))
	}
	return w.String()
}

// notes are the legend, who is invalid and why, and the bars.
func (r *report) notes() []string {
	lines := []string{
		"50 requests a second in both arms together; alpha 1%; delays are medians (90th percentiles), bound and x bound are of the mean.",
	}
	for _, l := range legend {
		if r.shows(l.name) {
			lines = append(lines, fmt.Sprintf("  %-8s  %s", l.name, l.text))
		}
	}
	lines = append(lines, "? had no chance to break its alpha in this run, for want of equal arms or of time; it is raced all the same.")
	lines = append(lines, breaches("! breaks its alpha with equal arms and a constant share (lower end of the 95% interval above 1%); worst case:", r.validity.invalid)...)
	lines = append(lines, breaches("Breaks it only while the share climbs and the base rate drifts, and is raced all the same:", r.validity.ramped)...)
	if r.race.run > 0 {
		lines = append(lines, "Ours is "+r.race.String())
	}
	if len(r.missed) == 0 {
		return append(lines, "All our bars are met.")
	}
	for _, m := range r.missed {
		lines = append(lines, "MISSED: "+m)
	}
	return lines
}

func (r *report) shows(name string) bool {
	return slices.ContainsFunc(r.tables, func(t table) bool { return t.place(name) >= 0 })
}

// breaches lists the worst cell of each rule that broke its alpha.
func breaches(title string, by map[string]map[string]breach) (lines []string) {
	for _, kind := range slices.Sorted(maps.Keys(by)) {
		for _, name := range slices.Sorted(maps.Keys(by[kind])) {
			b := by[kind][name]
			lines = append(lines, fmt.Sprintf("  %-8s  %s: %.1f%% false (%s)", name, kind, 100*b.rate, b.cell))
		}
	}
	if len(lines) > 0 {
		lines = append([]string{title}, lines...)
	}
	return lines
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
