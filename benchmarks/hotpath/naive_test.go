package hotpath

import (
	"context"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/modelcanary/go-sdk/canary"
)

// naive is what a first attempt looks like: on every request the flag is evaluated for the user and two OpenTelemetry instruments are recorded with their
// attributes. It neither compares the arms nor rolls back.
type naive struct {
	stable, candidate canary.Predictor[Input, Output]
	client            *openfeature.Client
	calls             metric.Int64Counter
	duration          metric.Float64Histogram
}

func newNaive(tb testing.TB) *naive {
	tb.Helper()
	provider := sdk.NewMeterProvider(sdk.WithReader(sdk.NewManualReader()))
	tb.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	meter := provider.Meter("naive")
	calls, err := meter.Int64Counter("calls")
	if err != nil {
		tb.Fatal(err)
	}
	duration, err := meter.Float64Histogram("duration")
	if err != nil {
		tb.Fatal(err)
	}
	model := &Model{weights: [4]float64{1, 2, 3, 4}}
	return &naive{stable: model, candidate: model, client: percentFlag(tb, 0), calls: calls, duration: duration}
}

func (n *naive) Predict(ctx context.Context, in Input) (Output, error) {
	percent := n.client.Float(ctx, "rollout", 0, openfeature.NewEvaluationContext(in.User, nil))
	arm, model := "stable", n.stable
	if percent >= 100 {
		arm, model = "candidate", n.candidate
	}
	began := time.Now()
	out, err := model.Predict(ctx, in)
	n.calls.Add(ctx, 1, metric.WithAttributes(attribute.String("arm", arm), attribute.Bool("error", err != nil)))
	n.duration.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(attribute.String("arm", arm), attribute.Bool("error", err != nil)))
	return out, err
}

func naiveLoop(p *naive) loop {
	return func(users []Input, n int) {
		ctx := context.Background()
		for i := range n {
			_, _ = p.Predict(ctx, users[i])
		}
	}
}

// BenchmarkNaiveOverCanary reports how much longer the naive wrapper takes.
func BenchmarkNaiveOverCanary(b *testing.B) {
	users := Users(10_000)
	ours, other := newCanary(b, shape{}), newNaive(b)
	var ratios []float64
	calls := 0
	for range b.N {
		ratios = ratios[:0]
		for range bursts {
			n := drive(naiveLoop(other), users, burst, 1)
			o := drive(canaryLoop(ours), users, burst, 1)
			calls += burst
			settle(ours, calls)
			ratios = append(ratios, float64(n)/float64(o))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ratios), "x_canary")
}
