package tracking_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/providers/tracking"
)

// client returns a client of its own OpenFeature API, with the provider in it.
func client(t *testing.T, p openfeature.FeatureProvider) *openfeature.Client {
	t.Helper()
	api := isolated.NewAPI()
	require.NoError(t, api.SetProviderAndWait(t.Context(), p))
	t.Cleanup(func() { require.NoError(t, api.Shutdown(context.Background())) })
	return api.NewClient()
}

// What the application tracks with a token reaches the sink, and the vendor without it.
func TestTrackIsFeedback(t *testing.T) {
	vendor, sink := memprovider.NewInMemoryProvider(nil), &book{}
	c := client(t, wrap(t, vendor, sink))
	evalCtx := openfeature.NewEvaluationContext("user-1", map[string]any{"country": "fr"})
	held := details(1, "v1.k.p.t").Add("plan", "pro")
	c.Track(t.Context(), "corrected", evalCtx, held)
	c.Track(t.Context(), "opened", evalCtx, openfeature.NewTrackingEventDetails(2).Add("plan", "free"))
	c.Track(t.Context(), "closed", evalCtx, openfeature.TrackingEventDetails{})
	c.Track(t.Context(), "corrected", evalCtx, details(0, "v1.k.q.t"))

	require.Equal(t, []feedback{{"v1.k.p.t", "corrected", 1}, {"v1.k.q.t", "corrected", 0}}, sink.calls)
	event := func(value float64, data map[string]any) memprovider.InMemoryEvent {
		return memprovider.InMemoryEvent{Value: value, Data: data, ContextAttributes: map[string]any{"country": "fr"}}
	}
	require.Equal(t, []memprovider.InMemoryEvent{event(1, map[string]any{"plan": "pro"}), event(0, map[string]any{})}, vendor.TrackingEvents("corrected"))
	require.Equal(t, []memprovider.InMemoryEvent{event(2, map[string]any{"plan": "free"})}, vendor.TrackingEvents("opened"))
	require.Equal(t, []memprovider.InMemoryEvent{event(0, map[string]any{})}, vendor.TrackingEvents("closed"))
	require.Equal(t, "v1.k.p.t", held.Attribute(tracking.TokenAttribute), "the application's own details were changed")
}

func TestProviderThatDoesNotTrack(t *testing.T) {
	sink := &book{}
	client(t, wrap(t, local.New(), sink)).Track(t.Context(), "corrected", openfeature.EvaluationContext{}, details(1, "t"))
	require.Equal(t, []feedback{{"t", "corrected", 1}}, sink.calls)
}

func TestTokens(t *testing.T) {
	type named string
	for name, v := range map[string]struct {
		attribute   any
		fromContext bool
		want        []feedback
		err         string
	}{
		"a text":                  {attribute: "t", want: []feedback{{"t", "s", 1}}},
		"a text, or from context": {attribute: "t", fromContext: true, want: []feedback{{"t", "s", 1}}},
		"empty":                   {attribute: ""},
		"empty, from context":     {attribute: "", fromContext: true, want: []feedback{{"", "s", 1}}},
		"nil":                     {attribute: nil},
		"nil, from context":       {attribute: nil, fromContext: true, want: []feedback{{"", "s", 1}}},
		"a number":                {attribute: 7, err: `tracking: attribute model_canary.token of event "s" is of type int, not a text`},
		"bytes, from context":     {attribute: []byte("t"), fromContext: true, err: `tracking: attribute model_canary.token of event "s" is of type []uint8, not a text`},
		"a type of its own":       {attribute: named("t"), err: `tracking: attribute model_canary.token of event "s" is of type tracking_test.named, not a text`},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []string
			vendor, sink := memprovider.NewInMemoryProvider(nil), &book{}
			options := []tracking.Option{tracking.OnError(func(_ context.Context, signal string, err error) {
				require.Equal(t, "s", signal)
				errs = append(errs, err.Error())
			})}
			if v.fromContext {
				options = append(options, tracking.FromContext())
			}
			client(t, wrap(t, vendor, sink, options...)).Track(t.Context(), "s", openfeature.EvaluationContext{}, details(1, v.attribute))
			require.Equal(t, v.want, sink.calls)
			if v.err == "" {
				require.Empty(t, errs)
			} else {
				require.Equal(t, []string{v.err}, errs)
			}
			events := vendor.TrackingEvents("s")
			require.Len(t, events, 1)
			require.Nil(t, events[0].Data[tracking.TokenAttribute], "the token reached the vendor")
		})
	}
}

func TestErrorsOfTheSink(t *testing.T) {
	refusal := errors.New("no such signal")
	var told []error
	vendor := memprovider.NewInMemoryProvider(nil)
	onError := tracking.OnError(func(_ context.Context, _ string, err error) { told = append(told, err) })
	track := func(p openfeature.FeatureProvider) {
		client(t, p).Track(t.Context(), "s", openfeature.EvaluationContext{}, details(math.NaN(), "t"))
	}
	track(wrap(t, vendor, &book{err: refusal}, onError))
	require.Equal(t, []error{refusal}, told)

	panics := sinkFunc(func(context.Context, string, string, float64) error { panic("boom") })
	track(wrap(t, vendor, panics, onError))
	require.EqualError(t, told[1], "tracking: the sink panicked: boom")

	track(wrap(t, vendor, &book{err: refusal}))
	track(wrap(t, vendor, panics))
	track(wrap(t, vendor, panics, tracking.OnError(func(context.Context, string, error) { panic("again") })))
	require.Len(t, vendor.TrackingEvents("s"), 5, "the vendor's Track was left out")
}

type explosive struct{ bare }

func (explosive) Track(context.Context, string, openfeature.EvaluationContext, openfeature.TrackingEventDetails) {
	panic("vendor")
}

// The panic of the wrapped provider is the application's, as it was before.
func TestPanicOfTheVendorIsLeftAsItWas(t *testing.T) {
	sink := &book{}
	p := wrap(t, explosive{newBare()}, sink)
	require.PanicsWithValue(t, "vendor", func() {
		p.(openfeature.Tracker).Track(t.Context(), "s", openfeature.EvaluationContext{}, details(1, "t"))
	})
	require.Len(t, sink.calls, 1)
}

type key struct{}

func TestSinkGetsTheContext(t *testing.T) {
	var got any
	sink := sinkFunc(func(ctx context.Context, _, _ string, _ float64) error { got = ctx.Value(key{}); return nil })
	c := client(t, wrap(t, newBare(), sink, tracking.FromContext()))
	c.Track(context.WithValue(t.Context(), key{}, 7), "s", openfeature.EvaluationContext{}, openfeature.TrackingEventDetails{})
	require.Equal(t, 7, got)
}

func TestConcurrentUse(t *testing.T) {
	vendor, sink := memprovider.NewInMemoryProvider(nil), &book{err: errors.New("refused")}
	var mu sync.Mutex
	told := 0
	c := client(t, wrap(t, vendor, sink, tracking.OnError(func(context.Context, string, error) {
		mu.Lock()
		defer mu.Unlock()
		told++
	})))
	shared := details(1, "t").Add("plan", "pro")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				c.Track(context.Background(), "s", openfeature.EvaluationContext{}, shared)
				c.Boolean(context.Background(), "flag", true, openfeature.EvaluationContext{})
			}
		})
	}
	wg.Wait()
	require.Len(t, sink.calls, 800)
	require.Equal(t, 800, told)
	require.Len(t, vendor.TrackingEvents("s"), 800)
}
