package hotpath

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// percentFlag is a client with a rollout flag at a percentage.
func percentFlag(tb testing.TB, percent float64) *openfeature.Client {
	tb.Helper()
	api := isolated.NewAPI()
	err := api.SetProviderAndWait(context.Background(), memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		"rollout": {Key: "rollout", State: memprovider.Enabled, DefaultVariant: "on", Variants: map[string]any{"on": percent}},
	}))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = api.Shutdown(context.Background()) })
	return api.NewClient()
}

// shape is what a canary of the benchmarks measures and how it runs the candidate.
type shape struct {
	percent float64
	signals bool // a number and a label
	inline  bool
	extra   extra
}

func newCanary(tb testing.TB, s shape) *canary.Canary[Input, Output] {
	tb.Helper()
	cfg := canary.Config[Input, Output]{
		Name:            "hotpath",
		Stable:          canary.Model[Input, Output]{Version: "1", Predictor: &Model{weights: [4]float64{1, 2, 3, 4}}},
		Candidate:       canary.Model[Input, Output]{Version: "2", Predictor: &Model{weights: [4]float64{1, 2, 3, 4}}},
		Key:             Key,
		Flags:           canary.Flags{Client: percentFlag(tb, s.percent), Rollout: "rollout"},
		Criteria:        []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Latency{Role: criteria.Observe}},
		OperationalOnly: true,
		Logger:          slog.New(slog.DiscardHandler),
	}
	cfg.Criteria = append(cfg.Criteria, criteria.Backstop{})
	cfg.Signals.Labels = canary.Labels[Input, Output]{}
	if s.inline {
		cfg.CandidateTimeout = -1
	}
	if s.signals {
		cfg.Signals = canary.Signals[Input, Output]{
			Numbers: canary.Numbers[Input, Output]{"score": func(_ Input, o Output) float64 { return o.Score }},
			Labels:  canary.Labels[Input, Output]{"label": func(_ Input, o Output) string { return o.Label }},
		}
		cfg.Criteria = append(cfg.Criteria, criteria.Distribution{Signal: "score", Max: 10, Role: criteria.Observe}, criteria.Categories{Signal: "label", Role: criteria.Observe})
	}
	s.extra.add(&cfg.Signals)
	c, err := canary.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

const (
	burst  = 4096 // fits one stripe of the default ledger
	bursts = 101
)

// drive runs a loop of n calls, split over a number of goroutines, and returns the time a call took on each.
func drive(loop loop, users []Input, n, procs int) time.Duration {
	run := func(offset int) { loop(users[offset:], n/procs) }
	began := time.Now()
	if procs == 1 {
		run(0)
		return time.Since(began) / time.Duration(n)
	}
	var wg sync.WaitGroup
	for g := range procs {
		wg.Go(func() { run(g * 997) })
	}
	wg.Wait()
	return time.Since(began) / time.Duration(n/procs)
}

// loop calls a predictor for the first n users. Each predictor has a loop of its own, so that its method is called directly, as an application does.
type loop func(users []Input, n int)

func canaryLoop(c *canary.Canary[Input, Output]) loop {
	return func(users []Input, n int) {
		ctx := context.Background()
		for i := range n {
			_, _ = c.Predict(ctx, users[i])
		}
	}
}

func floorLoop(f *Floor) loop {
	return func(users []Input, n int) {
		ctx := context.Background()
		for i := range n {
			_, _ = f.Predict(ctx, users[i])
		}
	}
}

// settle waits until the keeper has folded every call made so far, so that the next burst finds an empty ledger.
func settle(c *canary.Canary[Input, Output], calls int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if r := c.Snapshot().Requests; r[canary.Stable].Calls+r[canary.Candidate].Calls >= int64(calls) {
			return
		}
	}
}

// BenchmarkOverFloor reports the median of paired ratios of a canary over the floor.
func BenchmarkOverFloor(b *testing.B) {
	for _, c := range []struct {
		name   string
		shape  shape
		procs  int
		budget float64
	}{
		{"errorLatencyKey", shape{}, 1, 1.3},
		{"errorLatencyKey/inlineCandidate", shape{percent: 50, inline: true}, 1, 1.3},
		{"numberAndLabel", shape{signals: true}, 1, 1.4},
		{"parallel", shape{}, 2, 2.0},
		{"parallel/numberAndLabel", shape{signals: true}, 2, 2.0},
	} {
		b.Run(c.name, func(b *testing.B) {
			users := Users(10_000)
			subject, floor := newCanary(b, c.shape), NewFloor(&Model{weights: [4]float64{1, 2, 3, 4}})
			ours, least := canaryLoop(subject), floorLoop(floor)
			n := burst * c.procs
			drive(ours, users, n, c.procs)
			calls := n
			settle(subject, calls)
			var ratios, floors, times []float64
			for range b.N {
				ratios, floors, times = ratios[:0], floors[:0], times[:0]
				for i := range bursts {
					var f, o time.Duration
					if i%2 == 0 {
						f = drive(least, users, n, c.procs)
						o = drive(ours, users, n, c.procs)
					} else {
						o = drive(ours, users, n, c.procs)
						f = drive(least, users, n, c.procs)
					}
					calls += n
					settle(subject, calls)
					floors, times = append(floors, float64(f)), append(times, float64(o))
					ratios = append(ratios, float64(o)/float64(f))
				}
			}
			thinned := float64(subject.Snapshot().Thinned) / float64(b.N*bursts*n)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(ratios), "x_floor")
			b.ReportMetric(c.budget, "x_budget")
			b.ReportMetric(median(floors), "floor_ns")
			b.ReportMetric(spread(floors), "floor_iqr_%")
			b.ReportMetric(median(times), "canary_ns")
			b.ReportMetric(100*thinned, "thinned_%")
		})
	}
}

func median(x []float64) float64 { return quantile(x, 0.5) }

func quantile(x []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[int(q*float64(len(s)-1))]
}

// spread is the inter-quartile range in percent of the median.
func spread(x []float64) float64 { return 100 * (quantile(x, 0.75) - quantile(x, 0.25)) / median(x) }

// BenchmarkPredict are absolute times. Where the keeper cannot keep up with a loop that does nothing else, requests are thinned; the metric says how many.
func BenchmarkPredict(b *testing.B) {
	users := Users(10_000)
	ctx := context.Background()
	model := &Model{weights: [4]float64{1, 2, 3, 4}}
	bench := func(name string, p canary.Predictor[Input, Output]) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			c, ours := p.(*canary.Canary[Input, Output])
			thinned := int64(0)
			if ours {
				thinned = c.Snapshot().Thinned
			}
			i := 0
			for b.Loop() {
				if _, err := p.Predict(ctx, users[i%len(users)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
			if ours {
				b.ReportMetric(100*float64(c.Snapshot().Thinned-thinned)/float64(b.N), "thinned_%")
			}
		})
	}
	bench("direct", model)
	bench("floor", NewFloor(model))
	bench("stable", newCanary(b, shape{}))
	bench("stable/numberAndLabel", newCanary(b, shape{signals: true}))
	bench("candidate/inline", newCanary(b, shape{percent: 100, inline: true}))
	bench("candidate/isolated", newCanary(b, shape{percent: 100}))
	bench("naive", newNaive(b))
}

// TestNoAllocations is the part of the budget that does not depend on the machine.
func TestNoAllocations(t *testing.T) {
	users := Users(1_000)
	ctx := context.Background()
	for _, c := range []struct {
		name  string
		shape shape
	}{
		{"stable", shape{}},
		{"stable with signals", shape{signals: true}},
		{"stable with everything", shape{signals: true, extra: everything}},
		{"inline candidate", shape{percent: 100, inline: true, signals: true, extra: everything}},
		{"isolated candidate", shape{percent: 100, signals: true, extra: everything}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours := newCanary(t, c.shape)
			i := 0
			call := func() {
				_, _ = ours.Predict(ctx, users[i%len(users)])
				i++
			}
			for range 2000 {
				call()
			}
			// The keeper allocates now and then on its own goroutine; a request that allocated would show at least one a run.
			if allocs := testing.AllocsPerRun(5000, call); allocs != 0 {
				t.Fatalf("%v allocations a request", allocs)
			}
		})
	}
}
