package shadow

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// request is a value job: nothing of it has to be copied by a function.
type request struct {
	User, Text string
	Weights    [4]float64
}

type answer struct {
	Label string
	Score float64
}

func newBenchRunner(tb testing.TB) *Runner[request, answer] {
	tb.Helper()
	model := func(context.Context, request) (answer, error) { return answer{Label: "x", Score: 1}, nil }
	r, err := New(Config[request, answer]{}, Host[request, answer]{Stable: model, Candidate: model, Busy: func(int) bool { return false }})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, r.Close(context.Background())) })
	return r
}

// What a request pays that is not drawn: BenchmarkDraws/off where there is no rate, /not where there is one.
func BenchmarkDraws(b *testing.B) {
	for name, rate := range map[string]float64{"off": 0, "not": 1e-15} {
		b.Run(name, func(b *testing.B) {
			r := newBenchRunner(b)
			r.sampler.set(rate)
			s, n := r.Sampler(), 0
			for unit := uint64(0); b.Loop(); unit += 0x9e3779b97f4a7c15 {
				if s.Draws(unit) {
					n++
				}
			}
			require.Less(b, n, 1000)
		})
	}
}

// What a drawn request pays, one every 200 us, so that the worker sleeps: percentiles of Take and Offer together, with two clock reads.
func BenchmarkTakeOfferPaced(b *testing.B) {
	r := newBenchRunner(b)
	r.SetRate(1)
	in, ctx := request{User: "ann", Text: "some text"}, context.Background()
	var took []time.Duration
	for b.Loop() {
		for due := time.Now().Add(200 * time.Microsecond); time.Now().Before(due); { // the pace: this goroutine stays awake
		}
		begin := time.Now()
		if job, ok := r.Take(ctx, in, 0); ok {
			r.Offer(&job, Answer[answer]{Output: answer{Label: "x"}})
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
	b.ReportMetric(0, "ns/op")
}

// The same without a pause; most are dropped, as the queue is full.
func BenchmarkTakeOfferSaturated(b *testing.B) {
	r := newBenchRunner(b)
	r.SetRate(1)
	in, ctx := request{User: "ann", Text: "some text"}, context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if job, ok := r.Take(ctx, in, 0); ok {
			r.Offer(&job, Answer[answer]{Output: answer{Label: "x"}})
		}
	}
}
