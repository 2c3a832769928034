package flags

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"
)

// world is one API and the way into each state a provider can be in.
type world struct {
	t   *testing.T
	api *openfeature.EvaluationAPI
	ctx context.Context // ends inits that hang
}

// swap makes p the provider without waiting for its initialization.
func (w world) swap(p openfeature.FeatureProvider) {
	w.t.Helper()
	require.NoError(w.t, w.api.SetProvider(w.ctx, p))
	synctest.Wait()
}

// after makes a provider ready that fails until it sends an event, and then holds out 80 percent without an error: only
// its state tells.
func (w world) after(kind openfeature.EventType, code openfeature.ErrorCode) {
	var sent atomic.Bool
	p := steady(80)
	p.float = func(context.Context) openfeature.FloatResolutionDetail {
		if !sent.Load() {
			return failed(openfeature.NewGeneralResolutionError("not yet"))
		}
		return good(80)
	}
	w.swap(p)
	p.emit(kind, code)
	sent.Store(true)
}

// initFails makes a provider the current one whose initialization fails with err.
func (w world) initFails(err error) {
	p := steady(80)
	p.init = func(context.Context) error { return err }
	w.swap(p)
}

// providerStates are the states, under the kind they read as. A good share is always 0.3.
var providerStates = map[string]struct {
	kind  Kind
	enter func(world)
}{
	"good": {OK, func(w world) { w.swap(steady(30)) }},
	"not ready": {NotReady, func(w world) {
		p := steady(80)
		p.init = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		w.swap(p)
	}},
	"init failed": {ProviderError, func(w world) { w.initFails(errors.New("no network")) }},
	"init fatal": {ProviderError, func(w world) {
		w.initFails(&openfeature.ProviderInitError{ErrorCode: openfeature.ProviderFatalCode, Message: "no licence"})
	}},
	"error":        {ProviderError, func(w world) { w.after(openfeature.ProviderError, openfeature.GeneralCode) }},
	"fatal":        {ProviderError, func(w world) { w.after(openfeature.ProviderError, openfeature.ProviderFatalCode) }},
	"stale":        {Stale, func(w world) { w.after(openfeature.ProviderStale, "") }},
	"no-op":        {Missing, func(w world) { w.swap(openfeature.NoopProvider{}) }},
	"no such flag": {Missing, func(w world) { w.swap(memprovider.NewInMemoryProvider(nil)) }},
	"wrong type":   {TypeMismatch, func(w world) { w.swap(inMemory("80")) }},
	"disabled": {Disabled, func(w world) {
		flags := flagOf(80.0)
		flag := flags[rollout]
		flag.State = memprovider.Disabled
		flags[rollout] = flag
		w.swap(memprovider.NewInMemoryProvider(flags))
	}},
	"failing": {ProviderError, func(w world) {
		p := steady(80)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			return failed(openfeature.NewGeneralResolutionError("backend is away"))
		}
		w.swap(p)
	}},
	"panicking": {Panic, func(w world) {
		p := steady(80)
		p.float = func(context.Context) openfeature.FloatResolutionDetail { panic("bug") }
		w.swap(p)
	}},
}

// TestProviderStatePairs goes from every state to every other one, over the real SDK: only the good state is believed,
// and no other one ever raises the share, keeps it beyond the hold time, or makes a disabled flag wait.
func TestProviderStatePairs(t *testing.T) {
	for fromName, from := range providerStates {
		for toName, to := range providerStates {
			t.Run(fromName+" to "+toName, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(context.Background())
					t.Cleanup(func() { cancel(); synctest.Wait() })
					w := world{t: t, api: newAPI(t), ctx: ctx}
					r := open(t, Config{Client: w.api.NewClient()})
					pass(tick)
					requireUnbelieved(t, r, NotReady, 0)

					from.enter(w)
					pass(4 * time.Second)
					before := r.Reading()
					require.Equal(t, from.kind.String(), before.Kind.String(), "%v", before.Err)

					to.enter(w)
					pass(4 * time.Second)
					switch to.kind {
					case OK:
						requireGood(t, r, 0.3)
					case Disabled:
						requireUnbelieved(t, r, Disabled, 0)
					default:
						requireUnbelieved(t, r, to.kind, before.Share)
						pass(30 * time.Second)
						requireUnbelieved(t, r, to.kind, 0)
					}
				})
			})
		}
	}
}

// TestNoProviderIsNotReady: the SDK answers with the default of the call and no error.
func TestNoProviderIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Client: newAPI(t).NewClient()})
		<-r.First()
		requireUnbelieved(t, r, NotReady, 0)
	})
}

func TestHooksThatFailAreProviderErrors(t *testing.T) {
	for name, c := range map[string]struct {
		hook openfeature.Hook
		kind Kind
	}{
		"before fails":  {faultyHook{before: func() error { return errors.New("no") }}, ProviderError},
		"after fails":   {faultyHook{after: func() error { return errors.New("no") }}, ProviderError},
		"before panics": {faultyHook{before: func() error { panic("no") }}, Panic},
		"after panics":  {faultyHook{after: func() error { panic("no") }}, Panic},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newAPI(t)
				set(t, api, inMemory(30.0))
				r := open(t, Config{Client: api.NewClient()})
				<-r.First()
				requireGood(t, r, 0.3)
				api.AddHooks(c.hook)
				pass(4 * time.Second)
				requireUnbelieved(t, r, c.kind, 0.3)
				pass(30 * time.Second)
				requireUnbelieved(t, r, c.kind, 0)
			})
		})
	}
}

type faultyHook struct {
	openfeature.UnimplementedHook
	before, after func() error
}

func (h faultyHook) Before(context.Context, openfeature.HookContext, openfeature.HookHints) (*openfeature.EvaluationContext, error) {
	if h.before == nil {
		return nil, nil
	}
	return nil, h.before()
}

func (h faultyHook) After(context.Context, openfeature.HookContext, openfeature.InterfaceEvaluationDetails, openfeature.HookHints) error {
	if h.after == nil {
		return nil
	}
	return h.after()
}

// TestReaderBringsNoContextOfItsOwn: the flag is evaluated for nobody, with a deadline.
func TestReaderBringsNoContextOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got openfeature.EvaluationContext
		p := steady(30)
		p.float = func(ctx context.Context) openfeature.FloatResolutionDetail {
			deadline, ok := ctx.Deadline()
			if !ok || time.Until(deadline) != 5*time.Second {
				panic("no deadline")
			}
			got = openfeature.TransactionContext(ctx)
			return good(30)
		}
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		<-r.First()
		requireGood(t, r, 0.3)
		require.Empty(t, got.Attributes())
		require.Empty(t, got.TargetingKey())
	})
}
