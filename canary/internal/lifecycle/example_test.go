package lifecycle_test

import (
	"context"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/lifecycle"
)

// greeter is a model that has to be loaded.
type greeter struct{ word string }

func (g *greeter) Predict(_ context.Context, name string) (string, error) {
	return g.word + ", " + name, nil
}

func (g *greeter) MemoryBytes() int64 { return int64(len(g.word)) }

func (g *greeter) Close() error {
	fmt.Println("closed")
	return nil
}

func Example() {
	changed := make(chan struct{}, 1)
	model, err := lifecycle.New(lifecycle.Config[string, string]{
		Load: func(context.Context) (lifecycle.Predictor[string, string], error) {
			fmt.Println("loading")
			return &greeter{word: "hello"}, nil
		},
		Warm:     []string{"a sample"},
		Cooldown: time.Minute,
		Changed:  func() { changed <- struct{}{} },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	_, err = model.Predict(ctx, "you")
	fmt.Println(err)

	model.Need(true)
	<-changed
	answer, err := model.Predict(ctx, "you")
	fmt.Println(answer, err)
	s := model.Status()
	fmt.Println(s.State, s.Memory.Bytes, "bytes,", s.Memory.Source)

	fmt.Println(model.Close(ctx))
	fmt.Println(model.Status().State)
	// Output:
	// canary: model is not ready
	// loading
	// hello, you <nil>
	// ready 5 bytes, reported
	// closed
	// <nil>
	// closed
}

func ExampleFailure() {
	failed := &lifecycle.Failure{Stage: lifecycle.Warming, Kind: lifecycle.Panicked, Value: "weights of the wrong shape: customer 4711"}
	fmt.Println(failed)
	fmt.Println(failed.Kind)
	// Output:
	// canary: model warming: panicked with a string
	// panic
}
