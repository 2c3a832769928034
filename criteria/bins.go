package criteria

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

const (
	latencyBins   = 256
	latencyGrowth = 1.1
	latencyFloor  = 100 // ns; bin 1 starts at latencyGrowth times that

	numberBins = 64
)

// latencyEdges[i] is the smallest latency of bin i in ns, but bin 0 also takes
// everything below. Repeated multiplication, so that it is the same everywhere.
var latencyEdges = func() (edges [latencyBins]int64) {
	for i, x := 0, float64(latencyFloor); i < latencyBins; i, x = i+1, x*latencyGrowth {
		edges[i] = int64(math.Ceil(x))
	}
	return edges
}()

// latencyStarts[i] is the bin of the smallest latency whose [octant] is i.
var latencyStarts = func() (starts [61 * 8]uint8) {
	for i := range starts {
		smallest := uint64(i) // below 8 ns an octant is a nanosecond
		if i >= 8 {
			smallest = uint64(8+i%8) << (i/8 - 1)
		}
		for b := 0; b < latencyBins-1 && latencyEdges[b+1] <= int64(min(smallest, math.MaxInt64)); b++ {
			starts[i] = uint8(b + 1)
		}
	}
	return starts
}()

// octant numbers the eighths of each power of two.
func octant(ns uint64) int {
	if ns < 8 {
		return int(ns)
	}
	shift := bits.Len64(ns) - 4
	return (shift+1)*8 + int(ns>>shift)&7
}

// latencyBin returns the bin of a latency >= 0. An eighth of an octave spans at
// most three bins, so the search is short.
func latencyBin(d time.Duration) int {
	bin := int(latencyStarts[octant(uint64(d))])
	for bin < latencyBins-1 && int64(d) >= latencyEdges[bin+1] {
		bin++
	}
	return bin
}

// durationText writes a duration with three digits and its unit: "1.23 ms".
func durationText(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d >= unit.size {
			return threeDigits(float64(d)/float64(unit.size)) + " " + unit.name
		}
	}
	return fmt.Sprintf("%d ns", d.Nanoseconds())
}

// threeDigits writes a number >= 1 with three digits, or all before the point.
func threeDigits(x float64) string {
	switch {
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// A scale cuts [low, high] into numberBins bins, of equal width or of equal
// ratio.
type scale struct {
	low, high float64
	log       bool
	origin    float64 // low, or its logarithm
	perUnit   float64 // bins per unit of the number, or of its logarithm
}

func newScale(low, high float64, log bool) scale {
	s := scale{low: low, high: high, log: log}
	s.origin = s.position(low)
	s.perUnit = numberBins / (s.position(high) - s.origin)
	return s
}

// position is where a number lies on the axis that is cut evenly.
func (s *scale) position(v float64) float64 {
	if s.log {
		return math.Log(v)
	}
	return v
}

// cell returns the cell of a number among the numberCells.
func (s *scale) cell(v float64) int {
	switch {
	case v < s.low:
		return belowCell
	case v > s.high:
		return aboveCell
	case v != v:
		return nanCell
	}
	bin := int((s.position(v) - s.origin) * s.perUnit)
	return firstBin + max(0, min(bin, numberBins-1))
}

// edge returns the lower end of bin i; bin numberBins stands for the upper end
// of the range.
func (s *scale) edge(i int) float64 {
	x := s.origin + float64(i)/s.perUnit
	if s.log {
		return math.Exp(x)
	}
	return x
}
