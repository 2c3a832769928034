package main

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"
)

// input is a request: a value, so that nobody has to copy it for a shadow.
type input struct {
	unit     uint64
	features [width]float64
}

// width of the model: its weights are 8 KiB and stay in the first-level cache.
const width = 32

// model multiplies a vector by the same matrix again and again, which is all processor and no memory, as small models are.
type model struct {
	weights [width][width]float64
	layers  int
	garbage int // bytes that each call leaves to the collector
}

// newModel returns a model of so many layers.
func newModel(layers, garbage int) *model {
	m := &model{layers: layers, garbage: garbage}
	for i := range m.weights {
		for j := range m.weights[i] {
			m.weights[i][j] = math.Sin(float64(i*width + j))
		}
	}
	return m
}

// Predict returns a score in [-1, 1].
func (m *model) Predict(_ context.Context, in input) (float64, error) {
	if m.garbage > 0 {
		runtime.KeepAlive(make([]byte, m.garbage))
	}
	x := in.features
	for range m.layers {
		x = m.layer(&x)
	}
	return x[0], nil
}

// layer is one product, kept small by a division so that nothing overflows or dies out.
func (m *model) layer(x *[width]float64) (y [width]float64) {
	for i := range m.weights {
		row, sum := &m.weights[i], 0.0
		for j := range row {
			sum += row[j] * x[j]
		}
		y[i] = sum / (1 + math.Abs(sum))
	}
	return y
}

// features are those of a request, by its number.
func features(number uint64) (in input) {
	in.unit = mix(number)
	for i := range in.features {
		in.features[i] = float64(in.unit>>(i%48)&0xff)/256 - 0.5
	}
	return in
}

// mix is the finalizer of SplitMix64: numbers in a row become units that are nothing of the kind.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// layersFor returns how many layers take that long on a processor that has nothing else to do: the median of many runs, the machine being shared.
func layersFor(d time.Duration) int {
	const probe, runs = 64, 401
	m, took := newModel(probe, 0), make([]time.Duration, runs)
	in := features(1)
	for i := range took {
		began := time.Now()
		_, _ = m.Predict(context.Background(), in)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return max(1, int(probe*float64(d)/float64(took[runs/2])))
}
