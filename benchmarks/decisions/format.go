package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// percent writes a fraction with as many digits as it has.
func percent(x float64) string {
	return strconv.FormatFloat(math.Round(1e6*x)/1e4, 'f', -1, 64) + "%"
}

// roundPercent writes a fraction that was measured.
func roundPercent(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + "%" }

// count writes a number of calls, with thousands parted.
func count(x float64) string {
	if math.IsInf(x, 1) {
		return "never"
	}
	s := strconv.Itoa(int(math.Round(x)))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// falseCell writes a false rollback rate in percent.
func falseCell(s *summary) string {
	if s == nil {
		return "-"
	}
	return strconv.FormatFloat(100*s.rate(), 'f', 2, 64)
}

// delayCell writes a median, or what there is when fewer than half found it.
func delayCell(s *summary, withP90 bool) string {
	switch {
	case s == nil:
		return "-"
	case 2*s.early > s.trials:
		return "early"
	case len(s.delays) == 0:
		return "never"
	case math.IsInf(s.delay(0.5), 1):
		return fmt.Sprintf("%.0f%% found", 100*float64(len(s.delays))/float64(s.trials-s.early))
	case withP90:
		return fmt.Sprintf("%s (%s)", count(s.delay(0.5)), count(s.delay(0.9)))
	}
	return count(s.delay(0.5))
}

// boundCell writes the information bound, below ten with a digit more.
func boundCell(bound float64) string {
	switch {
	case bound == 0:
		return "-"
	case bound < 10:
		return strconv.FormatFloat(bound, 'f', 1, 64)
	}
	return count(bound)
}

// timesCell writes the mean as a multiple of the bound.
func timesCell(s *summary, bound float64) string {
	if s == nil || bound == 0 || math.IsInf(s.mean(), 1) {
		return "-"
	}
	return times(s.mean() / bound)
}

// times writes a factor.
func times(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

// barCell writes the bars of a row and whether they are met.
func (t *table) barCell(r *result) string {
	var met, missed []string
	for _, c := range t.claims(r) {
		switch {
		case !c.met:
			missed = append(missed, c.who+" "+c.text)
		case !slices.Contains(met, c.text):
			met = append(met, c.text)
		}
	}
	switch {
	case len(missed) > 0:
		return "MISSED: " + strings.Join(missed, ", ")
	case len(met) > 0:
		return "met: " + strings.Join(met, ", ")
	}
	return ""
}

// grid is the table as rows of cells, the first of them the heads.
func (t *table) grid(v *validity) [][]string {
	delays := len(t.results) > 0 && !t.results[0].equal
	bounds := slices.ContainsFunc(t.results, func(r result) bool { return r.bound > 0 })
	heads := []string{"case", "share"}
	if bounds {
		heads = append(heads, "bound", "x bound")
	}
	for _, c := range t.contestants {
		heads = append(heads, v.mark(t.kind, c.name))
	}
	grid := [][]string{append(heads, "bar")}
	for i := range t.results {
		r := &t.results[i]
		cells := []string{r.name, r.shareText()}
		if bounds {
			cells = append(cells, boundCell(r.bound), timesCell(r.summaries[t.place(ours)], r.bound))
		}
		for k, s := range r.summaries {
			if delays {
				cells = append(cells, delayCell(s, t.contestants[k].mine))
			} else {
				cells = append(cells, falseCell(s))
			}
		}
		grid = append(grid, append(cells, t.barCell(r)))
	}
	return grid
}
