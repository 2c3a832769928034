package canary

import "context"

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
	// one begins the next epoch, the same version goes on with the stored one, and a version that was rolled back stays out.
	Version string
	// Predictor is the model call.
	Predictor Predictor[In, Out]
}
