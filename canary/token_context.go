package canary

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/baggage"
)

const (
	// TokenHeader is the HTTP header that a token travels in.
	TokenHeader = "Model-Canary-Token"
	// TokenBaggage is the key of the W3C baggage member that a token travels in.
	TokenBaggage = "model_canary.token"
)

// maxTokenText is more than any token takes, and little beside what baggage may have.
const maxTokenText = 256

type tokenKey struct{}

// ContextWithToken puts a token into a context, for whoever reports feedback further down with an empty one: [Canary.Feedback] takes it from there.
// It stays in the process; see [BaggageWithToken] and [InjectToken] for others.
func ContextWithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// TokenFromContext is the token in a context: that of [ContextWithToken], or else the one in its W3C baggage, where a propagator of OpenTelemetry puts what another
// service has sent along. It is empty if there is none.
func TokenFromContext(ctx context.Context) string {
	if token, ok := ctx.Value(tokenKey{}).(string); ok {
		return token
	}
	return baggage.FromContext(ctx).Member(TokenBaggage).Value()
}

// BaggageWithToken puts a token into the W3C baggage of a context, so that the propagators of OpenTelemetry carry it to every service that is called with it, other
// companies' included: seal the tokens then, see [Tokens]. The error is about a text that is no token, or a baggage that has no
// room for it; the context is the one given then.
func BaggageWithToken(ctx context.Context, token string) (context.Context, error) {
	if len(token) > maxTokenText {
		return ctx, fmt.Errorf("canary: token in baggage: %d bytes are no token", len(token))
	}
	member, err := baggage.NewMemberRaw(TokenBaggage, token)
	if err != nil {
		return ctx, fmt.Errorf("canary: token in baggage: %w", err)
	}
	b, err := baggage.FromContext(ctx).SetMember(member)
	if err != nil {
		return ctx, fmt.Errorf("canary: token in baggage: %w", err)
	}
	return baggage.ContextWithBaggage(ctx, b), nil
}

// InjectToken puts the token in a context into the headers of a request that is about to be sent. Without one it does nothing.
func InjectToken(ctx context.Context, to http.Header) {
	if token := TokenFromContext(ctx); token != "" {
		to.Set(TokenHeader, token)
	}
}

// ExtractToken puts the token in the headers of a request that was received into a context. Without one the context stays as it is. The token is read when it is used:
// whatever the header says, [Canary.Feedback] checks it.
func ExtractToken(ctx context.Context, from http.Header) context.Context {
	if token := from.Get(TokenHeader); token != "" {
		return ContextWithToken(ctx, token)
	}
	return ctx
}
