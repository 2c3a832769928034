package canary

import (
	"context"
	"time"
)

// Predictor is a model call: anything that turns an input into an output. A [Canary] is one itself, so it takes the place of the model it wraps.
//
// The predictors of a canary are called concurrently. The candidate must not modify its input and must not keep it: when the candidate fails, stable
// is given the same input in the same call.
type Predictor[In, Out any] interface {
	Predict(ctx context.Context, in In) (Out, error)
}

// Func makes a predictor of a function.
func Func[In, Out any](predict func(context.Context, In) (Out, error)) Predictor[In, Out] {
	if predict == nil {
		return nil
	}
	return predictorFunc[In, Out](predict)
}

type predictorFunc[In, Out any] func(context.Context, In) (Out, error)

func (f predictorFunc[In, Out]) Predict(ctx context.Context, in In) (Out, error) { return f(ctx, in) }

// Model is a predictor with a version.
type Model[In, Out any] struct {
	// Version names the model: 1 to 256 bytes of UTF-8. The version of the candidate names the epoch: a candidate with another version than the stored
	// one begins the next epoch, the same version goes on with the stored one, a version that was promoted before serves on as the stable model, and a version
	// that was rolled back stays out until a person begins an epoch with it, see [Canary.Begin].
	Version string
	// Predictor is the model call.
	Predictor Predictor[In, Out]

	// Load makes the model call, in place of Predictor and for the candidate alone: in the background, when the candidate's share would first exceed zero. Until it has
	// returned, and Warm was answered, stable serves and nobody waits. A load that fails, panics or takes more than 10 minutes is tried again, after a second
	// at first and five minutes at most, and is never evidence against the model. When the candidate has not been needed for Cooldown - it was rolled back, or the flag is at
	// zero - new calls are stable's, calls under way are waited for, and the model is closed, if it has a method Close() error; it is loaded again when it is needed
	// again. It may have a method MemoryBytes() int64 for [ModelStatus]. The context ends when the load is given up.
	Load func(ctx context.Context) (Predictor[In, Out], error)
	// Warm are inputs that a loaded model has to answer, without an error, before it is given requests. The answers are thrown away.
	Warm []In
	// Cooldown is how long a loaded model is kept when it is not needed; 0: a minute.
	Cooldown time.Duration
}
