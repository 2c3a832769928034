package criteria

import (
	"fmt"
	"io"
	"strconv"
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

// WriteTable writes the plan for people, a section a step: what is found of changes
// for the worse, and below it what promotion takes. A star marks what was assumed, an
// exclamation mark the reasons to change the rollout.
func (p *Plan) WriteTable(w io.Writer) error {
	t := &table{plan: p}
	fmt.Fprintf(&t.text, "plan: alpha %.4g, %.4g requests/s", p.Alpha, p.RequestsPerSecond)
	if p.Units > 0 {
		fmt.Fprintf(&t.text, " of %s units", strconv.FormatFloat(p.Units, 'f', -1, 64))
	}
	if p.PairsPerSecond > 0 {
		fmt.Fprintf(&t.text, ", %.4g pairs/s", p.PairsPerSecond)
	}
	t.text.WriteString("\n")
	for i := range p.Steps {
		t.step(i+1, &p.Steps[i])
	}
	t.notes()
	_, err := io.WriteString(w, t.text.String())
	return err
}

// A table is a plan being written.
type table struct {
	plan               *Plan
	text               strings.Builder
	assumed, handicaps bool
}

// step writes the section of a step.
func (t *table) step(n int, s *PlannedStep) {
	what := "requests"
	if t.plan.Units > 0 {
		what = "units"
	}
	fmt.Fprintf(&t.text, "\nstep %d: share %s for %s, %s candidate calls, evidence from %s %s\n",
		n, percent(s.Share), spanText(s.Soak), countText(s.Calls), countText(s.Witnesses), what)
	if s.Warning != "" {
		fmt.Fprintf(&t.text, "  ! %s\n", s.Warning)
	}
	var found, proven cellRows
	var before *Row
	for i := range t.plan.Rows {
		if r := &t.plan.Rows[i]; r.Step == n {
			found.add(r.Criterion, r.Warning, t.row(r, before))
			before = r
		}
	}
	found.write(&t.text, "criterion", "event", "stable", "allowed", "finds", "candidate calls and time until found")
	for i := range t.plan.Proofs {
		if p := &t.plan.Proofs[i]; p.Step == n {
			proven.add(p.Criterion, p.Warning, t.proof(p))
		}
	}
	proven.write(&t.text, "promotion", "rules out", "candidate calls and time if both are alike")
}

// cellRows are lines of cells, some with a warning.
type cellRows struct {
	cells    [][]string
	about    []string
	warnings []string
}

func (s *cellRows) add(about, warning string, cells []string) {
	s.cells, s.about, s.warnings = append(s.cells, cells), append(s.about, about), append(s.warnings, warning)
}

// write aligns the cells. Lines with a warning begin with a mark; what it says
// follows, but only once for lines about the same.
func (s *cellRows) write(to *strings.Builder, heads ...string) {
	if len(s.cells) == 0 {
		return
	}
	var lines strings.Builder
	w := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "  "+strings.Join(heads, "\t"))
	for i, cells := range s.cells {
		mark := "  "
		if s.warnings[i] != "" {
			mark = "! "
		}
		_, _ = fmt.Fprintln(w, mark+strings.Join(cells, "\t"))
	}
	_ = w.Flush() // into memory
	i, said := -1, ""
	for line := range strings.Lines(lines.String()) {
		to.WriteString(strings.TrimRight(line, " \n") + "\n")
		if i >= 0 && s.warnings[i] != "" && said != s.about[i]+s.warnings[i] {
			said = s.about[i] + s.warnings[i]
			to.WriteString("      " + s.warnings[i] + "\n")
		}
		i++
	}
}

// row returns the cells of a row; what is as in the row before it is left out.
func (t *table) row(r, before *Row) []string {
	name, stable, allowed, finds := r.Criterion+r.Role.note(), r.number(r.Stable), r.number(r.Allowed), "nothing"
	if r.Reads == readsSentinel {
		name += " by sentinel"
	}
	switch {
	case r.Slice != "":
		name = "  in " + r.Slice
	case before != nil && before.Criterion == r.Criterion && before.Role == r.Role && before.Reads == r.Reads:
		name = ""
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
	if r.Finds {
		finds = r.number(r.Detectable)
	}
	t.assumed = t.assumed || r.Assumed || r.HandicapAssumed
	t.handicaps = t.handicaps || r.Handicap > 0
	cells := []string{name, r.Event, stable, allowed, finds}
	for _, c := range r.Changes {
		cells = append(cells, c.Change+": "+delayText(c.Found, c.Calls, c.Time))
	}
	return cells
}

// proof returns the cells of a proof.
func (t *table) proof(p *PlannedProof) []string {
	margin := "+" + percent(p.Margin)
	if p.Assumed {
		margin += "*"
		t.assumed = true
	}
	return []string{p.Criterion + p.Role.note(), margin, delayText(p.Found, p.Calls, p.Time)}
}

// note names a role that is not the usual one.
func (r Role) note() string {
	if r == Guardrail {
		return ""
	}
	return " (" + r.String() + ")"
}

func (r *Row) number(x float64) string { return amountText(x, r.Mean) }

// amountText writes a rate or a mean.
func amountText(x float64, mean bool) string {
	if mean {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	return percent(x)
}

func delayText(found bool, calls int64, at time.Duration) string {
	if !found {
		return "never"
	}
	return countText(calls) + ", " + spanText(at)
}

// countText writes a count with two digits and the thousands apart.
func countText(n int64) string { return rounded(uint64(max(n, 0))) }

// notes explains the marks.
func (t *table) notes() {
	if t.assumed || t.handicaps {
		t.text.WriteString("\n")
	}
	if t.assumed {
		t.text.WriteString("* assumed; Rollout.Base can say what stable does\n")
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
