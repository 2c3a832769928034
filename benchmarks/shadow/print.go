package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// processors that the server may use.
var processors = runtime.GOMAXPROCS(0)

// report is all that was found.
type report struct {
	Machine  string
	Settings []*result `json:"-"`
	Rows     []row
	Bars     []claim
}

// row is a mode in a setting: medians over the repetitions.
type row struct {
	Load, Shadow        float64
	Mode                string
	Capacity            float64
	P50, P99, P999      float64 // milliseconds
	Ratio               float64 // of the p99 to the unshadowed one, paired
	Ratios              []float64
	Asked, Done         float64          // shadows, as a fraction of requests and of the asked
	Server, Others      float64          // of the machine's processor time
	Runnable            [2]time.Duration // median and 99th percentile of how long a goroutine waited for a processor
	Lost                map[string]int64 // shadows, over all repetitions, by reason
	Disturbed, Repeated int              // rounds
}

// add takes a setting in.
func (r *report) add(s *result) {
	for _, p := range s.Rounds[0] {
		r.Rows = append(r.Rows, s.row(p.Mode))
	}
	r.Bars = append(r.Bars, s.claims()...)
	r.Settings = append(r.Settings, s)
}

func (r *result) row(mode string) row {
	med := func(value func(*played) float64) float64 { return median(r.over(mode, value)) }
	at := func(q float64) float64 {
		return med(func(p *played) float64 { return 1e3 * p.quantiles(q)[0].Seconds() })
	}
	line := row{
		Load: r.Load, Shadow: r.Shadow, Mode: mode, Capacity: r.capacity(), P50: at(0.5), P99: at(0.99), P999: at(0.999),
		Ratios: r.ratios(mode), Disturbed: r.Disturbed, Repeated: len(r.Rounds), Lost: map[string]int64{},
		Asked:  med(func(p *played) float64 { return float64(p.Tally.Asked) / float64(len(p.Took)) }),
		Done:   med(func(p *played) float64 { return p.ran() }),
		Server: med(func(p *played) float64 { return p.Machine.Server }),
		Others: med(func(p *played) float64 { return p.Machine.Others }),
	}
	line.Ratio = median(line.Ratios)
	for i := range line.Runnable {
		line.Runnable[i] = time.Duration(med(func(p *played) float64 { return float64(p.Gauges.Waited[i]) }))
	}
	for _, round := range r.Rounds {
		for why, n := range round[r.place(mode)].Tally.Lost {
			line.Lost[why] += n
		}
	}
	return line
}

// missed says whether a bar was.
func (r *report) missed() bool {
	for _, b := range r.Bars {
		if !b.Met {
			return true
		}
	}
	return false
}

// json is the report for programs.
func (r *report) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// text is the report for people.
func (r *report) text(w io.Writer) error {
	var b strings.Builder
	_, _ = fmt.Fprintln(&b, r.Machine)
	for _, s := range r.Settings {
		s.table(&b)
	}
	b.WriteString("\n")
	for _, c := range r.Bars {
		word := "met   "
		if !c.Met {
			word = "MISSED"
		}
		_, _ = fmt.Fprintf(&b, "%s  %s: %s\n", word, c.Text, c.Value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// capacity is the median over the repetitions.
func (r *result) capacity() float64 { return median(slices.Sorted(slices.Values(r.Capacities))) }

// table has a line for each mode.
func (r *result) table(b *strings.Builder) {
	_, _ = fmt.Fprintf(b, "\n%.0f %% load (100 %% is %.0f requests a second), a shadow asked for %.0f %% of requests; medians of %d rounds, %d disturbed ones played again\n",
		100*r.Load, r.capacity(), 100*r.Shadow, len(r.Rounds), r.Disturbed)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "mode\tp50 ms\tp99 ms\tp99.9 ms\tp99 ratio\tleast\tmost\tran\tserver\tothers\trunnable p99\t")
	for _, p := range r.Rounds[0] {
		l := r.row(p.Mode)
		_, _ = fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t%.0f %%\t%.0f %%\t%v\t\n", l.Mode, l.P50, l.P99, l.P999, l.Ratio, l.Ratios[0], l.Ratios[len(l.Ratios)-1],
			ran(&l), 100*l.Server, 100*l.Others, l.Runnable[1].Round(time.Microsecond))
	}
	_ = t.Flush()
}

// ran is the fraction of shadows that did.
func ran(l *row) string {
	if l.Asked == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*l.Done)
}

// progressLine tells of a round while others are still to come.
func progressLine(s *setting, round []*played, disturbed bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%3.0f %% load, %3.0f %% shadow:", 100*s.Load, 100*s.Shadow)
	for _, p := range round {
		q := p.quantiles(0.5, 0.99)
		fmt.Fprintf(&b, "  %s %.2f/%.2f ms", p.Mode, 1e3*q[0].Seconds(), 1e3*q[1].Seconds())
		if p.Tally.Asked > 0 {
			fmt.Fprintf(&b, " ran %.0f %%", 100*p.ran())
		}
		fmt.Fprintf(&b, " (others %.0f %%, overslept %v)", 100*p.Machine.Others, p.Overslept.Round(10*time.Microsecond))
	}
	if disturbed {
		b.WriteString("  disturbed")
	}
	return b.String() + "\n"
}
