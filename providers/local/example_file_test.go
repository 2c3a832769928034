package local_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/providers/local"
)

// Flags from a file in flagd's format, which is followed until the API shuts down.
func ExampleOpenFile() {
	ctx := context.Background()
	flags, err := local.OpenFile("testdata/flags.json")
	if err != nil {
		log.Fatal(err)
	}
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, flags); err != nil {
		log.Fatal(err)
	}
	defer func() { _ = api.Shutdown(ctx) }()

	client := api.NewClient()
	fmt.Println(client.Float(ctx, "langdetect-rollout", 0, openfeature.EvaluationContext{}), "%")
	for _, user := range []string{"ada", "grace", "user-54"} {
		detail, err := client.StringValueDetails(ctx, "langdetect-arm", "stable", openfeature.NewEvaluationContext(user, nil))
		fmt.Println(user, detail.Value, detail.Reason, err)
	}
	detail, err := client.BooleanValueDetails(ctx, "langdetect-shadow", false, openfeature.EvaluationContext{})
	fmt.Println(detail.Value, detail.Reason, err)
	// Output:
	// 5 %
	// ada stable SPLIT <nil>
	// grace stable SPLIT <nil>
	// user-54 candidate SPLIT <nil>
	// false DISABLED <nil>
}

// A change is picked up by the next reading; here it is waited for.
func ExampleWithPoll() {
	dir, err := os.MkdirTemp("", "flags")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "flags.json")
	rollout := func(percent string) {
		document := `{"flags": {"rollout": {"state": "ENABLED", "variants": {"percent": ` + percent + `}, "defaultVariant": "percent"}}}`
		if err := errors.Join(os.WriteFile(path+".new", []byte(document), 0o600), os.Rename(path+".new", path)); err != nil {
			log.Fatal(err)
		}
	}

	rollout("5")
	flags, err := local.OpenFile(path, local.WithPoll(10*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	if err := flags.Init(openfeature.EvaluationContext{}); err != nil { // OpenFeature does this
		log.Fatal(err)
	}
	defer flags.Shutdown()

	rollout("25")
	event := <-flags.EventChannel()
	fmt.Println(event.FlagChanges, flags.FloatEvaluation(context.Background(), "rollout", 0, nil).Value)
	// Output: [rollout] 25
}

// A rule that is not understood is not guessed at: the error names the flag and the operator.
func ExampleOpenFile_refused() {
	file, err := os.CreateTemp("", "flags-*.json")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(`{"flags": {"langdetect-arm": {
		"state": "ENABLED", "variants": {"stable": 0, "candidate": 1}, "defaultVariant": "stable",
		"targeting": {"if": [{"var": "beta"}, "candidate"]}}}}`)
	if err := errors.Join(err, file.Close()); err != nil {
		log.Fatal(err)
	}

	_, err = local.OpenFile(file.Name())
	if bad, ok := errors.AsType[*local.FlagError](err); ok {
		fmt.Println(bad)
	}
	// Output: flag "langdetect-arm": targeting operator "if" is not supported, only fractional
}

func ExampleProvider_Err() {
	dir, err := os.MkdirTemp("", "flags")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "flags.json")
	if err := os.WriteFile(path, []byte(`{"flags": {"on": {"state": "ENABLED", "variants": {"yes": true}, "defaultVariant": "yes"}}}`), 0o600); err != nil {
		log.Fatal(err)
	}
	flags, err := local.OpenFile(path, local.WithPoll(10*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	if err := flags.Init(openfeature.EvaluationContext{}); err != nil {
		log.Fatal(err)
	}
	defer flags.Shutdown()

	if err := os.Remove(path); err != nil {
		log.Fatal(err)
	}
	event := <-flags.EventChannel()
	fmt.Println(event.EventType, errors.Is(flags.Err(), os.ErrNotExist))
	fmt.Println("still on:", flags.BooleanEvaluation(context.Background(), "on", false, nil).Value)
	// Output:
	// PROVIDER_STALE true
	// still on: true
}

func ExampleProvider_Set_readOnly() {
	flags, err := local.OpenFile("testdata/flags.json")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(flags.Set("langdetect-rollout", 100), local.ErrReadOnly))
	// Output: true
}
