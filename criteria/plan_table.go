package criteria

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// String returns the table of [Plan.WriteTable].
func (p *Plan) String() string {
	var b strings.Builder
	_ = p.WriteTable(&b)
	return b.String()
}

// WriteTable writes the plan for people, a section a step. A star marks what was
// assumed.
func (p *Plan) WriteTable(w io.Writer) error {
	t := &table{rows: p.Rows}
	fmt.Fprintf(&t.text, "plan: alpha %.4g, %.4g requests/s", p.Alpha, p.RequestsPerSecond)
	if p.Units > 0 {
		fmt.Fprintf(&t.text, ", %.4g units", p.Units)
	}
	t.text.WriteString("\n")
	what := "requests"
	if p.Units > 0 {
		what = "units"
	}
	for i := range p.Steps {
		t.step(i+1, &p.Steps[i], what)
	}
	t.notes()
	_, err := io.WriteString(w, t.text.String())
	return err
}

// A table is a plan being written.
type table struct {
	rows               []Row
	text               strings.Builder
	assumed, handicaps bool
}

// step writes the section of a step.
func (t *table) step(n int, s *PlannedStep, what string) {
	fmt.Fprintf(&t.text, "\nstep %d: share %s for %s, %d candidate calls, evidence from %d %s\n",
		n, percent(s.Share), spanText(s.Soak), s.Calls, s.Witnesses, what)
	if s.Warning != "" {
		fmt.Fprintf(&t.text, "  ! %s\n", s.Warning)
	}
	var lines strings.Builder
	w := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "  criterion\tevent\tstable\tallowed\tfinds\tcandidate calls until found\t")
	for i := range t.rows {
		if t.rows[i].Step == n {
			t.row(w, &t.rows[i])
		}
	}
	_ = w.Flush() // into memory
	for line := range strings.Lines(lines.String()) {
		t.text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// row writes one row.
func (t *table) row(w io.Writer, r *Row) {
	name, stable, allowed, finds, warning := r.Criterion, percent(r.Stable), percent(r.Allowed), "nothing", ""
	if r.Slice != "" {
		name += " in " + r.Slice
	}
	if r.Reads == readsSentinel {
		name += " by sentinel"
	}
	if r.Assumed {
		stable += "*"
	}
	if r.Handicap > 0 {
		allowed += "+"
	}
	if r.HandicapAssumed {
		allowed += "*"
	}
	if r.Detectable > 0 {
		finds = percent(r.Detectable)
	}
	if r.Warning != "" {
		warning = "! " + r.Warning
	}
	t.assumed = t.assumed || r.Assumed || r.HandicapAssumed
	t.handicaps = t.handicaps || r.Handicap > 0
	_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, r.Event, stable, allowed, finds, r.delays(), warning)
}

// delays writes the changes in one cell.
func (r *Row) delays() string {
	var parts []string
	for _, c := range r.Changes {
		text := c.Change + " never"
		if c.Found {
			text = fmt.Sprintf("%s %d (%s)", c.Change, c.Calls, spanText(c.Time))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// notes explains the marks.
func (t *table) notes() {
	if t.assumed || t.handicaps {
		t.text.WriteString("\n")
	}
	if t.assumed {
		t.text.WriteString("* assumed; declare it in Rollout.Base\n")
	}
	if t.handicaps {
		t.text.WriteString("+ as calls without a value are scored in the candidate's favour\n")
	}
}

// spanText writes a time with two digits and its unit: "52 min".
func spanText(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if x := float64(d) / float64(unit.size); x >= 9.95 {
			return fmt.Sprintf("%.0f %s", x, unit.name)
		} else if x >= 0.9995 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0") + " " + unit.name
		}
	}
	return durationText(d)
}
