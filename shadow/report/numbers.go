package report

import (
	"math"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// shapeBins is the number of bins of a [Shape].
const shapeBins = 48

type numberTally struct {
	stable, candidate, difference sketch
	lacking                       struct{ stable, candidate, difference int64 }
	higher, lower, ties           int64
}

func (t *numberTally) add(r *pairlog.Record, name string) {
	x, stable := r.Stable.Numbers[name]
	y, candidate := r.Candidate.Numbers[name]
	if stable {
		t.stable.add(x)
	} else {
		t.lacking.stable++
	}
	if candidate {
		t.candidate.add(y)
	} else {
		t.lacking.candidate++
	}
	if !stable || !candidate || math.IsNaN(y-x) {
		t.lacking.difference++
		return
	}
	t.difference.add(y - x)
	switch {
	case y > x:
		t.higher++
	case y < x:
		t.lower++
	default:
		t.ties++
	}
}

func (t *numberTally) summary(name string) Number {
	n := Number{
		Name: name, Stable: t.stable.distribution(t.lacking.stable), Candidate: t.candidate.distribution(t.lacking.candidate),
		Difference: t.difference.distribution(t.lacking.difference), Higher: t.higher, Lower: t.lower, Ties: t.ties,
	}
	n.Shape = shapeOf(&t.stable, &t.candidate)
	n.Differences = differencesOf(&t.difference)
	return n
}

func (s *sketch) distribution(missing int64) Distribution {
	return Distribution{
		Count: s.count, NaN: s.nan, Infinite: s.infinite, Missing: missing,
		Mean: finite(s.mean()), Min: s.least, Max: s.greatest, Quantiles: s.quantiles(quantileLevels...),
	}
}

// shapeOf bins both arms alike, over where all but the outermost two hundredths of either lie.
func shapeOf(stable, candidate *sketch) Shape {
	if stable.count == 0 && candidate.count == 0 {
		return Shape{}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range []*sketch{stable, candidate} {
		if s.count > 0 {
			q := s.quantiles(0.005, 0.995)
			low, high = min(low, q[0]), max(high, q[1])
		}
	}
	low, high = roomy(low, high, min(leastOf(stable), leastOf(candidate)), max(greatestOf(stable), greatestOf(candidate)))
	shape := Shape{Log: low > 0 && high/low > 50}
	shape.Edges = edges(low, high, shape.Log)
	shape.Stable, shape.Candidate = stable.spread(shape.Edges), candidate.spread(shape.Edges)
	return shape
}

func leastOf(s *sketch) float64 {
	if s.count == 0 {
		return math.Inf(1)
	}
	return s.least
}

func greatestOf(s *sketch) float64 {
	if s.count == 0 {
		return math.Inf(-1)
	}
	return s.greatest
}

// roomy widens a range to the ends of what there is if these are near, or a point to something that has a width.
func roomy(low, high, least, greatest float64) (float64, float64) {
	width := high - low
	if low-least < width/4 {
		low = least
	}
	if greatest-high < width/4 {
		high = greatest
	}
	if !(high > low) {
		pad := max(math.Abs(low)/10, 0.5)
		return low - pad, high + pad
	}
	return low, high
}

// differencesOf bins differences, with 0 in the middle of a bin.
func differencesOf(s *sketch) Shape {
	if s.count == 0 {
		return Shape{}
	}
	q := s.quantiles(0.05, 0.95)
	reach := 2 * max(math.Abs(q[0]), math.Abs(q[1]))
	if farthest := max(math.Abs(s.least), math.Abs(s.greatest)); farthest < 1.5*reach || reach == 0 {
		reach = farthest
	}
	if reach == 0 {
		return Shape{} // all are ties
	}
	reach *= float64(shapeBins+1) / float64(shapeBins)
	shape := Shape{Edges: linear(-reach, reach, shapeBins+1)}
	shape.Candidate = s.spread(shape.Edges)
	return shape
}

func edges(low, high float64, logarithmic bool) []float64 {
	if !logarithmic {
		return linear(low, high, shapeBins)
	}
	out := linear(math.Log(low), math.Log(high), shapeBins)
	for i := range out {
		out[i] = math.Exp(out[i])
	}
	out[0], out[shapeBins] = low, high
	return out
}

func linear(low, high float64, bins int) []float64 {
	out := make([]float64, bins+1)
	for i := range out {
		part := float64(i) / float64(bins)
		out[i] = low*(1-part) + high*part
	}
	return out
}
