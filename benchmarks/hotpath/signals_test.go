package hotpath

import (
	"fmt"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/canary"
)

// extra is how many signals a canary has beside those of its shape.
type extra struct {
	numbers, labels, checks, slices int
	validate                        bool
}

var everything = extra{numbers: 2, labels: 4, checks: 3, slices: 8, validate: true}

var plans = [...]string{"free", "team", "enterprise", "trial"}

// add declares the signals; each is as cheap as a function can be.
func (e extra) add(s *canary.Signals[Input, Output]) {
	if s.Numbers == nil {
		s.Numbers = canary.Numbers[Input, Output]{}
	}
	s.Checks, s.Slices = canary.Checks[Input, Output]{}, canary.Slices[Input]{}
	for i := range e.numbers {
		s.Numbers[fmt.Sprint("number", i)] = func(_ Input, o Output) float64 { return o.Score }
	}
	for i := range e.labels {
		s.Labels[fmt.Sprint("label", i)] = func(_ Input, o Output) string { return o.Label }
	}
	for i := range e.checks {
		s.Checks[fmt.Sprint("check", i)] = func(_ Input, o Output) bool { return o.Score > 1 }
	}
	for i := range e.slices {
		s.Slices[fmt.Sprint("slice", i)] = func(in Input) string { return plans[in.User[35]&3] }
	}
	if e.validate {
		s.Validate = func(Input, Output) error { return nil }
	}
}

// perCall is the time of a call in nanoseconds, with fractions.
func perCall(loop loop, users []Input) float64 {
	began := time.Now()
	loop(users, burst)
	return float64(time.Since(began)) / burst
}

// BenchmarkPerSignal reports what one more signal or slice dimension costs a request: the median of the paired differences between two canaries, one of which has
// more of one kind, divided by how many more. The last row is
// the method's own error.
func BenchmarkPerSignal(b *testing.B) {
	one := extra{numbers: 1, labels: 1}
	for _, c := range []struct {
		name       string
		less, more extra
		n          int
	}{
		{"number", one, extra{numbers: 5, labels: 1}, 4},
		{"label/2", one, extra{numbers: 1, labels: 3}, 2},
		{"label/8", one, extra{numbers: 1, labels: 9}, 8},
		{"check/2", one, extra{numbers: 1, labels: 1, checks: 2}, 2},
		{"check/8", one, extra{numbers: 1, labels: 1, checks: 8}, 8},
		{"slice/1", one, extra{numbers: 1, labels: 1, slices: 1}, 1},
		{"slice/2", one, extra{numbers: 1, labels: 1, slices: 2}, 2},
		{"slice/8", one, extra{numbers: 1, labels: 1, slices: 8}, 8},
		{"validate", one, extra{numbers: 1, labels: 1, validate: true}, 1},
		{"nothing", one, one, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			users := Users(10_000)
			var subjects [2]*canary.Canary[Input, Output]
			var loops [2]loop
			for i, e := range []extra{c.less, c.more} {
				subjects[i] = newCanary(b, shape{extra: e})
				loops[i] = canaryLoop(subjects[i])
				drive(loops[i], users, burst, 1)
			}
			calls := burst
			var differences []float64
			for range b.N {
				differences = differences[:0]
				for i := range bursts {
					var times [2]float64
					for j := range loops {
						at := (i + j) % 2
						settle(subjects[at], calls)
						times[at] = perCall(loops[at], users)
					}
					calls += burst
					differences = append(differences, (times[1]-times[0])/float64(c.n))
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(differences), "ns/signal")
			b.ReportMetric(15, "ns_budget")
			b.ReportMetric(quantile(differences, 0.75)-quantile(differences, 0.25), "iqr_ns")
		})
	}
}
