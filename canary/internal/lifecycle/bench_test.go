package lifecycle

import (
	"context"
	"testing"
)

// BenchmarkPredict is what the way through the door costs over a direct call of a model that does nothing.
func BenchmarkPredict(b *testing.B) {
	ready := make(chan struct{}, 2)
	m, err := New(Config[int, int]{
		Load:    func(context.Context) (Predictor[int, int], error) { return add{1}, nil },
		Changed: func() { ready <- struct{}{} },
	})
	if err != nil {
		b.Fatal(err)
	}
	idle, err := New(Config[int, int]{Load: func(context.Context) (Predictor[int, int], error) { return add{1}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	m.Need(true)
	<-ready
	for _, model := range []struct {
		name string
		Predictor[int, int]
	}{{"direct", add{1}}, {"ready", m}, {"not ready", idle}} {
		b.Run(model.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := context.Background()
			for i := 0; b.Loop(); i++ {
				_, _ = model.Predict(ctx, i)
			}
		})
		b.Run(model.name+" parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				ctx := context.Background()
				for i := 0; pb.Next(); i++ {
					_, _ = model.Predict(ctx, i)
				}
			})
		})
	}
	_ = m.Close(context.Background())
	_ = idle.Close(context.Background())
}

// add is a model that does nothing worth its call.
type add struct{ n int }

func (a add) Predict(_ context.Context, in int) (int, error) { return in + a.n, nil }
