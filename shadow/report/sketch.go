package report

import (
	"math"
	"slices"
)

const (
	// sketchGrowth is by how much a bin of a sketch is wider than the last: what it gives back is right to a quarter of a per cent.
	sketchGrowth = 1.005
	// sketchLeast and sketchMost bound the magnitudes that are told apart.
	sketchLeast, sketchMost = 1e-12, 1e18
)

var (
	sketchScale = 1 / math.Log(sketchGrowth)
	sketchFirst = sketchBin(sketchLeast)
	sketchLast  = sketchBin(sketchMost)
)

func sketchBin(magnitude float64) int { return int(math.Floor(math.Log(magnitude) * sketchScale)) }

func sketchEdge(bin int) float64 { return math.Exp(float64(bin) / sketchScale) }

// A sketch is the distribution of numbers in bounded memory: counts in bins that grow with the magnitude, and what is not finite apart. The zero value is empty.
//
//   - Guarantees: a quantile is right to half a bin, 0.25 %, for magnitudes from 1e-12 to 1e18; smaller ones are 0.
//   - Cost: a logarithm and an increment a number; 8 bytes for each bin between the least and the largest, at most 220 KB.
//   - Source: Masson, Rim, Lee, DDSketch, Proc. VLDB 12(12), 2019.
type sketch struct {
	below, above         magnitudes
	zero                 int64
	nan, infinite        int64
	count                int64 // of finite numbers
	broken               bool  // not all of them are whole
	sum, least, greatest float64
}

// magnitudes are counts of bins from first on.
type magnitudes struct {
	first  int
	counts []int64
}

func (s *sketch) add(x float64) {
	switch {
	case math.IsNaN(x):
		s.nan++
		return
	case math.IsInf(x, 0):
		s.infinite++
		return
	}
	if s.count == 0 {
		s.least, s.greatest = x, x
	}
	s.count++
	s.sum += x
	s.broken = s.broken || x != math.Trunc(x)
	s.least, s.greatest = min(s.least, x), max(s.greatest, x)
	switch {
	case x >= sketchLeast:
		s.above.add(x)
	case x <= -sketchLeast:
		s.below.add(-x)
	default:
		s.zero++
	}
}

func (m *magnitudes) add(x float64) {
	bin := min(max(sketchBin(x), sketchFirst), sketchLast)
	if i := bin - m.first; i >= 0 && i < len(m.counts) {
		m.counts[i]++
		return
	}
	m.grow(bin)
	m.counts[bin-m.first]++
}

// grow makes room for a bin, and some beside it.
func (m *magnitudes) grow(bin int) {
	const spare = 64
	first, end := bin-spare, bin+spare
	if len(m.counts) > 0 {
		first, end = min(first, m.first), max(end, m.first+len(m.counts))
	}
	counts := make([]int64, end-first)
	if len(m.counts) > 0 {
		copy(counts[m.first-first:], m.counts)
	}
	m.first, m.counts = first, counts
}

// each calls visit for the bins with numbers, in ascending order.
func (s *sketch) each(visit func(lower, upper float64, count int64)) {
	for i, n := range slices.Backward(s.below.counts) {
		if n > 0 {
			bin := s.below.first + i
			visit(-sketchEdge(bin+1), -sketchEdge(bin), n)
		}
	}
	if s.zero > 0 {
		visit(0, 0, s.zero)
	}
	for i, n := range s.above.counts {
		if n > 0 {
			bin := s.above.first + i
			visit(sketchEdge(bin), sketchEdge(bin+1), n)
		}
	}
}

// quantiles returns the numbers below which the given fractions lie, which ascend.
func (s *sketch) quantiles(levels ...float64) []float64 {
	out := make([]float64, len(levels))
	if s.count == 0 {
		return out
	}
	next, seen := 0, int64(0)
	s.each(func(lower, upper float64, count int64) {
		seen += count
		for next < len(levels) && float64(seen) > levels[next]*float64(s.count-1) {
			out[next] = s.within(s.rounded((lower + upper) / 2))
			next++
		}
	})
	for ; next < len(levels); next++ {
		out[next] = s.greatest
	}
	return out
}

// rounded makes a number whole if all were, which is what it was as long as bins are narrower than one.
func (s *sketch) rounded(x float64) float64 {
	if s.broken {
		return x
	}
	return math.Round(x)
}

func (s *sketch) within(x float64) float64 { return min(max(x, s.least), s.greatest) }

func (s *sketch) mean() float64 {
	if s.count == 0 {
		return 0
	}
	return s.sum / float64(s.count)
}

// spread returns the fraction of the numbers that lie between each two of the edges, which ascend; a bin that crosses an edge is divided.
func (s *sketch) spread(edges []float64) []float64 {
	out := make([]float64, len(edges)-1)
	if s.count == 0 {
		return out
	}
	s.each(func(lower, upper float64, count int64) {
		lower, upper = s.within(lower), s.within(upper)
		for i := range out {
			out[i] += float64(count) / float64(s.count) * overlap(lower, upper, edges[i], edges[i+1], i == len(out)-1)
		}
	})
	return out
}

// overlap is the part of [lower, upper] that lies in [from, to). A point lies in the one that begins at it, or in the last.
func overlap(lower, upper, from, to float64, last bool) float64 {
	if !(upper > lower) {
		if lower >= from && (lower < to || last && lower == to) {
			return 1
		}
		return 0
	}
	return max(0, min(upper, to)-max(lower, from)) / (upper - lower)
}
