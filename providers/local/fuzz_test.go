package local_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/modelcanary/go-sdk/providers/local"
)

// FuzzParse feeds the file parser. It must never panic; what it accepts must be JSON that defines exactly the flags
// it found, mean the same when written differently, and answer every evaluation with one type or the default.
func FuzzParse(f *testing.F) {
	document, err := os.ReadFile("testdata/flags.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(document), "", "null", `{"flags": {}}`, percent("5"), percent("-0"), percent("1e999"),
		flagJSON(`"state": "DISABLED", "variants": {"o": {"a": [1, {"b": null}]}}, "metadata": {"x": 1}`),
		withFractional(`["a", 1], ["b"]`), withFractional(`["a", 0]`), withFractional(`"seed", ["a", 2147483647]`),
		withFractional(`{"var": "user.name"}, ["a", 1]`), withFractional(`{"cat": ["x", {"var": ["$flagd.flagKey"]}]}, ["b", 1]`),
		withTargeting(`{"if": [true]}`), `{"flags": {"a": 1, "a": 2}}`, "{\"flags\": {\"\xff\": {}}}",
	} {
		f.Add([]byte(seed), "user-1")
	}
	f.Fuzz(func(t *testing.T, data []byte, user string) {
		p, err := local.Parse(data)
		if err != nil {
			if p != nil || err.Error() == "" {
				t.Fatalf("provider %v with error %q", p, err)
			}
			return
		}
		var document struct{ Flags map[string]any }
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatalf("accepted what is not JSON: %v", err)
		}
		if len(document.Flags) != len(p.Keys()) {
			t.Fatalf("%d flags of %d", len(p.Keys()), len(document.Flags))
		}
		for _, key := range p.Keys() {
			answer(t, p, key, user)
		}
		again, err := json.Marshal(json.RawMessage(data))
		if err != nil {
			t.Fatal(err)
		}
		if q, err := local.Parse(again); err != nil || !local.Alike(p, q) {
			t.Fatalf("compacted, it is another document: error %v", err)
		}
	})
}

// answer evaluates a flag as every type: at most one kind resolves (a number may be a float and an integer).
func answer(t *testing.T, p *local.Provider, key, user string) {
	ctx, flat := context.Background(), openfeature.FlattenedContext{openfeature.TargetingKey: user, "user": map[string]any{"name": user}}
	details := map[string]openfeature.ProviderResolutionDetail{
		"bool":   p.BooleanEvaluation(ctx, key, false, flat).ProviderResolutionDetail,
		"string": p.StringEvaluation(ctx, key, "", flat).ProviderResolutionDetail,
		"number": p.FloatEvaluation(ctx, key, 0, flat).ProviderResolutionDetail,
		"object": p.ObjectEvaluation(ctx, key, nil, flat).ProviderResolutionDetail,
	}
	variants, fallbacks := 0, 0
	for kind, d := range details {
		switch code := d.ResolutionDetail().ErrorCode; {
		case d.Variant != "":
			variants++
		case code == "" && (d.Reason == openfeature.DisabledReason || d.Reason == openfeature.DefaultReason):
			fallbacks++
		case code != openfeature.TypeMismatchCode:
			t.Fatalf("flag %q as %s: reason %s, code %q", key, kind, d.Reason, code)
		}
	}
	resolved, defaulted := variants == 1 && fallbacks == 0, variants == 0 && fallbacks == len(details)
	if !resolved && !defaulted {
		t.Fatalf("flag %q: %d variants, %d defaults", key, variants, fallbacks)
	}
	number, whole := p.FloatEvaluation(ctx, key, 0, flat), p.IntEvaluation(ctx, key, 0, flat)
	if whole.Error() == nil && whole.Variant != "" && float64(whole.Value) != number.Value {
		t.Fatalf("flag %q: %v as a float, %v as an integer", key, number.Value, whole.Value)
	}
}
