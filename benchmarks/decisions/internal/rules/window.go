package rules

import (
	"math"
	"slices"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// A window is the calls of one arm in one stretch of time, as a metrics system
// would sum them up.
type window struct {
	calls, harmed int
	values        []float64
}

func (w *window) add(r *worlds.Request) {
	w.calls++
	if r.Harm {
		w.harmed++
	}
	w.values = append(w.values, r.Value)
}

func (w *window) reset() { *w = window{values: w.values[:0]} }

// A Metric is what a window is read as; it has at least one call.
type Metric func(*window) float64

// FailureRate is the fraction of calls that failed.
func FailureRate(w *window) float64 { return float64(w.harmed) / float64(w.calls) }

// P99 is the 99th percentile of the values. It sorts them.
func P99(w *window) float64 {
	slices.Sort(w.values)
	return quantile(w.values, 0.99)
}

// quantile of sorted values, linear between them.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

// ends reports whether the request is the last of a stretch of minutes.
func ends(r *worlds.Request, minutes int) bool { return (r.I+1)%(minutes*worlds.PerMinute) == 0 }
