package canary

import (
	"context"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Config declares a canary: two models, how requests are split between them, what "not worse" means, and where a rollback is remembered. It is read once, by
// [New]; its zero value is not usable. The functions in it are called concurrently, on the goroutines of the callers of [Canary.Predict].
type Config[In, Out any] struct {
	// Name is the name of the canary: 1 to 64 of a-z, 0-9, dot, underscore and dash. It salts the assignment, so canaries with different names split
	// independently, and it is an attribute of every metric.
	Name string

	// Stable is the model in service. It answers whenever the candidate may not or cannot.
	Stable Model[In, Out]

	// Candidate is the model on trial. Its version must differ from stable's.
	Candidate Model[In, Out]

	// Key returns what assignment sticks to: a user, a tenant, a session. Equal keys meet the same model for as long as the share does not change, and a
	// growing share only ever moves keys to the candidate. It is called before the model, must be quick, and must be a function of the request alone.
	// A request with an empty key, or whose Key panics, is stable's and never evidence. nil: every request is assigned by itself, which
	// gives evidence ten to a hundred times faster where a user may meet either model from request to request.
	Key func(ctx context.Context, in In) string

	// Flags say which flag sets the candidate's share.
	Flags Flags

	// Signals are what is measured on each answer, beside errors and latency. With none given they are derived from the type Out, see [Signals].
	Signals Signals[In, Out]

	// Criteria are what the candidate must not be worse in. At least one; unless OperationalOnly is set at least one must look at the answers
	// ([criteria.Distribution], [criteria.Categories]). A [criteria.Backstop] is added if there is none. While the candidate runs
	// on goroutines of its own (CandidateTimeout), a [criteria.Latency] without an Allowance gets one of 0.02.
	Criteria []criteria.Criterion

	// Store remembers epochs and rollbacks across restarts, normally [rollback.OpenFile]. The canary does not close it. nil: memory only, a restart forgets a
	// rollback; an event says so.
	Store rollback.Store

	// CandidateTimeout bounds a candidate call: when it passes, stable answers the request, the candidate has failed, and the call, which cannot be stopped, is
	// abandoned; when 64 abandoned calls are under way the candidate is taken to hang and is rolled back. Choose it well above what stable takes: a call of either arm
	// that is under way for twice the timeout, and at least 2 s, counts as that arm's failure. At most 10 minutes; 0 means 1 s. Negative: the candidate runs on the caller's goroutine without a bound, which saves under a microsecond (BenchmarkPredict); a candidate that
	// hangs then hangs its caller, and one that calls runtime.Goexit ends it, as in a direct call. The context of the call is the caller's.
	CandidateTimeout time.Duration

	// OnEvent is told of what a person may want to know: see [Event]. It is called on one goroutine of its own, in order, outside every lock; its panics are
	// recovered and counted. While it does not return no further event is delivered; beyond 256 waiting events new ones are dropped and counted. It may call
	// every method of the canary, [Canary.Shutdown] only with a context that ends.
	OnEvent func(Event)

	// OperationalOnly accepts criteria that look at errors and latency alone. Such a canary does not see a model that is wrong quickly and without errors.
	OperationalOnly bool
}

// Flags say which flags steer a canary, and where they are read. They are evaluated in the background, without an evaluation context, on change events and
// every two seconds; no request waits for one.
type Flags struct {
	// Client is an OpenFeature client; *openfeature.Client is one. The canary evaluates flags with it and listens to its events, nothing else.
	Client FlagClient

	// Rollout is the key of a number flag: the candidate's share in percent, 0 to 100. At 95 and above the candidate gets 95 %: the rest stays on stable as a
	// concurrent control. A value that is not a number from 0 to 100, a missing flag or a failing provider never raises the share: the last good value is held
	// for 30 s, its requests are not evidence, and then the share is 0. The flag cannot undo a rollback.
	Rollout string
}

// FlagClient is what a canary needs of an OpenFeature client.
type FlagClient interface {
	FloatValueDetails(ctx context.Context, flag string, defaultValue float64, evalCtx openfeature.EvaluationContext, options ...openfeature.Option) (openfeature.FloatEvaluationDetails, error)
	IntValueDetails(ctx context.Context, flag string, defaultValue int64, evalCtx openfeature.EvaluationContext, options ...openfeature.Option) (openfeature.IntEvaluationDetails, error)
	AddHandler(eventType openfeature.EventType, callback openfeature.EventCallback)
	RemoveHandler(eventType openfeature.EventType, callback openfeature.EventCallback)
}

// ConfigError is one thing wrong with a [Config]. [New] returns all of them at once, joined.
type ConfigError struct {
	// Field is the path of the field: "Candidate.Version".
	Field string
	// Problem says what was seen and what is allowed.
	Problem string
}

// Error returns the problem with its field and the package's name.
func (e *ConfigError) Error() string { return "canary: " + e.Field + ": " + e.Problem }
