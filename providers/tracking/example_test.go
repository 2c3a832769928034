package tracking_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/modelcanary/go-sdk/providers/tracking"
)

// printer stands for a canary.
type printer struct{}

func (printer) Feedback(_ context.Context, token, signal string, value float64) error {
	if signal != "corrected" {
		return errors.New("canary: unknown signal")
	}
	fmt.Println("feedback:", token, signal, value)
	return nil
}

func Example() {
	ctx := context.Background()
	vendor := memprovider.NewInMemoryProvider(nil)
	provider, err := tracking.Wrap(vendor, printer{}, tracking.OnError(func(_ context.Context, signal string, err error) {
		fmt.Println("not taken:", signal, err)
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	api := isolated.NewAPI() // an application has openfeature.SetProviderAndWait
	if err := api.SetProviderAndWait(ctx, provider); err != nil {
		fmt.Println(err)
		return
	}
	client, user := api.NewClient(), openfeature.NewTargetlessEvaluationContext(nil)

	decided := "v1.k1.payload.tag" // the token of the decision, kept beside the answer
	client.Track(ctx, "corrected", user, openfeature.NewTrackingEventDetails(1).Add(tracking.TokenAttribute, decided).Add("field", "language"))
	client.Track(ctx, "sold", user, openfeature.NewTrackingEventDetails(9.5).Add(tracking.TokenAttribute, decided))
	client.Track(ctx, "opened", user, openfeature.NewTrackingEventDetails(1))

	fmt.Println("vendor:", vendor.TrackingEvents("corrected")[0].Data, len(vendor.TrackingEvents("sold")), len(vendor.TrackingEvents("opened")))
	if err := api.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// feedback: v1.k1.payload.tag corrected 1
	// not taken: sold canary: unknown signal
	// vendor: map[field:language] 1 1
}

type decisionKey struct{}

// A sink that finds the token in the context, where a middleware of the application has put it.
type fromContext struct{}

func (fromContext) Feedback(ctx context.Context, token, signal string, value float64) error {
	if token == "" {
		token, _ = ctx.Value(decisionKey{}).(string)
	}
	return printer{}.Feedback(ctx, token, signal, value)
}

func ExampleFromContext() {
	provider, err := tracking.Wrap(openfeature.NoopProvider{}, fromContext{}, tracking.FromContext())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.WithValue(context.Background(), decisionKey{}, "v1.k1.payload.tag")
	api := isolated.NewAPI()
	if err := api.SetProviderAndWait(ctx, provider); err != nil {
		fmt.Println(err)
		return
	}
	api.NewClient().Track(ctx, "corrected", openfeature.EvaluationContext{}, openfeature.NewTrackingEventDetails(1))
	if err := api.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// feedback: v1.k1.payload.tag corrected 1
}
