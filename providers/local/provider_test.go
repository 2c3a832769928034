package local_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// newClient binds p to an API of its own, which is shut down when the test ends.
func newClient(t testing.TB, p *local.Provider) *openfeature.Client {
	t.Helper()
	api := isolated.NewAPI()
	t.Cleanup(func() { require.NoError(t, api.Shutdown(context.Background())) })
	require.NoError(t, api.SetProviderAndWait(context.Background(), p))
	return api.NewClient()
}

// outcome is what a client learns from one evaluation.
type outcome struct {
	Value   any
	Variant string
	Reason  openfeature.Reason
	Code    openfeature.ErrorCode
}

// evaluate asks for the flag as every type there is; the defaults are -1, "default", true and nil.
func evaluate(client *openfeature.Client, ec openfeature.EvaluationContext) map[string]outcome {
	ctx := context.Background()
	b, _ := client.BooleanValueDetails(ctx, "flag", true, ec)
	s, _ := client.StringValueDetails(ctx, "flag", "default", ec)
	f, _ := client.FloatValueDetails(ctx, "flag", -1, ec)
	i, _ := client.IntValueDetails(ctx, "flag", -1, ec)
	o, _ := client.ObjectValueDetails(ctx, "flag", nil, ec)
	return map[string]outcome{
		"bool":   {b.Value, b.Variant, b.Reason, b.ErrorCode},
		"string": {s.Value, s.Variant, s.Reason, s.ErrorCode},
		"float":  {f.Value, f.Variant, f.Reason, f.ErrorCode},
		"int":    {i.Value, i.Variant, i.Reason, i.ErrorCode},
		"object": {o.Value, o.Variant, o.Reason, o.ErrorCode},
	}
}

// defaults are the outcomes of all types when the caller's default is served.
func defaults(reason openfeature.Reason, code openfeature.ErrorCode) map[string]outcome {
	return map[string]outcome{
		"bool":   {true, "", reason, code},
		"string": {"default", "", reason, code},
		"float":  {-1.0, "", reason, code},
		"int":    {int64(-1), "", reason, code},
		"object": {nil, "", reason, code},
	}
}

// except returns mismatches of all types but those given, which resolve.
func except(variant string, reason openfeature.Reason, values map[string]any) map[string]outcome {
	want := defaults(openfeature.ErrorReason, openfeature.TypeMismatchCode)
	for kind, v := range values {
		want[kind] = outcome{v, variant, reason, ""}
	}
	return want
}

func TestSetValuesResolveAsTheirTypeOnly(t *testing.T) {
	type name string
	type config struct{ Depth int }
	tests := map[string]struct {
		set  any
		want map[string]any
	}{
		"false":                {false, map[string]any{"bool": false}},
		"true":                 {true, map[string]any{"bool": true}},
		"string":               {"ngram-2", map[string]any{"string": "ngram-2"}},
		"empty string":         {"", map[string]any{"string": ""}},
		"named string":         {name("ngram-2"), map[string]any{"string": "ngram-2"}},
		"int":                  {5, map[string]any{"float": 5.0, "int": int64(5)}},
		"int8":                 {int8(-5), map[string]any{"float": -5.0, "int": int64(-5)}},
		"max int64":            {int64(math.MaxInt64), map[string]any{"float": float64(math.MaxInt64), "int": int64(math.MaxInt64)}},
		"min int64":            {int64(math.MinInt64), map[string]any{"float": float64(math.MinInt64), "int": int64(math.MinInt64)}},
		"uint16":               {uint16(7), map[string]any{"float": 7.0, "int": int64(7)}},
		"uint64 beyond int64":  {uint64(math.MaxUint64), map[string]any{"float": float64(math.MaxUint64)}},
		"whole float":          {2.0, map[string]any{"float": 2.0, "int": int64(2)}},
		"float":                {2.5, map[string]any{"float": 2.5}},
		"float32":              {float32(0.5), map[string]any{"float": 0.5}},
		"-2^63":                {-0x1p63, map[string]any{"float": -0x1p63, "int": int64(math.MinInt64)}},
		"2^63 is no int64":     {0x1p63, map[string]any{"float": 0x1p63}},
		"1e308 is no int64":    {1e308, map[string]any{"float": 1e308}},
		"map":                  {map[string]any{"depth": 3}, map[string]any{"object": map[string]any{"depth": 3}}},
		"slice":                {[]any{1, "b"}, map[string]any{"object": []any{1, "b"}}},
		"struct":               {config{Depth: 3}, map[string]any{"object": config{Depth: 3}}},
		"pointer":              {&config{Depth: 3}, map[string]any{"object": &config{Depth: 3}}},
		"typed slice":          {[]string{"a"}, map[string]any{"object": []string{"a"}}},
		"empty but non-nil":    {map[string]any{}, map[string]any{"object": map[string]any{}}},
		"percentage as string": {"50%", map[string]any{"string": "50%"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := local.New()
			require.NoError(t, p.Set("flag", tt.set))
			got := evaluate(newClient(t, p), openfeature.EvaluationContext{})
			require.Equal(t, except("", openfeature.StaticReason, tt.want), got)
		})
	}
}

func TestSetRefusesWhatIsNoFlag(t *testing.T) {
	var nilMap map[string]any
	var nilPointer *int
	tests := map[string]struct {
		key     string
		set     any
		problem string
	}{
		"nil":           {"flag", nil, "nil"},
		"nil map":       {"flag", nilMap, "nil"},
		"nil slice":     {"flag", []any(nil), "nil"},
		"nil pointer":   {"flag", nilPointer, "nil"},
		"NaN":           {"flag", math.NaN(), "NaN"},
		"+Inf":          {"flag", math.Inf(1), "+Inf"},
		"-Inf":          {"flag", float32(math.Inf(-1)), "-Inf"},
		"channel":       {"flag", make(chan int), "chan int"},
		"function":      {"flag", func() {}, "func()"},
		"complex":       {"flag", 1i, "complex128"},
		"uintptr":       {"flag", uintptr(1), "uintptr"},
		"empty key":     {"", true, "key"},
		"key not UTF-8": {"a\xff", true, "key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := local.New()
			require.NoError(t, p.Set("flag", 5))
			p.Pending()

			err := p.Set(tt.key, tt.set)
			var bad *local.FlagError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tt.key, bad.Flag)
			require.Contains(t, bad.Problem, tt.problem)
			require.True(t, strings.HasPrefix(err.Error(), "local: "), err.Error())

			require.Empty(t, p.Pending(), "a refused value is no change")
			require.Equal(t, []string{"flag"}, p.Keys())
			detail := p.IntEvaluation(context.Background(), "flag", -1, nil)
			require.Equal(t, int64(5), detail.Value, "the last good value stays")
		})
	}
}

func TestUnknownAndDeletedFlagsAreNotFound(t *testing.T) {
	p := local.New()
	client := newClient(t, p)
	missing := defaults(openfeature.ErrorReason, openfeature.FlagNotFoundCode)
	require.Equal(t, missing, evaluate(client, openfeature.EvaluationContext{}))

	require.NoError(t, p.Set("flag", "on"))
	require.NoError(t, p.Delete("flag"))
	require.NoError(t, p.Delete("flag"), "deleting twice is no error")
	require.Equal(t, missing, evaluate(client, openfeature.EvaluationContext{}))
}

func TestZeroValueIsAnEmptyProvider(t *testing.T) {
	var p local.Provider
	require.Equal(t, openfeature.ErrorReason, p.BooleanEvaluation(context.Background(), "flag", true, nil).Reason)
	require.NoError(t, p.Err())
	require.NoError(t, p.Set("flag", false))
	require.False(t, p.BooleanEvaluation(context.Background(), "flag", true, nil).Value)
	require.Len(t, p.Pending(), 1)
	p.Shutdown()
}

func TestObjectsAreNotShared(t *testing.T) {
	p := local.New()
	mine := map[string]any{"list": []any{"a"}}
	require.NoError(t, p.Set("flag", mine))
	mine["list"].([]any)[0] = "changed by the owner"

	read := func() any { return p.ObjectEvaluation(context.Background(), "flag", nil, nil).Value }
	read().(map[string]any)["list"].([]any)[0] = "changed by a reader"
	require.Equal(t, map[string]any{"list": []any{"a"}}, read())
}

func TestConcurrentSetDeleteAndEvaluate(t *testing.T) {
	p := local.New()
	client := newClient(t, p)
	require.NoError(t, p.Set("share", 1))
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 200 {
				_ = p.Set("share", i%100+1)
				_ = p.Set(string(rune('a'+w)), i)
				_ = p.Delete(string(rune('a' + w)))
			}
		})
		all.Go(func() {
			for range 200 {
				share, err := client.FloatValue(context.Background(), "share", -1, openfeature.EvaluationContext{})
				if err != nil || share < 1 || share > 100 {
					t.Errorf("share %v, error %v: want a value that was set", share, err)
					return
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, []string{"share"}, p.Keys())
}
