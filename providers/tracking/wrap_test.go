package tracking_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/providers/tracking"
)

func wrap(tb testing.TB, given openfeature.FeatureProvider, sink tracking.Sink, options ...tracking.Option) openfeature.FeatureProvider {
	tb.Helper()
	p, err := tracking.Wrap(given, sink, options...)
	require.NoError(tb, err)
	return p
}

// combinations are providers with every set of optional interfaces.
func combinations(c *calls, ch chan openfeature.Event) map[string]openfeature.FeatureProvider {
	b, t, s, cs, e := newBare(), tracker{c}, state{c}, contextState{state{c}}, events{ch}
	return map[string]openfeature.FeatureProvider{
		"nothing": b,
		"state": struct {
			bare
			state
		}{b, s},
		"context": struct {
			bare
			contextState
		}{b, cs},
		"events": struct {
			bare
			events
		}{b, e},
		"state, events": struct {
			bare
			state
			events
		}{b, s, e},
		"context, events": struct {
			bare
			contextState
			events
		}{b, cs, e},
		"tracker": struct {
			bare
			tracker
		}{b, t},
		"tracker, state": &struct {
			bare
			tracker
			state
		}{b, t, s},
		"tracker, context": &struct {
			bare
			tracker
			contextState
		}{b, t, cs},
		"tracker, events": &struct {
			bare
			tracker
			events
		}{b, t, e},
		"tracker, state, events": &struct {
			bare
			tracker
			state
			events
		}{b, t, s, e},
		"tracker, context, events": &struct {
			bare
			tracker
			contextState
			events
		}{b, t, cs, e},
	}
}

// The result has the optional interfaces of what it wraps, no more and no fewer, and each call arrives there.
func TestOptionalInterfacesAreKept(t *testing.T) {
	c, ch := &calls{}, make(chan openfeature.Event, 1)
	all := combinations(c, ch)
	require.Len(t, all, 12)
	for name, given := range all {
		t.Run(name, func(t *testing.T) {
			c.log = nil
			var want []string
			p := wrap(t, given, &book{})
			require.Equal(t, "bare", p.Metadata().Name)
			require.Len(t, p.Hooks(), 1)

			_, isTracker := given.(openfeature.Tracker)
			p.(openfeature.Tracker).Track(t.Context(), "x", openfeature.EvaluationContext{}, openfeature.NewTrackingEventDetails(1))
			if isTracker {
				want = append(want, "track x")
			}
			_, was := given.(openfeature.StateHandler)
			s, is := p.(openfeature.StateHandler)
			require.Equal(t, was, is, "StateHandler")
			if is {
				require.NoError(t, s.Init(openfeature.EvaluationContext{}))
				s.Shutdown()
				want = append(want, "init", "shutdown")
			}
			_, was = given.(openfeature.ContextAwareStateHandler)
			cs, is := p.(openfeature.ContextAwareStateHandler)
			require.Equal(t, was, is, "ContextAwareStateHandler")
			if is {
				require.NoError(t, cs.InitWithContext(t.Context(), openfeature.EvaluationContext{}))
				require.NoError(t, cs.ShutdownWithContext(t.Context()))
				want = append(want, "init with context", "shutdown with context")
			}
			_, was = given.(openfeature.EventHandler)
			e, is := p.(openfeature.EventHandler)
			require.Equal(t, was, is, "EventHandler")
			if is {
				require.Equal(t, (<-chan openfeature.Event)(ch), e.EventChannel())
			}
			require.Equal(t, want, c.log)
		})
	}
}

// Every combination lives and ends in the SDK as it does bare.
func TestLifeInTheSDK(t *testing.T) {
	for name := range combinations(nil, nil) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logs [2][]string
				for i := range logs {
					c := &calls{}
					p := combinations(c, make(chan openfeature.Event))[name]
					if i == 1 {
						p = wrap(t, p, &book{})
					}
					api := isolated.NewAPI()
					require.NoError(t, api.SetProviderAndWait(t.Context(), p))
					require.Equal(t, openfeature.ReadyState, api.NewClient().State())
					require.NoError(t, api.Shutdown(context.Background()))
					synctest.Wait()
					logs[i] = c.log
				}
				require.Equal(t, logs[0], logs[1])
			})
		})
	}
}

func TestEventsStillArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flags := local.New()
		require.NoError(t, flags.Set("share", 5))
		api := isolated.NewAPI()
		require.NoError(t, api.SetProviderAndWait(t.Context(), wrap(t, flags, &book{})))
		client := api.NewClient()
		var changed []string
		heard := func(d openfeature.EventDetails) { changed = append(changed, d.FlagChanges...) }
		client.AddHandler(openfeature.ProviderConfigChange, &heard)
		synctest.Wait()
		changed = nil // what was there before
		require.NoError(t, flags.Set("share", 10))
		synctest.Wait()
		require.Equal(t, []string{"share"}, changed)
		got, err := client.FloatValue(t.Context(), "share", 0, openfeature.EvaluationContext{})
		require.NoError(t, err)
		require.Equal(t, 10.0, got)
		require.NoError(t, api.Shutdown(context.Background()))
	})
}

func TestEveryTypeOfFlagPassesThrough(t *testing.T) {
	flags := local.New()
	for key, value := range map[string]any{"b": true, "s": "x", "f": 1.5, "i": 7, "o": map[string]any{"k": "v"}} {
		require.NoError(t, flags.Set(key, value))
	}
	p, ctx := wrap(t, flags, &book{}), t.Context()
	require.Equal(t, flags.BooleanEvaluation(ctx, "b", false, nil), p.BooleanEvaluation(ctx, "b", false, nil))
	require.Equal(t, flags.StringEvaluation(ctx, "s", "", nil), p.StringEvaluation(ctx, "s", "", nil))
	require.Equal(t, flags.FloatEvaluation(ctx, "f", 0, nil), p.FloatEvaluation(ctx, "f", 0, nil))
	require.Equal(t, flags.IntEvaluation(ctx, "i", 0, nil), p.IntEvaluation(ctx, "i", 0, nil))
	require.Equal(t, flags.ObjectEvaluation(ctx, "o", nil, nil), p.ObjectEvaluation(ctx, "o", nil, nil))
	require.True(t, p.BooleanEvaluation(ctx, "b", false, nil).Value)
}

// Two wrapped providers are two, also for the SDK, which keeps them by pointer.
func TestTwoProvidersAreTwo(t *testing.T) {
	a, b := wrap(t, newBare(), &book{}), wrap(t, newBare(), &book{})
	require.NotSame(t, a, b)
	one, two := isolated.NewAPI(), isolated.NewAPI()
	require.NoError(t, one.SetProviderAndWait(t.Context(), a))
	require.NoError(t, two.SetProviderAndWait(t.Context(), b))
	require.NoError(t, one.Shutdown(context.Background()))
	require.NoError(t, two.Shutdown(context.Background()))
}

func TestBadUse(t *testing.T) {
	mem := memprovider.NewInMemoryProvider(nil)
	for _, v := range []struct {
		given   openfeature.FeatureProvider
		sink    tracking.Sink
		options []tracking.Option
		want    string
	}{
		{nil, &book{}, nil, "tracking: the provider is nil"},
		{mem, nil, nil, "tracking: the sink is nil"},
		{mem, &book{}, []tracking.Option{tracking.OnError(nil)}, "tracking: the function of OnError is nil"},
		{nil, nil, []tracking.Option{tracking.OnError(nil)}, "tracking: the provider is nil\ntracking: the sink is nil\ntracking: the function of OnError is nil"},
	} {
		p, err := tracking.Wrap(v.given, v.sink, v.options...)
		require.EqualError(t, err, v.want)
		require.Nil(t, p)
	}
}
