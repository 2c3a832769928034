package flags

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"
)

// tick is longer than spacing and much shorter than Poll: by then a hint has been followed.
const tick = 20 * time.Millisecond

// newAPI returns an OpenFeature API of the test's own. It ends before the test does, as a bubble demands.
func newAPI(t *testing.T) *openfeature.EvaluationAPI {
	t.Helper()
	api := isolated.NewAPI()
	t.Cleanup(func() { require.NoError(t, api.Shutdown(context.Background())) })
	return api
}

// set makes p the provider and waits until it is initialized.
func set(t *testing.T, api *openfeature.EvaluationAPI, p openfeature.FeatureProvider) {
	t.Helper()
	require.NoError(t, api.SetProviderAndWait(context.Background(), p))
}

// open starts a reader that is closed before the API of the test is.
func open(t *testing.T, cfg Config) *Reader {
	t.Helper()
	if cfg.Flag == "" {
		cfg.Flag = rollout
	}
	r, err := Start(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close(context.Background())) })
	return r
}

// pass lets virtual time pass and everything due by then happen.
func pass(d time.Duration) {
	<-time.After(d) // virtual: every caller is inside a bubble
	synctest.Wait()
}

// flagOf is a set of flags with the rollout flag at value.
func flagOf(value any) map[string]memprovider.InMemoryFlag {
	return map[string]memprovider.InMemoryFlag{rollout: {
		Key: rollout, State: memprovider.Enabled, DefaultVariant: "now", Variants: map[string]any{"now": value},
	}}
}

// inMemory is a real provider with the rollout flag at value.
func inMemory(value any) *memprovider.InMemoryProvider {
	return memprovider.NewInMemoryProvider(flagOf(value))
}

// scripted is a provider, and at the same time a hand on it: each evaluation runs the script of its type.
type scripted struct {
	openfeature.NoopProvider
	float  func(ctx context.Context) openfeature.FloatResolutionDetail
	int    func(ctx context.Context) openfeature.IntResolutionDetail
	init   func(ctx context.Context) error
	events chan openfeature.Event

	running, most, calls atomic.Int64
}

// steady is a scripted provider that answers percent.
func steady(percent float64) *scripted {
	return &scripted{
		float: func(context.Context) openfeature.FloatResolutionDetail { return good(percent) },
		init:  func(context.Context) error { return nil },
		// unbuffered: an event sent was received by the SDK
		events: make(chan openfeature.Event),
	}
}

func good(percent float64) openfeature.FloatResolutionDetail {
	return openfeature.FloatResolutionDetail{
		Value:                    percent,
		ProviderResolutionDetail: openfeature.ProviderResolutionDetail{Reason: openfeature.StaticReason, Variant: "on"},
	}
}

func failed(err openfeature.ResolutionError) openfeature.FloatResolutionDetail {
	return openfeature.FloatResolutionDetail{
		Value:                    99, // a value beside an error must not be believed
		ProviderResolutionDetail: openfeature.ProviderResolutionDetail{ResolutionError: err},
	}
}

func (p *scripted) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: "scripted"} }

func (p *scripted) FloatEvaluation(ctx context.Context, _ string, _ float64, _ openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	p.calls.Add(1)
	p.most.Store(max(p.most.Load(), p.running.Add(1)))
	defer p.running.Add(-1)
	return p.float(ctx)
}

func (p *scripted) IntEvaluation(ctx context.Context, _ string, _ int64, _ openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return p.int(ctx)
}

func (p *scripted) Init(openfeature.EvaluationContext) error { return p.init(context.Background()) }
func (p *scripted) Shutdown()                                {}

func (p *scripted) InitWithContext(ctx context.Context, _ openfeature.EvaluationContext) error {
	return p.init(ctx)
}
func (p *scripted) ShutdownWithContext(context.Context) error { return nil }
func (p *scripted) EventChannel() <-chan openfeature.Event    { return p.events }

// emit sends an event and waits until the SDK has handled it.
func (p *scripted) emit(kind openfeature.EventType, code openfeature.ErrorCode) {
	p.events <- openfeature.Event{
		ProviderName:         "scripted",
		EventType:            kind,
		ProviderEventDetails: openfeature.ProviderEventDetails{ErrorCode: code},
	}
	synctest.Wait()
}

// requireUnbelieved asserts that the reading is no evidence, of the wanted kind and share.
func requireUnbelieved(t *testing.T, r *Reader, kind Kind, share float64) {
	t.Helper()
	reading := r.Reading()
	require.Equal(t, kind.String(), reading.Kind.String(), "%v", reading.Err)
	require.Equal(t, share, reading.Share)
	var err *Error
	require.ErrorAs(t, reading.Err, &err)
	require.Equal(t, kind, err.Kind)
	require.Equal(t, rollout, err.Flag)
}

// requireGood asserts that the reading is the flag's own value.
func requireGood(t *testing.T, r *Reader, share float64) {
	t.Helper()
	reading := r.Reading()
	require.NoError(t, reading.Err)
	require.Equal(t, OK, reading.Kind)
	require.Equal(t, share, reading.Share)
}
