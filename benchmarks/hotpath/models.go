package hotpath

import (
	"context"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/canary"
)

// Input is a request of a user.
type Input struct {
	User     string
	Features [4]float64
}

// Output is a score with a label.
type Output struct {
	Score float64
	Label string
}

// Model is as small as a model can be: whatever wraps it is all overhead.
type Model struct{ weights [4]float64 }

// Predict is a dot product.
//
//go:noinline
func (m *Model) Predict(_ context.Context, in Input) (Output, error) {
	s := 0.0
	for i, w := range m.weights {
		s += w * in.Features[i]
	}
	return Output{Score: s, Label: "positive"}, nil
}

// Key is what assignment sticks to.
func Key(_ context.Context, in Input) string { return in.User }

// Users are keys as they occur: 36 characters.
func Users(n int) []Input {
	users := make([]Input, n)
	for i := range users {
		const digits = "0123456789abcdef"
		b := []byte("00000000-0000-4000-8000-000000000000")
		for j, x := len(b)-1, uint64(i)*0x9e3779b97f4a7c15; j >= 0 && x > 0; j-- {
			if b[j] != '-' {
				b[j] = digits[x&15]
				x >>= 4
			}
		}
		users[i] = Input{User: string(b), Features: [4]float64{0.1, 0.2, 0.3, float64(i%10) / 10}}
	}
	return users
}

// Floor is the least a wrapper must do.
type Floor struct {
	model   canary.Predictor[Input, Output]
	key     func(context.Context, Input) string
	share   atomic.Uint64
	base    time.Time
	buckets [2][64]atomic.Uint64
}

// NewFloor wraps a model.
func NewFloor(model canary.Predictor[Input, Output]) *Floor {
	return &Floor{model: model, key: Key, base: time.Now()}
}

// Predict calls the model.
func (f *Floor) Predict(ctx context.Context, in Input) (Output, error) {
	arm := 0
	if xxhash.Sum64String(f.key(ctx, in)) < f.share.Load() {
		arm = 1
	}
	start := time.Since(f.base)
	out, err := f.model.Predict(ctx, in)
	took := time.Since(f.base) - start
	f.buckets[arm][bits.Len64(uint64(took))&63].Add(1)
	return out, err
}
