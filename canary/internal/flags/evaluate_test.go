package flags

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

const rollout = "rollout"

// fakeClient answers from functions; a client without State.
type fakeClient struct {
	float func(ctx context.Context) (openfeature.FloatEvaluationDetails, error)
	int   func(ctx context.Context) (openfeature.IntEvaluationDetails, error)
}

func (c fakeClient) FloatValueDetails(ctx context.Context, _ string, _ float64, _ openfeature.EvaluationContext, _ ...openfeature.Option) (openfeature.FloatEvaluationDetails, error) {
	return c.float(ctx)
}

func (c fakeClient) IntValueDetails(ctx context.Context, _ string, _ int64, _ openfeature.EvaluationContext, _ ...openfeature.Option) (openfeature.IntEvaluationDetails, error) {
	return c.int(ctx)
}

func (fakeClient) AddHandler(openfeature.EventType, openfeature.EventCallback)    {}
func (fakeClient) RemoveHandler(openfeature.EventType, openfeature.EventCallback) {}

// statefulClient adds a state.
type statefulClient struct {
	fakeClient
	state openfeature.State
}

func (c statefulClient) State() openfeature.State { return c.state }

// details are what a client returns beside a value.
type details = openfeature.ResolutionDetail

func floats(value float64, d details, err error) fakeClient {
	return fakeClient{float: func(context.Context) (openfeature.FloatEvaluationDetails, error) {
		return openfeature.FloatEvaluationDetails{
			Value: value, EvaluationDetails: openfeature.EvaluationDetails{ResolutionDetail: d},
		}, err
	}}
}

// ints answers TYPE_MISMATCH to the float and value to the integer.
func ints(value int64, d details, err error) fakeClient {
	c := floats(99, details{ErrorCode: openfeature.TypeMismatchCode}, errors.New("not a float"))
	c.int = func(context.Context) (openfeature.IntEvaluationDetails, error) {
		return openfeature.IntEvaluationDetails{
			Value: value, EvaluationDetails: openfeature.EvaluationDetails{ResolutionDetail: d},
		}, err
	}
	return c
}

// once evaluates and insists on exactly one outcome.
func once(t *testing.T, c Client) outcome {
	t.Helper()
	outcomes := make(chan outcome, 2)
	done := make(chan struct{})
	go func() {
		defer close(done)
		evaluator{client: c, flag: rollout}.evaluate(context.Background(), outcomes)
	}()
	<-done
	require.Len(t, outcomes, 1)
	return <-outcomes
}

func TestEvaluateBelievesOnlyTheFlagsOwnValue(t *testing.T) {
	boom := errors.New("boom")
	reason := func(r openfeature.Reason) details { return details{Reason: r, Variant: "v"} }
	code := func(c openfeature.ErrorCode) details { return details{ErrorCode: c, ErrorMessage: "sorry"} }
	for name, c := range map[string]struct {
		client  Client
		kind    Kind
		percent float64
		reason  openfeature.Reason
	}{
		"static":          {floats(30, reason(openfeature.StaticReason), nil), OK, 30, openfeature.StaticReason},
		"targeting match": {floats(30, reason(openfeature.TargetingMatchReason), nil), OK, 30, openfeature.TargetingMatchReason},
		"split":           {floats(30, reason(openfeature.SplitReason), nil), OK, 30, openfeature.SplitReason},
		"cached":          {floats(30, reason(openfeature.CachedReason), nil), OK, 30, openfeature.CachedReason},
		"unknown":         {floats(30, reason(openfeature.UnknownReason), nil), OK, 30, openfeature.UnknownReason},
		"no reason":       {floats(30, reason(""), nil), OK, 30, ""},
		"vendor's reason": {floats(30, reason("RULE 7, user anna@example.com"), nil), OK, 30, openfeature.UnknownReason},
		"flag's default":  {floats(30, reason(openfeature.DefaultReason), nil), OK, 30, openfeature.DefaultReason},
		"none at all":     {floats(0, reason(openfeature.StaticReason), nil), OK, 0, openfeature.StaticReason},
		"everything":      {floats(100, reason(openfeature.StaticReason), nil), OK, 100, openfeature.StaticReason},
		"integer":         {ints(30, reason(openfeature.StaticReason), nil), OK, 30, openfeature.StaticReason},

		"call's default":          {floats(fallback, reason(openfeature.DefaultReason), nil), Missing, 0, openfeature.DefaultReason},
		"call's default, static":  {floats(fallback, reason(openfeature.StaticReason), nil), Missing, 0, openfeature.StaticReason},
		"call's default, integer": {ints(fallback, reason(openfeature.DefaultReason), nil), Missing, 0, openfeature.DefaultReason},
		"disabled":                {floats(fallback, reason(openfeature.DisabledReason), nil), Disabled, 0, openfeature.DisabledReason},
		"disabled with a value":   {floats(30, reason(openfeature.DisabledReason), nil), Disabled, 0, openfeature.DisabledReason},
		"stale":                   {floats(30, reason("STALE"), nil), Stale, 0, "STALE"},
		"reason error":            {floats(30, reason(openfeature.ErrorReason), nil), ProviderError, 0, openfeature.ErrorReason},
		"code without error":      {floats(30, code(openfeature.FlagNotFoundCode), nil), Missing, 0, ""},
		"error without code":      {floats(30, reason(openfeature.StaticReason), boom), ProviderError, 0, openfeature.StaticReason},
		"flag not found":          {floats(30, code(openfeature.FlagNotFoundCode), boom), Missing, 0, ""},
		"not ready":               {floats(30, code(openfeature.ProviderNotReadyCode), boom), NotReady, 0, ""},
		"fatal":                   {floats(30, code(openfeature.ProviderFatalCode), boom), ProviderError, 0, ""},
		"parse error":             {floats(30, code(openfeature.ParseErrorCode), boom), ProviderError, 0, ""},
		"targeting key missing":   {floats(30, code(openfeature.TargetingKeyMissingCode), boom), ProviderError, 0, ""},
		"invalid context":         {floats(30, code(openfeature.InvalidContextCode), boom), ProviderError, 0, ""},
		"general":                 {floats(30, code(openfeature.GeneralCode), boom), ProviderError, 0, ""},
		"invented code":           {floats(30, code("OUT_OF_COFFEE"), boom), ProviderError, 0, ""},
		"neither float nor int":   {ints(30, code(openfeature.TypeMismatchCode), boom), TypeMismatch, 0, ""},
		"integer not ready":       {ints(30, code(openfeature.ProviderNotReadyCode), boom), NotReady, 0, ""},
		"integer too large":       {ints(math.MaxInt64, reason(openfeature.StaticReason), nil), OutOfRange, 0, openfeature.StaticReason},
		"integer too small":       {ints(math.MinInt64, reason(openfeature.StaticReason), nil), OutOfRange, 0, openfeature.StaticReason},

		"state ready":     {statefulClient{floats(30, reason(""), nil), openfeature.ReadyState}, OK, 30, ""},
		"state unknown":   {statefulClient{floats(30, reason(""), nil), ""}, OK, 30, ""},
		"state not ready": {statefulClient{floats(30, reason(""), nil), openfeature.NotReadyState}, NotReady, 0, ""},
		"state error":     {statefulClient{floats(30, reason(""), nil), openfeature.ErrorState}, ProviderError, 0, ""},
		"state fatal":     {statefulClient{floats(30, reason(""), nil), openfeature.FatalState}, ProviderError, 0, ""},
		"state stale":     {statefulClient{floats(30, reason(""), nil), openfeature.StaleState}, Stale, 0, ""},
		"disabled, stale": {statefulClient{floats(30, reason(openfeature.DisabledReason), nil), openfeature.StaleState}, Stale, 0, openfeature.DisabledReason},
	} {
		t.Run(name, func(t *testing.T) {
			out := once(t, c.client)
			require.Equal(t, c.kind.String(), out.kind.String())
			require.Equal(t, c.percent, out.percent)
			require.Equal(t, c.reason, out.reason)
			require.Equal(t, c.kind == OK, out.err == nil)
		})
	}
}

// nasty is an error whose message panics.
type nasty struct{}

func (nasty) Error() string { panic("no message for you") }

// leaver ends the goroutine of whoever prints it.
type leaver struct{}

func (leaver) String() string { runtime.Goexit(); return "" }

func TestEvaluateSurvivesEveryWayOut(t *testing.T) {
	leave := func(how func()) fakeClient {
		return fakeClient{float: func(context.Context) (openfeature.FloatEvaluationDetails, error) {
			how()
			return openfeature.FloatEvaluationDetails{}, nil
		}}
	}
	inInt := ints(0, details{}, nil)
	inInt.int = func(context.Context) (openfeature.IntEvaluationDetails, error) { panic("late") }
	for name, c := range map[string]struct {
		client Client
		text   string
	}{
		"panic with text":        {leave(func() { panic("oh") }), "evaluation panicked: oh"},
		"panic with an error":    {leave(func() { panic(errors.New("oh")) }), "evaluation panicked: oh"},
		"panic with nil":         {leave(func() { panic(nil) }), "evaluation panicked: panic called with nil"},
		"panic in its message":   {leave(func() { panic(nasty{}) }), "evaluation panicked: %!v(PANIC=Error method"},
		"goexit in its message":  {leave(func() { panic(leaver{}) }), "Goexit"},
		"runtime error":          {leave(func() { var p *details; p.Reason = "x" }), "nil pointer"},
		"goexit":                 {leave(runtime.Goexit), "evaluation ended its goroutine (runtime.Goexit)"},
		"panic in the integer":   {inInt, "evaluation panicked: late"},
		"panic in error message": {floats(30, details{}, nasty{}), "no message for you"},
		"nil client behind":      {(*openfeature.Client)(nil), "nil pointer"},
		"huge panic":             {leave(func() { panic(strings.Repeat("ü", 1<<20)) }), "evaluation panicked: ü"},
	} {
		t.Run(name, func(t *testing.T) {
			out := once(t, c.client)
			require.Equal(t, Panic, out.kind)
			require.ErrorContains(t, out.err, c.text)
			require.Less(t, len(out.err.Error()), maxText+100)
		})
	}
}

func TestErrorKeepsTheClientsErrorAndBoundsItsText(t *testing.T) {
	cause := fmt.Errorf("wrapped: %w", context.DeadlineExceeded)
	out := once(t, floats(30, details{ErrorCode: openfeature.GeneralCode, Variant: strings.Repeat("v", 1<<20)}, cause))
	require.ErrorIs(t, out.err, context.DeadlineExceeded)
	require.EqualError(t, out.err, `flags: "rollout" provider_error: wrapped: context deadline exceeded`)
	require.Len(t, out.variant, maxText)

	var err *Error
	require.ErrorAs(t, out.err, &err)
	require.Equal(t, "provider_error", err.ErrorType())

	require.Equal(t, "ab", clip("a\xffb"))
	require.Equal(t, strings.Repeat("ü", maxText/2-1), clip("a" + strings.Repeat("ü", maxText))[1:])
}

func FuzzJudge(f *testing.F) {
	f.Add(30.0, "STATIC", "", "", false)
	f.Add(math.NaN(), "", "", "READY", false)
	f.Add(math.Copysign(0, -1), "DEFAULT", "", "READY", false)
	f.Add(100.00000000000001, "CACHED", "", "STALE", false)
	f.Add(float64(fallback), "DEFAULT", "FLAG_NOT_FOUND", "NOT_READY", true)
	f.Fuzz(func(t *testing.T, value float64, reason, code, state string, fails bool) {
		var err error
		if fails {
			err = errors.New("failed")
		}
		d := details{Reason: openfeature.Reason(reason), ErrorCode: openfeature.ErrorCode(code)}
		out := once(t, statefulClient{floats(value, d, err), openfeature.State(state)})
		if code == string(openfeature.TypeMismatchCode) {
			require.Equal(t, Panic, out.kind, "the fake has no integer")
			return
		}
		require.Equal(t, out.kind == OK, out.err == nil)
		if out.kind != OK {
			require.Zero(t, out.percent)
			return
		}
		require.True(t, value >= 0 && value <= 100 && !fails && code == "" && reason != "ERROR" && reason != "DISABLED")
		require.Equal(t, value, out.percent)
		require.False(t, math.Signbit(out.percent))
	})
}
