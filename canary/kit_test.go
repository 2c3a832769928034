package canary_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	rollout   = "rollout"
	stableIs  = "stable-1"
	candidate = "candidate-2"
)

// inBubble runs a test on virtual time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// pass lets virtual time pass and everything due by then happen.
func pass(d time.Duration) {
	<-time.After(d) // virtual: every caller is inside a bubble
	synctest.Wait()
}

// flagAt is a flag client with the rollout flag at a percentage, and a hand on it.
func flagAt(t testing.TB, percent any) (*openfeature.Client, *local.Provider) {
	t.Helper()
	provider := local.New()
	require.NoError(t, provider.Set(rollout, percent))
	return clientOf(t, provider), provider
}

// clientOf is a client of a provider, with an API of the test's own.
func clientOf(t testing.TB, provider openfeature.FeatureProvider) *openfeature.Client {
	t.Helper()
	api := isolated.NewAPI()
	require.NoError(t, api.SetProviderAndWait(context.Background(), provider))
	t.Cleanup(func() { require.NoError(t, api.Shutdown(context.Background())) })
	return api.NewClient()
}

// config is a canary of two models of strings that tests change as they like: it believes its candidate whatever it does, but for the backstop.
func config(t testing.TB, percent any) canary.Config[string, string] {
	t.Helper()
	client, _ := flagAt(t, percent)
	return configOf(client)
}

func configOf(client canary.FlagClient) canary.Config[string, string] {
	return canary.Config[string, string]{
		Name:            "test",
		Stable:          canary.Model[string, string]{Version: stableIs, Predictor: answering("stable")},
		Candidate:       canary.Model[string, string]{Version: candidate, Predictor: answering("candidate")},
		Key:             func(_ context.Context, in string) string { return in },
		Flags:           canary.Flags{Client: client, Rollout: rollout},
		Criteria:        []criteria.Criterion{criteria.ErrorRate{}},
		OperationalOnly: true,
		Store:           rollback.NewMemory(),
	}
}

// answering is a model that puts its name before its input.
func answering(name string) canary.Predictor[string, string] {
	return canary.Func(func(_ context.Context, in string) (string, error) { return name + ": " + in, nil })
}

// failing is a model that never answers.
func failing(err error) canary.Predictor[string, string] {
	return canary.Func(func(context.Context, string) (string, error) { return "", err })
}

var errModel = errors.New("the model has failed")

// open starts a canary that is shut down before the test ends.
func open[In, Out any](t testing.TB, cfg canary.Config[In, Out]) *canary.Canary[In, Out] {
	t.Helper()
	c, err := canary.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	return c
}

// way is how a request can be made.
type way[In, Out any] struct {
	name string
	call func(c *canary.Canary[In, Out], ctx context.Context, in In) (Out, error)
}

// ways are Predict and Decide, which have a body each.
func ways[In, Out any]() []way[In, Out] {
	return []way[In, Out]{
		{"Predict", func(c *canary.Canary[In, Out], ctx context.Context, in In) (Out, error) { return c.Predict(ctx, in) }},
		{"Decide", func(c *canary.Canary[In, Out], ctx context.Context, in In) (Out, error) {
			out, _, err := c.Decide(ctx, in)
			return out, err
		}},
	}
}

// everyWay runs a test in a bubble for Predict and Decide, with the candidate isolated and inline.
func everyWay(t *testing.T, f func(t *testing.T, w way[string, string], timeout time.Duration)) {
	t.Helper()
	for _, w := range ways[string, string]() {
		for _, timeout := range []time.Duration{0, -1} {
			name := w.name + "/isolated"
			if timeout < 0 {
				name = w.name + "/inline"
			}
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) { f(t, w, timeout) })
			})
		}
	}
}

// journal remembers events.
type journal struct {
	mu     sync.Mutex
	events []canary.Event
}

func (j *journal) note(e canary.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

// kinds are the kinds of the events so far.
func (j *journal) kinds() []canary.EventKind {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kinds []canary.EventKind
	for _, e := range j.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// all are the events of a kind so far.
func (j *journal) all(kind canary.EventKind) []canary.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.events), func(e canary.Event) bool { return e.Kind != kind })
}

// only is the one event of a kind.
func (j *journal) only(t *testing.T, kind canary.EventKind) canary.Event {
	t.Helper()
	found := j.all(kind)
	require.Len(t, found, 1, "events so far: %v", j.kinds())
	return found[0]
}

// armOf is the arm a key meets.
func armOf(t *testing.T, c *canary.Canary[string, string], key string) canary.Arm {
	t.Helper()
	_, d, err := c.Decide(t.Context(), key)
	require.NoError(t, err)
	return d.Arm
}

// keyOf is a key that meets an arm now.
func keyOf(t *testing.T, c *canary.Canary[string, string], arm canary.Arm) string {
	t.Helper()
	for i := range 1000 {
		if key := fmt.Sprintf("user-%d", i); armOf(t, c, key) == arm {
			return key
		}
	}
	require.Fail(t, "no key meets the arm", "%v", arm)
	return ""
}

// requireShare asserts the effective share, and that requests see it.
func requireShare(t *testing.T, c *canary.Canary[string, string], share float64, reason canary.Reason) {
	t.Helper()
	s := c.Snapshot()
	require.InDelta(t, share, s.Share, 1e-12, "%s", s.Reason)
	require.Equal(t, reason, s.Reason)
	_, d, err := c.Decide(t.Context(), "somebody")
	require.NoError(t, err)
	require.InDelta(t, share, d.Share, 1e-12)
	require.Equal(t, reason, d.Reason)
	if share == 0 {
		require.Equal(t, canary.Stable, d.Arm)
	}
}

// floatOf is any float64 at all: half of the time one of the special ones.
func floatOf(bits uint64) float64 {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64}
	if bits&1 == 0 {
		return special[bits>>1%uint64(len(special))]
	}
	return math.Float64frombits(bits)
}

// requireDecided compares what was decided; how the decision can be named is another matter.
func requireDecided(t *testing.T, want, got canary.Decision) {
	t.Helper()
	require.Equal(t,
		[]any{want.Canary, want.Arm, want.Version, want.Epoch, want.Share, want.Reason, want.Fallback},
		[]any{got.Canary, got.Arm, got.Version, got.Epoch, got.Share, got.Reason, got.Fallback})
}
