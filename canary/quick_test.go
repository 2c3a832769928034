package canary

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/open-feature/go-sdk/openfeature/memprovider"

	"github.com/modelcanary/go-sdk/criteria"
)

func TestQuick(t *testing.T) {
	api := isolated.NewAPI()
	p := memprovider.NewInMemoryProvider(map[string]memprovider.InMemoryFlag{"f": {Key: "f", State: memprovider.Enabled, DefaultVariant: "on", Variants: map[string]any{"on": 5.0}}})
	if err := api.SetProviderAndWait(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	defer api.Shutdown(t.Context())
	client := api.NewClient()
	var _ FlagClient = (*openfeature.Client)(nil)
	c, err := New(Config[string, string]{
		Name: "quick", Stable: Model[string, string]{Version: "a", Predictor: Func(func(_ context.Context, in string) (string, error) { return in, nil })},
		Candidate: Model[string, string]{Version: "b", Predictor: Func(func(_ context.Context, in string) (string, error) { return "", errors.New("dead") })},
		Key:       func(_ context.Context, in string) string { return in },
		Flags:     Flags{Client: client, Rollout: "f"},
		Criteria:  []criteria.Criterion{criteria.ErrorRate{}, criteria.Latency{}, criteria.Distribution{Signal: "length", Max: 100}},
		OnEvent:   func(e Event) { t.Log(e) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c.Snapshot().Share)
	n := 0
	for i := 0; c.Snapshot().Reason == ReasonSplit && i < 200000; i++ {
		_, d, err := c.Decide(t.Context(), "u"+strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		if d.Arm == Candidate {
			n++
		}
		if i%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	t.Log(n, "candidate calls")
	for _, v := range c.Snapshot().Verdicts {
		t.Log(v)
	}
	t.Logf("%+v", c.Snapshot())
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := c.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}
