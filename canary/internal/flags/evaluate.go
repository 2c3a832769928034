package flags

import (
	"context"
	"fmt"
	"math"

	"github.com/open-feature/go-sdk/openfeature"
)

// fallback is the default value handed to the client. It is no valid percentage, so that a default that comes back can
// never pass as the flag's value, exact as float and as integer, and unlike NaN it survives JSON on its way to a
// remote provider.
const fallback = -987654321

// reasonStale is specified by OpenFeature; the SDK has no constant for it.
const reasonStale openfeature.Reason = "STALE"

// outcome is how one evaluation ended. percent means something only when kind is OK, err is nil only then.
type outcome struct {
	kind    Kind
	percent float64
	err     error
	reason  openfeature.Reason
	variant string
}

// evaluator asks a client for a flag, once at a time.
type evaluator struct {
	client Client
	flag   string
}

// evaluate delivers exactly one outcome, whatever way the client leaves: it returns, panics or ends the goroutine. The
// channel must have room.
func (e evaluator) evaluate(ctx context.Context, outcomes chan<- outcome) {
	out := e.failure(Panic, nil, "evaluation ended its goroutine (runtime.Goexit)")
	defer func() { outcomes <- out }()
	defer func() {
		if v := recover(); v != nil {
			out = e.failure(Panic, nil, fmt.Sprintf("evaluation panicked: %v", v))
		}
	}()
	out = e.read(ctx)
}

// read asks for a float and, when the flag is of another type, for an integer.
func (e evaluator) read(ctx context.Context) outcome {
	f, err := e.client.FloatValueDetails(ctx, e.flag, fallback, openfeature.EvaluationContext{})
	out := e.judge(f.Value, f.ResolutionDetail, err)
	if out.kind != TypeMismatch {
		return out
	}
	i, err := e.client.IntValueDetails(ctx, e.flag, fallback, openfeature.EvaluationContext{})
	return e.judge(float64(i.Value), i.ResolutionDetail, err)
}

// judge decides whether a value is good, and if not, why.
func (e evaluator) judge(value float64, d openfeature.ResolutionDetail, err error) outcome {
	out := e.doubt(value, d, err)
	if out.kind == OK {
		out.percent = math.Abs(value) // the value is not negative: this turns -0 into 0
	}
	out.reason = known(d.Reason)
	out.variant = clip(d.Variant)
	return out
}

// doubt goes from the coarse to the fine: the evaluation, the provider, the flag, the value.
func (e evaluator) doubt(value float64, d openfeature.ResolutionDetail, err error) outcome {
	switch state := e.state(); {
	case err != nil:
		return e.failure(kindOf(d.ErrorCode), err, err.Error())
	case d.ErrorCode != "" || d.Reason == openfeature.ErrorReason:
		return e.failure(kindOf(d.ErrorCode), nil, fmt.Sprintf("%s %s", d.ErrorCode, d.ErrorMessage))
	case state == openfeature.NotReadyState:
		return e.failure(NotReady, nil, "no provider is ready")
	case state == openfeature.ErrorState || state == openfeature.FatalState:
		return e.failure(ProviderError, nil, fmt.Sprintf("provider is in state %s", state))
	case state == openfeature.StaleState || d.Reason == reasonStale:
		return e.failure(Stale, nil, "provider does not vouch for its value")
	case d.Reason == openfeature.DisabledReason:
		return e.failure(Disabled, nil, "flag is switched off")
	case value == fallback:
		return e.failure(Missing, nil, "provider has no value and returned the default")
	case math.IsNaN(value) || math.IsInf(value, 0):
		return e.failure(NotFinite, nil, fmt.Sprintf("value %v is not finite", value))
	case value < 0 || value > 100:
		return e.failure(OutOfRange, nil, fmt.Sprintf("value %v outside [0, 100]", value))
	default:
		return outcome{kind: OK}
	}
}

// state returns the provider's state, empty when the client does not tell.
func (e evaluator) state() openfeature.State {
	if c, ok := e.client.(interface{ State() openfeature.State }); ok {
		return c.State()
	}
	return ""
}

func (e evaluator) failure(kind Kind, cause error, text string) outcome {
	return outcome{kind: kind, err: &Error{Flag: e.flag, Kind: kind, Text: clip(text), cause: cause}}
}

func kindOf(code openfeature.ErrorCode) Kind {
	switch code {
	case openfeature.FlagNotFoundCode:
		return Missing
	case openfeature.TypeMismatchCode:
		return TypeMismatch
	case openfeature.ProviderNotReadyCode:
		return NotReady
	default:
		return ProviderError
	}
}

// known maps a provider's free text to the closed set of reasons.
func known(reason openfeature.Reason) openfeature.Reason {
	switch reason {
	case "", openfeature.DefaultReason, openfeature.TargetingMatchReason, openfeature.SplitReason,
		openfeature.DisabledReason, openfeature.StaticReason, openfeature.CachedReason, openfeature.UnknownReason,
		openfeature.ErrorReason, reasonStale:
		return reason
	default:
		return openfeature.UnknownReason
	}
}
