package report

import (
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strings"
)

// Limits of the page.
const (
	plottedSlices = 20
	plottedLabels = 3
	shownShares   = 8
	pairBytes     = 640 << 10 // of all differences together
	openPairs     = 1
)

// A pageView is what the template shows. Its texts are to be escaped, its drawings are.
type pageView struct {
	S           pageSummary
	Policy      string
	Style       template.CSS
	Script      template.JS
	Stamp       string
	Sentence    string
	Tiles       []tileView
	Slices      []sliceView
	SlicesSeen  int64
	SlicesPlot  template.HTML
	Limited     bool
	Numbers     []numberView
	Labels      []labelView
	LatencyPlot template.HTML
	LatencyRows []rowView
	Pairs       []pairView
	Unshown     int64
	Filters     []filterView
	LogText     string
}

// A pageSummary is a Summary that can say how far it reaches.
type pageSummary struct{ *Summary }

func (s pageSummary) Extent() string { return s.extent() }

type tileView struct {
	Name, Value, Range string
	Bad                bool
	Plot               template.HTML
}

type sliceView struct {
	Slice
	Name, FloorText string
}

type numberView struct {
	Name                          string
	Shape, DifferencePlot         template.HTML
	StableMedian, CandidateMedian string
	Signs, Outside                string
	Levels                        []string
	Rows                          []rowView
}

type rowView struct {
	Name  string
	Cells []string
}

type labelView struct {
	Name    string
	Changed Rate
	Plot    template.HTML
	Worst   []changeView
	Shares  []shareView
}

type changeView struct{ Stable, Candidate, Pairs, Share string }

type shareView struct{ Label, Stable, Candidate, Change, Interval string }

type filterView struct {
	Name, Label string
	Values      []string
}

func newPageView(s *Summary) *pageView {
	v := &pageView{
		S: pageSummary{s}, Policy: policy(), Style: template.CSS(pageStyle), Script: template.JS(pageScript), //nolint:gosec // both are ours
		Stamp: capital(stamps[s.Headline.Result]), Sentence: s.Headline.Title, LogText: s.Log.text(),
	}
	if s.Pairs == 0 {
		return v
	}
	if _, rest, ok := strings.Cut(s.Headline.Title, ": "); ok {
		v.Sentence = capitalised(rest) + "."
	}
	v.Tiles = tilesOf(s)
	for _, x := range s.Slices {
		v.Slices = append(v.Slices, sliceView{Slice: x, Name: x.name(), FloorText: x.floor()})
	}
	if len(s.Slices) > 0 {
		v.SlicesPlot, v.SlicesSeen = plotSlices(s, plottedSlices), int64(s.SlicesSeen)
	}
	for _, n := range s.Numbers {
		v.Numbers = append(v.Numbers, numberViewOf(n))
	}
	for i, l := range s.Labels {
		v.Labels = append(v.Labels, labelViewOf(l, i < plottedLabels))
	}
	v.latency(s.Latency)
	v.pairs(s.Examples)
	return v
}

func capital(stamp string) string { return stamp[:1] + strings.ToLower(stamp[1:]) }

func capitalised(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func tilesOf(s *Summary) []tileView {
	tiles := []tileView{{
		Name: "Candidate agrees with stable", Value: percent(s.Agreement.Rate), Range: interval(s.Agreement.Lower, s.Agreement.Upper), Plot: plotRate(s.Agreement),
	}}
	if s.SelfAgreement.Of > 0 {
		e := s.Excess
		tiles = append(tiles,
			tileView{Name: "Stable agrees with itself", Value: percent(s.SelfAgreement.Rate), Range: interval(s.SelfAgreement.Lower, s.SelfAgreement.Upper), Plot: plotRate(s.SelfAgreement)},
			tileView{Name: "Differs beyond the noise", Value: points(e.Excess), Range: interval(e.Lower, e.Upper), Bad: e.Lower > s.Headline.Limit, Plot: plotExcess(e, s.Headline.Limit)})
	} else {
		tiles = append(tiles, tileView{Name: "Stable agrees with itself", Value: "Unknown", Range: "no reruns in the log"})
	}
	f := s.Failing
	return append(tiles, tileView{
		Name: "Fails more often", Value: points(f.Excess), Range: interval(f.Lower, f.Upper), Bad: f.Lower > s.Headline.FailureLimit, Plot: plotExcess(f, s.Headline.FailureLimit),
	})
}

func interval(lower, upper float64) string { return points(lower) + " to " + points(upper) }

func numberViewOf(n Number) numberView {
	v := numberView{
		Name: n.Name, Shape: plotShape(n), DifferencePlot: plotDifferences(n), StableMedian: number(median(n.Stable)), CandidateMedian: number(median(n.Candidate)),
		Rows: []rowView{distributionRow("stable", n.Stable), distributionRow("candidate", n.Candidate), distributionRow("difference", n.Difference)},
	}
	for _, level := range quantileLevels {
		v.Levels = append(v.Levels, percentTick(level))
	}
	switch of := n.Higher + n.Lower + n.Ties; of {
	case 0:
	case n.Ties:
		v.Signs = fmt.Sprintf("The same on all %s pairs", count(of))
	default:
		v.Outside = outside(n.Differences)
		v.Signs = fmt.Sprintf("Candidate higher on %s, lower on %s, the same on %s of %s pairs", share(n.Higher, of), share(n.Lower, of), share(n.Ties, of), count(of))
	}
	return v
}

// outside says how much a histogram leaves out.
func outside(s Shape) string {
	left := 1.0
	for _, x := range s.Candidate {
		left -= x
	}
	if left < 5e-4 {
		return ""
	}
	return fmt.Sprintf("; %s are farther out than shown", percent(left))
}

func distributionRow(name string, d Distribution) rowView {
	row := rowView{Name: name, Cells: []string{count(d.Count), count(d.Missing), count(d.NaN + d.Infinite), number(d.Mean), number(d.Min)}}
	for _, q := range d.Quantiles {
		row.Cells = append(row.Cells, number(q))
	}
	row.Cells = append(row.Cells, number(d.Max))
	return row
}

func labelViewOf(l Label, plotted bool) labelView {
	v := labelView{Name: l.Name, Changed: l.Changed}
	if plotted {
		v.Plot = plotConfusion(l)
	}
	for _, c := range l.worstCells(10) {
		var of int64
		for _, n := range l.Confusion[c.stable] {
			of += n
		}
		v.Worst = append(v.Worst, changeView{l.Texts[c.stable], l.Texts[c.candidate], count(c.pairs), share(c.pairs, of)})
	}
	for _, i := range l.moved(shownShares) {
		e, both := l.Shares[i], l.Confusion[i][i]
		v.Shares = append(v.Shares, shareView{l.Texts[i], share(both+e.Second, e.Of), share(both+e.First, e.Of), points(e.Excess), e.between()})
	}
	return v
}

// moved are the texts that are proven to be given more or less often, the most first.
func (l Label) moved(most int) []int {
	var out []int
	for i, e := range l.Shares {
		if e.Lower > 0 || e.Upper < 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		x, y := math.Abs(l.Shares[a].Excess), math.Abs(l.Shares[b].Excess)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return out[:min(len(out), most)]
}

func (v *pageView) latency(l Latency) {
	v.LatencyPlot = plotLatency(l)
	for i, level := range l.Levels {
		switch level {
		case .05, .5, .9, .95, .99, .995, .999:
			v.LatencyRows = append(v.LatencyRows, rowView{Name: percentTick(level), Cells: []string{seconds(l.Stable[i]), seconds(l.Candidate[i])}})
		}
	}
}

func (f Facts) text() string {
	files := "1 file"
	if len(f.Files) != 1 {
		files = fmt.Sprintf("%d files", len(f.Files))
	}
	out := fmt.Sprintf("Read from %s in %s: %s records, %s bad lines", size(f.Bytes), files, count(f.Records), count(f.Bad))
	if f.Cut > 0 {
		out += fmt.Sprintf(", %s records that were shortened when they were written", count(f.Cut))
	}
	return out + "."
}

// filters are what the differences can be chosen by.
func filtersOf(pairs []pairView) []filterView {
	values := map[string]map[string]bool{}
	note := func(name, keys string) {
		for key := range strings.SplitSeq(keys, separator) {
			if key != "" {
				if values[name] == nil {
					values[name] = map[string]bool{}
				}
				values[name][key] = true
			}
		}
	}
	for _, p := range pairs {
		note("why", p.Why)
		note("quadrant", p.Quadrant)
		note("slice", p.SliceKeys)
		note("label", p.LabelKeys)
	}
	var out []filterView
	for _, f := range []filterView{{Name: "why", Label: "Any reason"}, {Name: "quadrant", Label: "Any outcome"}, {Name: "slice", Label: "Any slice"}, {Name: "label", Label: "Any label"}} {
		if f.Values = slices.Sorted(maps.Keys(values[f.Name])); len(f.Values) > 1 {
			out = append(out, f)
		}
	}
	return out
}
