package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/shadow/report"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// worstSlices is how many slices are shown.
const worstSlices = 8

// findings are printed one after the other; the first error ends it.
type findings struct {
	out io.Writer
	err error
}

func (f *findings) lines(lines ...string) {
	if f.err == nil {
		_, f.err = fmt.Fprintln(f.out, strings.Join(lines, "\n"))
	}
}

func (f *findings) table(rows [][]string) {
	if f.err == nil {
		f.err = screen.WriteTable(f.out, rows)
	}
}

// canary prints what the canary itself knows, as its page would show it.
func (f *findings) canary(s canary.Snapshot) {
	sh := s.Shadow
	f.lines("", "What the canary says:", "")
	rows := [][]string{
		{"requests in the shadow", count(sh.Drawn)},
		{"- that became pairs", count(sh.Pairs) + " (coverage " + screen.Percent(sh.Coverage) + ")" + dropped(sh.Dropped)},
		{"both models answered", count(sh.Quadrants[0])},
		{"only stable, only the candidate, none", count(sh.Quadrants[1]) + ", " + count(sh.Quadrants[2]) + ", " + count(sh.Quadrants[3])},
		{"answers that differ", count(sh.Differ) + " (" + percentOf(sh.Differ, sh.Pairs) + ")"},
		{"stable differs from itself (noise)", count(sh.RerunsDiffer) + " of " + count(sh.Reruns) + " (" + percentOf(sh.RerunsDiffer, sh.Reruns) + ")"},
		{"requests served by the candidate", count(s.Requests[canary.Candidate].Calls)},
	}
	f.table(rows)
	f.lines("")
	for _, v := range s.Verdicts {
		if v.Role.String() == "hold" {
			f.lines(screen.Hang("  ", v.String()))
		}
	}
}

// dropped says why drawn requests became no pairs, the most frequent reason first.
func dropped(by map[string]int64) string {
	reasons := make([]string, 0, len(by))
	for reason := range by {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int { return int(by[b] - by[a]) })
	var b strings.Builder
	for _, reason := range reasons {
		b.WriteString("; " + reason + " " + count(by[reason]))
	}
	return b.String()
}

// report prints what the log says to somebody who does not know the truth.
func (f *findings) report(s *report.Summary, page, log string) {
	f.lines("", "What the pair log says, without the truth:", "", screen.Hang("  ", s.Headline.Title+"."))
	for _, reason := range s.Headline.Reasons {
		f.lines(screen.Hang("  - ", reason.Text))
	}
	f.lines("", screen.Hang("  page: ", page), screen.Hang("  log:  ", log))
}

// truth prints the slices that differ most, and who was right in them.
func (f *findings) truth(s *report.Summary, known scores) {
	f.lines("", "Where they differ most, and who was right, which here alone is known:", "")
	rows := [][]string{{"slice", "pairs", "differ", "stable right", "candidate right"}, known[segment{}].row("everything")}
	for _, slice := range s.Slices[:min(worstSlices, len(s.Slices))] {
		if of := known[segment{slice.Dimension, slice.Value}]; of != nil {
			rows = append(rows, of.row(slice.Dimension+" "+slice.Value))
		}
	}
	f.table(rows)
	all := known[segment{}]
	f.lines("", screen.Hang("", fmt.Sprintf("Of the %s on which they differ stable was right on %s, the candidate on %s, neither on %s. "+
		"The profiles of whatlanggo descend from franc's, which were made of this very declaration, so stable is flattered here: that they differ is a fact, who is better must be asked of other texts.",
		screen.Plural(all.Parted, "text"), screen.Grouped(all.StableRight), screen.Grouped(all.CandidateRight), screen.Grouped(all.Parted-all.StableRight-all.CandidateRight))))
}

func (s *score) row(name string) []string {
	return []string{name, screen.Grouped(s.Pairs), part(s.Parted, s.Pairs), part(s.Stable, s.Pairs), part(s.Candidate, s.Pairs)}
}

func count(n int64) string { return screen.Grouped(int(n)) }

func percentOf(n, of int64) string { return part(int(n), int(of)) }

func part(n, of int) string {
	if of == 0 {
		return "-"
	}
	return screen.Percent(float64(n) / float64(of))
}

// errNoPairs is why there is nothing to report.
var errNoPairs = errors.New("shadow: no request became a pair; the process had no processor to spare")
