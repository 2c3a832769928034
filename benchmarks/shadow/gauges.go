package main

import (
	"math"
	"runtime/metrics"
	"time"
)

// gauges are what the runtime and the kernel say of the serving process.
type gauges struct {
	At     time.Time
	CPU    time.Duration // used, by the kernel on its behalf too
	Cycles uint64        // of the collector
	Sched  []uint64      // goroutines by how long they were runnable before they ran
	Bounds []float64     // of Sched, in seconds
}

// readGauges reads them.
func readGauges() gauges {
	s := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	return gauges{At: time.Now(), CPU: processCPU(), Cycles: s[1].Value.Uint64(), Sched: h.Counts, Bounds: h.Buckets}
}

// spent is the difference of gauges.
type spent struct {
	Wall, CPU time.Duration
	Cycles    uint64
	Waited    [2]time.Duration // median and 99th percentile of how long a goroutine was runnable before it ran; upper bounds
}

// since returns what was spent since an earlier reading.
func (g *gauges) since(before *gauges) spent {
	counts := make([]uint64, len(g.Sched))
	for i := range counts {
		counts[i] = g.Sched[i] - before.Sched[i]
	}
	return spent{
		Wall: g.At.Sub(before.At), CPU: g.CPU - before.CPU, Cycles: g.Cycles - before.Cycles,
		Waited: [2]time.Duration{within(counts, g.Bounds, 0.5), within(counts, g.Bounds, 0.99)},
	}
}

// within is the upper bound of the bin that a quantile lies in.
func within(counts []uint64, bounds []float64, q float64) time.Duration {
	all := uint64(0)
	for _, n := range counts {
		all += n
	}
	rest := uint64(math.Ceil(q * float64(all)))
	for i, n := range counts {
		if n >= rest {
			return time.Duration(min(bounds[i+1], 1e3) * float64(time.Second))
		}
		rest -= n
	}
	return 0
}
