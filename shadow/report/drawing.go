package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// A drawing is an SVG image in the making. What it shows is styled by the classes of the page; texts are escaped.
type drawing struct {
	b             strings.Builder
	width, height float64
}

func newDrawing(width, height float64, title string) *drawing {
	d := &drawing{width: width, height: height}
	fmt.Fprintf(&d.b, `<svg viewBox="0 0 %s %s" role="img" aria-label="%s">`, coordinate(width), coordinate(height), html.EscapeString(printable(title)))
	return d
}

func (d *drawing) html() template.HTML {
	return template.HTML(d.b.String() + "</svg>") //nolint:gosec // numbers, constants, and texts that were escaped
}

func coordinate(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&d.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2))
}

// rect draws a rectangle, with a tooltip unless that is empty. Opacity is in [0, 1]; 1 leaves it to the class.
func (d *drawing) rect(class string, x, y, width, height, opacity float64, tip string) {
	fmt.Fprintf(&d.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, coordinate(x), coordinate(y), coordinate(width), coordinate(height))
	if opacity < 1 {
		fmt.Fprintf(&d.b, ` fill-opacity="%.3f"`, opacity)
	}
	if tip == "" {
		d.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&d.b, `><title>%s</title></rect>`, html.EscapeString(printable(tip)))
}

func (d *drawing) circle(class string, x, y, radius float64, tip string) {
	fmt.Fprintf(&d.b, `<circle class="%s" cx="%s" cy="%s" r="%s"><title>%s</title></circle>`, class, coordinate(x), coordinate(y), coordinate(radius), html.EscapeString(printable(tip)))
}

// text writes a text that begins, ends or has its middle at a point, by the anchor: "start", "end" or "middle".
func (d *drawing) text(class, anchor string, x, y float64, text string) {
	fmt.Fprintf(&d.b, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, coordinate(x), coordinate(y), html.EscapeString(printable(text)))
}

// upright writes a text from below upwards, which begins at a point.
func (d *drawing) upright(class string, x, y float64, text string) {
	fmt.Fprintf(&d.b, `<text class="%s" transform="translate(%s %s) rotate(-50)">%s</text>`, class, coordinate(x), coordinate(y), html.EscapeString(printable(text)))
}

// A point of a path.
type point struct{ x, y float64 }

func (d *drawing) path(class string, points []point, closed bool) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(&d.b, `<path class="%s" d="M`, class)
	for i, p := range points {
		if i > 0 {
			d.b.WriteByte('L')
		}
		d.b.WriteString(coordinate(p.x) + " " + coordinate(p.y))
	}
	if closed {
		d.b.WriteByte('Z')
	}
	d.b.WriteString(`"/>`)
}

// A scale puts numbers on an axis.
type scale struct {
	low, high float64 // of the numbers
	from, to  float64 // on the axis
	log       bool
}

func (s scale) at(x float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, x = math.Log(low), math.Log(high), math.Log(x)
	}
	if high == low {
		return s.from
	}
	return s.from + (x-low)/(high-low)*(s.to-s.from)
}

// ticks are about n round numbers on the axis.
func (s scale) ticks(n int) []float64 {
	if s.log {
		return s.decades(n)
	}
	step := roundStep((s.high - s.low) / float64(n))
	if !(step > 0) {
		return nil
	}
	var out []float64
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+step*1e-9 && len(out) < 4*n; i++ {
		out = append(out, i*step)
	}
	return out
}

// roundStep is the least of 1, 2 and 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func (s scale) decades(n int) []float64 {
	var out []float64
	first, last := math.Ceil(math.Log10(s.low)-1e-9), math.Floor(math.Log10(s.high)+1e-9)
	skip := math.Max(1, math.Ceil((last-first+1)/float64(n)))
	for e := first; e <= last; e += skip {
		out = append(out, math.Pow(10, e))
	}
	if len(out) >= 3 {
		return out
	}
	out = nil
	for e := math.Floor(math.Log10(s.low)); e <= math.Log10(s.high); e++ {
		for _, m := range []float64{1, 2, 5} {
			if x := m * math.Pow(10, e); x >= s.low && x <= s.high {
				out = append(out, x)
			}
		}
	}
	return out
}

// below draws the axis at a height, with its ticks.
func (s scale) below(d *drawing, y float64, ticks int, write func(float64) string) {
	d.line("axis", s.from, y, s.to, y)
	for _, x := range s.ticks(ticks) {
		at := s.at(x)
		d.line("axis", at, y, at, y+4)
		d.text("", "middle", at, y+16, write(x))
	}
}
