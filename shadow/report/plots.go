package report

import (
	"fmt"
	"html/template"
	"math"
)

// plotShape draws the distributions of both arms over each other.
func plotShape(n Number) template.HTML {
	const width, height, base = 500, 190, 164
	s := n.Shape
	if len(s.Edges) == 0 {
		return ""
	}
	d := newDrawing(width, height, fmt.Sprintf("Distributions of %s: median %s on stable, %s on the candidate", n.Name, number(median(n.Stable)), number(median(n.Candidate))))
	x := scale{low: s.Edges[0], high: s.Edges[len(s.Edges)-1], from: 8, to: width - 8, log: s.Log}
	most := math.Max(highest(s.Stable), highest(s.Candidate))
	y := scale{low: 0, high: most * 1.04, from: base, to: 6}
	d.path("area-stable", steps(s.Edges, s.Stable, x, y), true)
	d.path("area-candidate", steps(s.Edges, s.Candidate, x, y), true)
	for _, arm := range []struct {
		class string
		d     Distribution
	}{{"median-stable", n.Stable}, {"median-candidate", n.Candidate}} {
		if m := median(arm.d); arm.d.Count > 0 && m >= x.low && m <= x.high {
			d.line(arm.class, x.at(m), base, x.at(m), 6)
		}
	}
	x.below(d, base, 6, number)
	return d.html()
}

func median(d Distribution) float64 { return d.Quantiles[len(d.Quantiles)/2] }

func highest(bins []float64) (most float64) {
	for _, x := range bins {
		most = max(most, x)
	}
	return most
}

// steps is the outline of a histogram.
func steps(edges, bins []float64, x, y scale) []point {
	points := []point{{x.at(edges[0]), y.at(0)}}
	for i, h := range bins {
		points = append(points, point{x.at(edges[i]), y.at(h)}, point{x.at(edges[i+1]), y.at(h)})
	}
	return append(points, point{x.at(edges[len(bins)]), y.at(0)})
}

// plotDifferences draws the differences of the pairs. Ties would dwarf the others, so the bin around 0 may be cut off at the top.
func plotDifferences(n Number) template.HTML {
	const width, height, base = 500, 190, 164
	s := n.Differences
	if len(s.Edges) == 0 {
		return ""
	}
	d := newDrawing(width, height, fmt.Sprintf("Differences of %s: median %s", n.Name, number(median(n.Difference))))
	x := scale{low: s.Edges[0], high: s.Edges[len(s.Edges)-1], from: 8, to: width - 8}
	middle, most := len(s.Candidate)/2, 0.0
	for i, h := range s.Candidate {
		if i != middle {
			most = max(most, h)
		}
	}
	top := min(max(most, s.Candidate[middle]), max(2*most, 1e-9))
	y := scale{low: 0, high: top * 1.04, from: base, to: 6}
	for i, h := range s.Candidate {
		if h > 0 {
			left, right := x.at(s.Edges[i]), x.at(s.Edges[i+1])
			up := y.at(min(h, y.high))
			d.rect("bar", left+.4, up, right-left-.8, base-up, 1, fmt.Sprintf("%s to %s: %s of the pairs", number(s.Edges[i]), number(s.Edges[i+1]), percent(h)))
		}
	}
	d.line("zero", x.at(0), base, x.at(0), 6)
	x.below(d, base, 6, number)
	return d.html()
}

// plotSlices draws the worst slices: how often the candidate differs, and the floor.
func plotSlices(s *Summary, most int) template.HTML {
	shown := s.Slices[:min(len(s.Slices), most)]
	const width, names, step, top = 1000, 290, 24, 8
	base := float64(top + step*len(shown) + 4)
	d := newDrawing(width, base+24, "Disagreement of the worst slices, with intervals and noise floors")
	high := 0.0
	for _, x := range shown {
		high = max(high, x.Disagreement.Rate+min(x.Disagreement.Upper-x.Disagreement.Rate, x.Disagreement.Rate+.02))
	}
	x := scale{low: 0, high: min(1, high*1.05+1e-3), from: names + 16, to: width - 110}
	overall := 1 - s.Agreement.Rate
	if overall <= x.high {
		d.line("limit", x.at(overall), top, x.at(overall), base)
	}
	for i, slice := range shown {
		y := float64(top + step*i + step/2)
		d.slice(slice, x, y, s.Headline.Limit)
	}
	x.below(d, base, 6, percentTick)
	return d.html()
}

func (d *drawing) slice(s Slice, x scale, y, limit float64) {
	class := "whisker"
	dot := "dot"
	if s.Lower > limit {
		class, dot = "whisker over", "dot over"
	}
	tip := fmt.Sprintf("%s: differs on %s of %s pairs, [%s, %s]", s.name(), percent(s.Disagreement.Rate), count(s.Disagreement.Of), percent(s.Disagreement.Lower), percent(s.Disagreement.Upper))
	d.line("axis", x.from, y, x.to, y)
	d.text("name", "end", x.from-16, y+4, fitted(s.name(), 46))
	d.line(class, x.at(s.Disagreement.Lower), y, x.at(min(s.Disagreement.Upper, x.high)), y)
	if s.Floor.Of > 0 && s.Floor.Rate <= x.high {
		d.line("floor", x.at(s.Floor.Rate), y-6, x.at(s.Floor.Rate), y+6)
	}
	d.circle(dot, x.at(s.Disagreement.Rate), y, 4, tip)
	d.text("", "start", x.to+12, y+4, count(s.Disagreement.Of)+" pairs")
}

func percentTick(x float64) string { return number(100*x) + " %" }

// plotConfusion draws a label's table as a heat map. A cell off the diagonal is as strong as the part of stable's label that it is.
func plotConfusion(l Label) template.HTML {
	n := len(l.Texts)
	if n < 2 {
		return ""
	}
	cell := min(34, 620/float64(n))
	const left, top = 150, 76
	d := newDrawing(max(620, left+cell*float64(n)+90), top+cell*float64(n)+10, "Labels of "+l.Name+": stable's in rows, the candidate's in columns")
	for i, row := range l.Confusion {
		y := top + cell*float64(i)
		d.text("name", "end", left-8, y+cell/2+4, fitted(printable(l.Texts[i]), 22))
		d.upright("name", left+cell*(float64(i)+.5)+2, top-6, fitted(printable(l.Texts[i]), 14))
		var of int64
		for _, pairs := range row {
			of += pairs
		}
		for j, pairs := range row {
			if pairs > 0 {
				d.confused(l, i, j, left+cell*float64(j), y, cell, float64(pairs)/float64(of))
			}
		}
	}
	return d.html()
}

func (d *drawing) confused(l Label, i, j int, x, y, cell, part float64) {
	pairs := l.Confusion[i][j]
	class, opacity := "same", .12+.38*part
	if i != j {
		class, opacity = "other", .03+.82*math.Pow(part, .65)
	}
	d.rect(class, x+.5, y+.5, cell-1, cell-1, opacity, fmt.Sprintf("%s → %s: %s pairs, %s of stable's", fitted(printable(l.Texts[i]), 24), fitted(printable(l.Texts[j]), 24), count(pairs), percent(part)))
	if cell >= 24 && part >= .01 {
		d.text("cell-text", "middle", x+cell/2, y+cell/2+3.5, number(math.Round(1000*part)/10))
	}
}

// plotLatency draws the quantiles of both arms against each other.
func plotLatency(l Latency) template.HTML {
	const width, height, left, base = 460, 360, 64, 316
	low, high := math.Inf(1), 0.0
	for i := range l.Levels {
		low, high = min(low, l.Stable[i], l.Candidate[i]), max(high, l.Stable[i], l.Candidate[i])
	}
	if l.StableCalls == 0 || l.CandidateCalls == 0 || !(low > 0) {
		return ""
	}
	d := newDrawing(width, height, "Quantiles of latency, stable to the right and candidate upwards")
	x := scale{low: low * .85, high: high * 1.18, from: left, to: width - 12, log: true}
	y := scale{low: x.low, high: x.high, from: base, to: 10, log: true}
	x.below(d, base, 5, seconds)
	d.line("axis", left, base, left, 10)
	for _, v := range y.ticks(5) {
		d.line("axis", left-4, y.at(v), left, y.at(v))
		d.text("", "end", left-8, y.at(v)+4, seconds(v))
	}
	d.text("", "end", width-12, height-6, "stable")
	d.text("", "start", left+8, 18, "candidate")
	d.line("zero", x.at(x.low), y.at(x.low), x.at(x.high), y.at(x.high))
	points := make([]point, len(l.Levels))
	for i := range l.Levels {
		points[i] = point{x.at(l.Stable[i]), y.at(l.Candidate[i])}
	}
	d.path("curve", points, false)
	for i, p := range points {
		name := percentTick(l.Levels[i])
		d.circle("dot", p.x, p.y, 3, fmt.Sprintf("%s: stable %s, candidate %s", name, seconds(l.Stable[i]), seconds(l.Candidate[i])))
		if level := l.Levels[i]; level == .5 || level == .9 || level == .99 || level == .999 {
			anchor, shift := "start", 8.0
			if p.x > width-60 {
				anchor, shift = "end", -10
			}
			d.text("name", anchor, p.x+shift, p.y+13, name)
		}
	}
	return d.html()
}

// plotExcess draws an interval with the limit.
func plotExcess(e Excess, limit float64) template.HTML {
	const width, height, y = 220, 42, 14
	d := newDrawing(width, height, fmt.Sprintf("%s, between %s and %s; the limit is %s", points(e.Excess), points(e.Lower), points(e.Upper), percent(limit)))
	low, high := min(e.Lower, 0), max(e.Upper, limit)
	pad := (high - low) * .08
	x := scale{low: low - pad, high: high + pad, from: 2, to: width - 2}
	class, dot := "whisker", "dot"
	if e.Lower > limit {
		class, dot = "whisker over", "dot over"
	}
	d.line("axis", x.from, y, x.to, y)
	d.line("zero", x.at(0), y-8, x.at(0), y+8)
	d.line("limit", x.at(limit), y-10, x.at(limit), y+10)
	d.line(class, x.at(e.Lower), y, x.at(e.Upper), y)
	d.circle(dot, x.at(e.Excess), y, 4, points(e.Excess))
	anchor := "middle"
	if x.at(limit) > width-40 {
		anchor = "end"
	}
	d.text("", anchor, min(x.at(limit), width-2), y+24, "limit "+percent(limit))
	return d.html()
}

// plotRate draws a rate with its interval between 0 and 1.
func plotRate(r Rate) template.HTML {
	const width, height, y = 220, 42, 14
	d := newDrawing(width, height, fmt.Sprintf("%s, between %s and %s", percent(r.Rate), percent(r.Lower), percent(r.Upper)))
	x := scale{low: 0, high: 1, from: 2, to: width - 2}
	d.rect("same", x.from, y-3, x.to-x.from, 6, .18, "")
	d.rect("bar", x.from, y-3, x.at(r.Rate)-x.from, 6, 1, "")
	d.line("whisker", x.at(r.Lower), y-6, x.at(r.Lower), y+6)
	d.line("whisker", x.at(r.Upper), y-6, x.at(r.Upper), y+6)
	d.text("", "start", 2, y+24, "0")
	d.text("", "end", width-2, y+24, "100 %")
	return d.html()
}
