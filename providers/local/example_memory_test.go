package local_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/providers/local"
)

// Flags in memory: a person, a test or an admin page sets them.
func Example() {
	ctx := context.Background()
	flags := local.New()
	if err := flags.Set("langdetect-rollout", 5); err != nil {
		log.Fatal(err)
	}

	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, flags); err != nil {
		log.Fatal(err)
	}
	defer func() { _ = api.Shutdown(ctx) }()

	client := api.NewClient()
	fmt.Println(client.Float(ctx, "langdetect-rollout", 0, openfeature.EvaluationContext{}), "%")
	if err := flags.Set("langdetect-rollout", 25); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Float(ctx, "langdetect-rollout", 0, openfeature.EvaluationContext{}), "%")
	// Output:
	// 5 %
	// 25 %
}

func ExampleNew() {
	flags := local.New()
	fmt.Println(flags.Metadata().Name)
	// Output: modelcanary-local
}

func ExampleProvider_Set() {
	flags := local.New()
	for _, v := range []any{true, "ngram-2", 12.5, map[string]any{"steps": []any{1, 5, 25, 100}}} {
		if err := flags.Set("flag", v); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(flags.ObjectEvaluation(context.Background(), "flag", nil, nil).Value)

	fmt.Println(flags.Set("flag", math.NaN()))
	// Output:
	// map[steps:[1 5 25 100]]
	// local: set: flag "flag": value NaN, want a finite number
}

func ExampleProvider_Delete() {
	flags := local.New()
	_ = flags.Set("flag", true)
	if err := flags.Delete("flag"); err != nil {
		log.Fatal(err)
	}
	detail := flags.BooleanEvaluation(context.Background(), "flag", false, nil)
	fmt.Println(detail.Value, detail.Error())
	// Output: false FLAG_NOT_FOUND: local: no flag "flag"
}

// Changes that nobody has read yet are merged into one event; no key is lost.
func ExampleProvider_EventChannel() {
	flags := local.New()
	_ = flags.Set("langdetect-rollout", 5)
	_ = flags.Set("langdetect-shadow", true)
	_ = flags.Set("langdetect-rollout", 25)
	event := <-flags.EventChannel()
	fmt.Println(event.EventType, event.FlagChanges)
	// Output: PROVIDER_CONFIGURATION_CHANGED [langdetect-rollout langdetect-shadow]
}

func ExampleFlagError() {
	err := local.New().Set("langdetect-rollout", nil)
	if bad, ok := errors.AsType[*local.FlagError](err); ok {
		fmt.Println(bad.Flag)
		fmt.Println(bad.Problem)
	}
	// Output:
	// langdetect-rollout
	// value nil, want a boolean, string, number or object
}
