package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/modelcanary/go-sdk/criteria"
)

// textWidth is how many columns WriteText uses.
const textWidth = 100

// WriteText writes the summary for a terminal of 100 columns: the answer first, then what it rests on. Texts from the logs are escaped. The error is that of w.
func (s *Summary) WriteText(w io.Writer) error {
	t := &textPage{out: bufio.NewWriter(w)}
	t.headline(s)
	if s.Pairs > 0 {
		t.agreement(s)
		t.judgement(s.Judgement)
		t.numbers(s.Numbers)
		t.labels(s.Labels)
		t.checks(s.Checks)
		t.failures(s.Failures)
		t.slices(s)
		t.latency(s)
		t.examples(s.Examples)
	}
	t.facts(s)
	return t.out.Flush()
}

// A textPage writes lines; the first error stays in its writer until Flush.
type textPage struct{ out *bufio.Writer }

func (t *textPage) line(format string, args ...any) {
	_, _ = t.out.WriteString(fitted(fmt.Sprintf(format, args...), textWidth) + "\n")
}

func (t *textPage) section(name string) {
	t.line("")
	t.line("%s", name)
}

// wrapped writes a sentence over as many lines as it takes.
func (t *textPage) wrapped(first, next, text string) {
	at, words := first, 0
	for word := range strings.FieldsSeq(text) {
		if words > 0 && utf8.RuneCountInString(at)+1+utf8.RuneCountInString(word) > textWidth {
			t.line("%s", at)
			at, words = next, 0
		}
		if words > 0 {
			at += " "
		}
		at += word
		words++
	}
	t.line("%s", at)
}

var stamps = map[criteria.Result]string{criteria.Pass: "READY TO RAMP", criteria.Fail: "NOT READY", criteria.NoEvidence: "NOT PROVEN"}

var marks = map[criteria.Result]string{criteria.Pass: "✓", criteria.Fail: "✗", criteria.NoEvidence: "?"}

func (t *textPage) headline(s *Summary) {
	title := s.Headline.Title
	if _, rest, ok := strings.Cut(title, ": "); ok {
		title = rest
	}
	t.line("%s  %s", stamps[s.Headline.Result], title)
	if s.Pairs == 0 {
		return
	}
	t.line("%s", s.subject())
	t.wrapped("", "", s.extent())
	t.line("")
	for _, reason := range s.Headline.Reasons {
		t.wrapped("  "+marks[reason.Result]+" ", "    ", reason.Text)
	}
}

// subject says whose trial it is.
func (s *Summary) subject() string {
	return fmt.Sprintf("%s · epoch %d · %s → %s", printable(s.Canary), s.Epoch, printable(s.Stable), printable(s.Candidate))
}

// extent says what was seen of it.
func (s *Summary) extent() string {
	const layout = "2006-01-02 15:04:05"
	out := fmt.Sprintf("%s pairs from %s to %s UTC (%s)", count(s.Pairs), s.First.Format(layout), s.Last.Format(layout), span(s.Last.Sub(s.First)))
	if s.Rate > 0 {
		out += fmt.Sprintf(", %s of the requests drawn", percent(s.Rate))
	}
	return out
}

func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.1f days", d.Hours()/24)
	case d >= time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d >= time.Minute:
		return fmt.Sprintf("%.1f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func (t *textPage) agreement(s *Summary) {
	t.section("Agreement")
	t.rate("candidate with stable", s.Agreement)
	if s.SelfAgreement.Of > 0 {
		t.rate("stable with itself", s.SelfAgreement)
		t.line("  %-24s %8s  [%s, %s] on %s reruns", "difference beyond noise", points(s.Excess.Excess), points(s.Excess.Lower), points(s.Excess.Upper), count(s.Excess.Of))
	} else {
		t.line("  %-24s no reruns of stable in the log", "stable with itself")
	}
	q := s.Quadrants
	t.line("  %-24s both %s · only stable %s · only the candidate %s · neither %s", "answered", count(q.Both), count(q.OnlyStable), count(q.OnlyCandidate), count(q.Neither))
}

func (t *textPage) rate(name string, r Rate) {
	t.line("  %-24s %8s  [%s, %s]  %s", name, percent(r.Rate), percent(r.Lower), percent(r.Upper), bar(r.Rate, 30))
}

// bar draws a fraction as a bar of eighths of a column.
func bar(x float64, width int) string {
	eighths := int(math.Round(min(max(x, 0), 1) * float64(width) * 8))
	full, rest := eighths/8, eighths%8
	out := strings.Repeat("█", full)
	if rest > 0 {
		out += string([]rune(" ▏▎▍▌▋▊▉")[rest])
		full++
	}
	return out + strings.Repeat("·", width-full)
}

// spark draws a histogram, a column for some bins.
func spark(bins []float64, width int) string {
	columns := make([]float64, width)
	for i, x := range bins {
		columns[i*width/len(bins)] += x
	}
	most := 0.0
	for _, x := range columns {
		most = max(most, x)
	}
	var b strings.Builder
	for _, x := range columns {
		level := 0
		if x > 0 {
			level = max(1, int(math.Round(x/most*8)))
		}
		b.WriteRune([]rune(" ▁▂▃▄▅▆▇█")[level])
	}
	return b.String()
}

func (t *textPage) numbers(numbers []Number) {
	if len(numbers) == 0 {
		return
	}
	t.section("Numbers                        10 %       median         90 %         mean   shape")
	for _, n := range numbers {
		t.line("  %s", printable(n.Name))
		t.arm("stable", n.Stable, n.Shape.Stable)
		t.arm("candidate", n.Candidate, n.Shape.Candidate)
		t.arm("difference", n.Difference, n.Differences.Candidate)
		if of := n.Higher + n.Lower + n.Ties; of > 0 {
			t.line("    %-18s %s of the pairs · lower on %s · the same on %s", "candidate higher on", share(n.Higher, of), share(n.Lower, of), share(n.Ties, of))
		}
	}
}

func share(part, of int64) string { return percent(float64(part) / float64(of)) }

func (t *textPage) arm(name string, d Distribution, bins []float64) {
	if d.Count == 0 {
		t.line("    %-14s none", name)
		return
	}
	drawn := ""
	if len(bins) > 0 {
		drawn = spark(bins, 24)
	}
	t.line("    %-14s %16s %12s %12s %12s   %s", name, number(d.Quantiles[2]), number(d.Quantiles[4]), number(d.Quantiles[6]), number(d.Mean), drawn)
}

func (t *textPage) labels(labels []Label) {
	for _, l := range labels {
		t.section("Label " + printable(l.Name))
		t.line("  changed on %s of the pairs [%s, %s]", percent(l.Changed.Rate), percent(l.Changed.Lower), percent(l.Changed.Upper))
		for _, c := range l.worstCells(6) {
			t.line("  %12s  %s → %s", count(c.pairs), fitted(printable(l.Texts[c.stable]), 34), fitted(printable(l.Texts[c.candidate]), 34))
		}
	}
}

func (t *textPage) checks(checks []Check) {
	if len(checks) == 0 {
		return
	}
	t.section("Checks                     stable    candidate   difference")
	for _, c := range checks {
		t.line("  %-22s %9s %12s %12s  [%s, %s]", fitted(printable(c.Name), 22), percent(c.Stable.Rate), percent(c.Candidate.Rate), points(c.Excess.Excess),
			points(c.Excess.Lower), points(c.Excess.Upper))
	}
}

func (t *textPage) failures(failures []Failure) {
	if len(failures) == 0 {
		return
	}
	t.section("Failures                              stable    candidate")
	for _, f := range failures[:min(len(failures), 12)] {
		t.line("  %-30s %12s %12s", fitted(f.name(), 30), count(f.Stable), count(f.Candidate))
	}
	if more := len(failures) - 12; more > 0 {
		t.line("  and %d more classes", more)
	}
}

func (f Failure) name() string {
	if f.Class == "" {
		return printable(f.Outcome)
	}
	return printable(f.Outcome) + " · " + printable(f.Class)
}

func (t *textPage) slices(s *Summary) {
	if len(s.Slices) == 0 {
		return
	}
	t.section(fmt.Sprintf("Worst of %s slices                        pairs   differs     floor    excess  at least", count(int64(s.SlicesSeen))))
	for _, x := range s.Slices[:min(len(s.Slices), 10)] {
		t.line("  %-36s %10s %9s %9s %9s %9s", fitted(x.name(), 36), count(x.Disagreement.Of), percent(x.Disagreement.Rate), x.floor(), points(x.Excess), points(x.Lower))
	}
}

func (x Slice) name() string { return short(x.Dimension) + " = " + short(x.Value) }

func (x Slice) floor() string {
	if !x.OwnFloor {
		return "all"
	}
	return percent(x.Floor.Rate)
}

func (t *textPage) latency(s *Summary) {
	l := s.Latency
	if l.StableCalls == 0 || l.CandidateCalls == 0 {
		return
	}
	t.section("Latency (shadows run in quiet moments: this decides nothing)")
	for _, arm := range []struct {
		name string
		at   []float64
	}{{"stable", l.Stable}, {"candidate", l.Candidate}} {
		t.line("  %-14s median %10s   90 %% %10s   99 %% %10s   99.9 %% %10s", arm.name, seconds(arm.at[6]), seconds(arm.at[10]), seconds(arm.at[13]), seconds(arm.at[15]))
	}
}

func (t *textPage) examples(examples []Example) {
	const shown = 3
	if len(examples) == 0 {
		return
	}
	t.section("The biggest differences")
	for _, e := range examples[:min(len(examples), shown)] {
		t.line("  %s", e.title())
		lines := strings.Split(printableLines(e.Diff), "\n")
		for _, l := range lines[:min(len(lines), 12)] {
			if l != "" {
				t.line("    %s", strings.ReplaceAll(l, "\t", "  "))
			}
		}
	}
	if more := len(examples) - shown; more > 0 {
		t.line("  %d more in the page", more)
	}
}

func (e Example) title() string {
	out := fmt.Sprintf("%s:%d", printable(e.File), e.Line)
	if !math.IsNaN(e.Distance) {
		out += " · distance " + number(e.Distance)
	}
	return out + " · " + e.Quadrant
}

func (t *textPage) facts(s *Summary) {
	l := s.Log
	t.section(fmt.Sprintf("Read %s in %d files: %s records, %s bad lines", size(l.Bytes), len(l.Files), count(l.Records), count(l.Bad)))
	for _, b := range l.BadLines[:min(len(l.BadLines), 5)] {
		t.line("  %s:%d: %s", printable(b.File), b.Line, printable(b.Problem))
		t.line("    %s", printable(b.Text))
	}
	for _, e := range l.ReadErrors {
		t.line("  %s was read up to line %d only: %s", printable(e.File), e.Line, printable(e.Problem))
	}
	if l.Cut > 0 {
		t.line("  %s records were shortened when they were written", count(l.Cut))
	}
	for _, o := range l.Others {
		t.line("  Left out: %s pairs of %s epoch %d, %s → %s", count(o.Pairs), printable(o.Canary), o.Epoch, printable(o.Stable), printable(o.Candidate))
	}
	if l.Unlisted > 0 {
		t.line("  Left out: %s pairs of others", count(l.Unlisted))
	}
}

// fitted cuts a text to some columns. Characters that take two are counted as one.
func fitted(s string, columns int) string {
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}

func (t *textPage) judgement(j *Judgement) {
	if j == nil {
		return
	}
	t.section("Criteria                            role        result          against    for")
	for _, v := range j.Verdicts {
		proof := "-"
		if v.Gate != nil {
			proof = fmt.Sprintf("%.1f of %.1f", v.Gate.LogE, v.Gate.Limit)
		}
		t.line("  %-33s %-11s %-12s %5.1f of %-5.1f %s", fitted(printable(v.Name), 33), v.Role, v.Result, v.LogE, v.Limit, proof)
		if v.Finding != "" {
			t.wrapped("      ", "      ", v.found())
		}
		if v.Failed != nil {
			t.wrapped("      ", "      ", "failed by "+v.Failed.String())
		}
	}
	for _, skip := range j.Skipped {
		t.wrapped("  ", "    ", fmt.Sprintf("%s was skipped: %s", printable(skip.Name), printable(skip.Why)))
	}
}
