package digits

import (
	"context"
	"math"
	"testing"
)

func TestProbabilitiesAreADistribution(t *testing.T) {
	l := trained(t)
	for _, r := range l.Data.Live {
		var x [Features]float64
		l.Embedding.embed(&r.Pixels, &x)
		var sum float64
		for _, p := range l.Stable.Head.probabilities(&x) {
			if p < 0 || p > 1 {
				t.Fatalf("probability %v outside [0, 1]", p)
			}
			sum += p
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("probabilities sum to %v, want 1", sum)
		}
	}
}

func TestProbabilitiesDoNotOverflow(t *testing.T) {
	var h Weights
	var x [Features]float64
	h[3][Features] = 1e6
	if p := h.probabilities(&x); p[3] != 1 || p[0] != 0 {
		t.Errorf("got %v, want all on 3", p)
	}
}

func TestTrainingIsDeterministic(t *testing.T) {
	l := trained(t)
	again := Train(NewEmbedding(modelSeed, 1), l.Data.Past[:stableRows])
	if again.Head != l.Stable.Head {
		t.Error("the same rows gave another model")
	}
}

func BenchmarkStable(b *testing.B) {
	l, err := sharedLab()
	if err != nil {
		b.Fatal(err)
	}
	in := Image{Pixels: l.Data.Live[0].Pixels}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Stable.Predict(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
