package rules

import "math"

// An Axis cuts a number into bins, for the rules on distributions. They are five
// times finer than those of package criteria, so that a baseline loses nothing.
type Axis struct {
	low, perUnit float64
	log          bool
}

// axisBins is the number of bins of an axis.
const axisBins = 1024

// LogAxis has bins of equal ratio over [low, high], both positive.
func LogAxis(low, high float64) Axis {
	return Axis{low: math.Log(low), perUnit: axisBins / math.Log(high/low), log: true}
}

// LinearAxis has bins of equal width over [low, high].
func LinearAxis(low, high float64) Axis { return Axis{low: low, perUnit: axisBins / (high - low)} }

// bin of a number; the ends take what is beyond.
func (a Axis) bin(x float64) int {
	if a.log {
		x = math.Log(x)
	}
	return int(max(0, min((x-a.low)*a.perUnit, axisBins-1)))
}
