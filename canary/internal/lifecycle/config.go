package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Predictor is a loaded model. Its calls are concurrent. If it is an io.Closer it is closed once, when no call is under way and none will come; if it has
// a method MemoryBytes() int64 that is asked once for the memory it takes.
type Predictor[In, Out any] interface {
	Predict(ctx context.Context, in In) (Out, error)
}

// Config is what a model is made of.
type Config[In, Out any] struct {
	// Load makes the model ready to be called, on a goroutine of its own. Its context ends when the load with the warming is over, when it takes longer than
	// LoadTimeout, or when the model is needed no more; a model that comes later is closed. What it returns beside an error is not looked at. Required.
	Load func(context.Context) (Predictor[In, Out], error)
	// Warm are sample inputs that the loaded model has to answer, one after the other, before it is ready; the answers are dropped. A sample it fails on is a
	// failed load. Empty: none.
	Warm []In
	// Cooldown is how long a model that is needed no more is kept: between the last need and its closing, or the end of its load. At least 0; 0: a minute.
	Cooldown time.Duration
	// LoadTimeout is how long a load with the warming may take. At least 0; 0: ten minutes.
	LoadTimeout time.Duration
	// Changed is called after Ready has changed, outside locks, by whoever made it change - within Need, too. It must not block. nil: nobody is told.
	Changed func()
	// Jitter spreads the retries of replicas: numbers in [0, 1). nil: random ones.
	Jitter func() float64
}

const (
	defaultCooldown    = time.Minute
	defaultLoadTimeout = 10 * time.Minute
)

// validate returns every problem at once.
func (c *Config[In, Out]) validate() error {
	var problems []error
	if c.Load == nil {
		problems = append(problems, errors.New("canary: Load is nil"))
	}
	if c.Cooldown < 0 {
		problems = append(problems, fmt.Errorf("canary: Cooldown %v is negative", c.Cooldown))
	}
	if c.LoadTimeout < 0 {
		problems = append(problems, fmt.Errorf("canary: LoadTimeout %v is negative", c.LoadTimeout))
	}
	return errors.Join(problems...)
}

// withDefaults fills in what was left at zero.
func (c Config[In, Out]) withDefaults() Config[In, Out] {
	c.Warm = slices.Clone(c.Warm)
	if c.Cooldown == 0 {
		c.Cooldown = defaultCooldown
	}
	if c.LoadTimeout == 0 {
		c.LoadTimeout = defaultLoadTimeout
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c
}
