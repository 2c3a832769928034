package flags_test

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
)

// provide returns an API whose provider knows one flag.
func provide(flag string, value any) *openfeature.EvaluationAPI {
	api := isolated.NewAPI()
	provider := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{
		flag: {Key: flag, State: memprovider.Enabled, DefaultVariant: "now", Variants: map[string]any{"now": value}},
	})
	if err := api.SetProviderAndWait(context.Background(), provider); err != nil {
		panic(err)
	}
	return api
}

func ExampleStart() {
	api := provide("langdetect-rollout", 5.0)
	defer func() { _ = api.Shutdown(context.Background()) }()

	reader, err := flags.Start(flags.Config{Client: api.NewClient(), Flag: "langdetect-rollout"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reader.Close(context.Background()) }()

	<-reader.First()
	reading := reader.Reading()
	fmt.Println(reading.Share, reading.Kind, reading.Reason, reading.Err)
	// Output: 0.05 ok STATIC <nil>
}

func ExampleReader_Reading_badValue() {
	api := provide("langdetect-rollout", 150.0)
	defer func() { _ = api.Shutdown(context.Background()) }()

	reader, err := flags.Start(flags.Config{Client: api.NewClient(), Flag: "langdetect-rollout"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = reader.Close(context.Background()) }()

	<-reader.First()
	reading := reader.Reading()
	fmt.Println(reading.Share, reading.Err)
	fmt.Println(reader.Counts()[flags.OutOfRange] > 0)
	// Output:
	// 0 flags: "langdetect-rollout" out_of_range: value 150 outside [0, 100]
	// true
}

func ExampleConfig_Validate() {
	fmt.Println(flags.Config{Flag: "langdetect-rollout", Poll: 60e9, Hold: 5 * 60e9}.Validate())
	// Output:
	// flags: Client is nil, needs an OpenFeature client
	// flags: Poll 1m0s outside [1s, 5s]
}

func ExampleReader_Close() {
	api := provide("langdetect-rollout", 5.0)
	defer func() { _ = api.Shutdown(context.Background()) }()

	reader, err := flags.Start(flags.Config{Client: api.NewClient(), Flag: "langdetect-rollout"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reader.Close(context.Background()))
	fmt.Println(reader.Reading().Share, reader.Reading().Err)
	// Output:
	// <nil>
	// 0 flags: "langdetect-rollout" closed: reader is closed
}
