package main

import (
	"context"
	"math"
	"testing"
)

// trained shares one lab between the tests: it is read-only.
func trained(t *testing.T) *lab {
	t.Helper()
	l, err := sharedLab()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestProbabilitiesAreADistribution(t *testing.T) {
	l := trained(t)
	for _, r := range l.data.Live {
		var x [features]float64
		l.embedding.embed(&r.Pixels, &x)
		var sum float64
		for _, p := range l.stable.head.probabilities(&x) {
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
	var h head
	var x [features]float64
	h[3][features] = 1e6
	if p := h.probabilities(&x); p[3] != 1 || p[0] != 0 {
		t.Errorf("got %v, want all on 3", p)
	}
}

func TestTrainingIsDeterministic(t *testing.T) {
	l := trained(t)
	again := trainSoftmax(newEmbedding(modelSeed, 1), l.data.Past[:stableRows])
	if again.head != l.stable.head {
		t.Error("the same rows gave another model")
	}
}

func TestNoModelPanics(t *testing.T) {
	inputs := map[string]float64{
		"blank": 0, "full": maxInk, "negative": -1, "huge": math.MaxFloat64, "infinite": math.Inf(1), "not a number": math.NaN(),
	}
	for _, c := range candidates() {
		model := sharedModel(t, c.Name)
		for name, ink := range inputs {
			var in Image
			for i := range in.Pixels {
				in.Pixels[i] = ink
			}
			if d, err := model.Predict(context.Background(), in); err == nil && (d.Value < 0 || d.Value >= classes) {
				t.Errorf("%s, %s: answered %d, want a digit", c.Name, name, d.Value)
			}
		}
	}
}

func BenchmarkStable(b *testing.B) {
	l, err := sharedLab()
	if err != nil {
		b.Fatal(err)
	}
	in := Image{Pixels: l.data.Live[0].Pixels}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.stable.Predict(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}
