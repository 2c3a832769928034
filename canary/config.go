package canary

import (
	"context"
	"log/slog"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
	"github.com/modelcanary/go-sdk/shadow"
)

// Config declares a canary: two models, how requests are split between them, what "not worse" means, and where a rollback is remembered. It is read once, by
// [New]; its zero value is not usable. The functions in it are called concurrently, on the goroutines of the callers of [Canary.Predict].
type Config[In, Out any] struct {
	// Name is the name of the canary: 1 to 64 of a-z, 0-9, dot, underscore and dash. It salts the assignment, so canaries with different names split
	// independently, and it is an attribute of every metric.
	Name string

	// Stable is the model in service. It answers whenever the candidate may not or cannot.
	Stable Model[In, Out]

	// Candidate is the model on trial. Its version must differ from stable's. The zero Model means that there is none yet: stable serves, nothing is stored, and
	// [Canary.Begin] brings the first one.
	Candidate Model[In, Out]

	// Key returns what assignment sticks to: a user, a tenant, a session. Equal keys meet the same model for as long as the share does not change, and a
	// growing share only ever moves keys to the candidate. It is called before the model, must be quick, and must be a function of the request alone.
	// A request with an empty key, or whose Key panics, is stable's and never evidence. nil: every request is assigned by itself, which
	// gives evidence ten to a hundred times faster where a user may meet either model from request to request.
	Key func(ctx context.Context, in In) string

	// Sentinel keeps evidence coming when every unit has testified: a request of a unit that is the candidate's goes to stable with this probability, in
	// (0, 0.5], by a coin of its own. Among a closed set of users the router's coins are soon all read, and a defect that appears later is then seen by the
	// backstop alone; the sentinel's coins are fresh for ever. It costs the criteria half of their weight on units' coins, and the candidate's users a request
	// at stable now and then ([ReasonSentinel]): do not use it where one user must never meet both models. 0.05 is a good value for a closed population;
	// 0, the default, means none. It needs a Key.
	Sentinel float64

	// Reassign draws the assignments of all units anew after every period of this length, at least an hour; 0, the default, means never within an epoch. A
	// new assignment is a fresh coin, so everybody may testify again. The price is that users change their model once a period, at random: about
	// 2 * share * (1 - share) of them. Periods are told by the clock on the wall, whole periods since 1970 UTC, so replicas whose clocks agree change together
	// and a restart within a period changes nothing; a clock that is set back keeps the later period. A period begins a new step of the evidence, so choose it
	// longer than a person or a ramp waits in one. After a restart without the evidence of before, see Store, every unit counts as having testified until the
	// next period begins, because the state does not say in which one its highest share was applied. It needs a Key.
	Reassign time.Duration

	// Flags say which flag sets the candidate's share.
	Flags Flags

	// Signals are what is measured on each request and answer, beside errors and latency. With none given they are derived from the type Out, see [Signals].
	Signals Signals[In, Out]

	// FailureClass sorts the errors of the models into classes, so that a new kind of error shows even where the error rate does not: "quota", "bad_input". Give
	// a small number of names without data in them; up to about 200 are told apart, of the first 64 bytes. It is called on the caller's goroutine, for recorded
	// calls that returned an error and were not cancelled, after stable has answered where it could. An empty class means the default, and so does nil: "timeout" for
	// [context.DeadlineExceeded], else the type of the innermost error that has a type of its own ("*net.AddrError"; with the text where that type is a number:
	// "syscall.Errno: connection refused"), and for plain texts of errors.New and fmt.Errorf the text of the innermost, with '#' for runs of digits and for what
	// stands in double quotes. Calls that ended without an error are always "panic", "goexit", "timeout" and "overdue". When it panics the error is in its default
	// class; after three panics in a row it is not called any more, and an event says so.
	FailureClass func(err error) string

	// Redact takes out of the text of an error what must not be seen, and with that allows the canary to show the rest: the first text of each failure class is
	// kept as an example (up to 200 bytes, with the version of its model) and named in verdicts, events and the stored cause of a rollback; it is also applied before
	// a text becomes a default class. Error texts hold user data more often than one thinks, so without Redact, nil, there are no examples. An empty
	// result keeps nothing. It is called on the caller's goroutine; panics count as for FailureClass.
	Redact func(text string) string

	// SliceAction is what a breach within one slice does: roll back the candidate for everybody, the zero value, or, with [criteria.CarveOut], give that slice to stable
	// while the rollout goes on elsewhere. A carved slice stays stable's as long as the evidence goes on, see Store; its requests are evidence in neither arm.
	SliceAction criteria.SliceAction

	// Alpha, in (0, 1), bounds the probability that a candidate that is within every tolerance is ever rolled back in this epoch, over all guardrails together; 0 means
	// [criteria.DefaultAlpha], 1 %. Replicas that do not pool their evidence each have an alpha: with R of them, give each a fraction 1/R.
	Alpha float64

	// Beta, in (0, 1), bounds the probability that a step of the ramp, or the promotion, is ever taken for proven when the candidate is beyond the margin of a
	// criterion; 0 means [criteria.DefaultBeta], 5 %.
	Beta float64

	// Criteria are what the candidate must not be worse in. At least one; unless OperationalOnly is set at least one must look at the answers
	// ([criteria.Distribution], [criteria.Categories], [criteria.Mean], [criteria.Rate], [criteria.InvalidRate], [criteria.Disagreement], [criteria.Difference]) or at what comes of them ([criteria.Feedback]) and do more than [criteria.Observe]. A [criteria.Backstop] is added if there is none. While the candidate runs
	// on goroutines of its own (CandidateTimeout), a [criteria.Latency] without an Allowance gets one of 0.02.
	Criteria []criteria.Criterion

	// Ramp declares the steps in which the share may grow, and what each step waits for. The share is the lower one of the flag's and the step's, so with the flag at
	// 100 the ramp climbs by itself as far as it may, and the flag can lower the share at any time. What a person decides - [Canary.Jump], [Canary.Hold] - the ramp does not
	// undo. The proof of a step is that step's own, and is looked at once a
	// second. The zero value declares no steps: the flag alone sets the share. The position and who has decided what survive restarts.
	Ramp rollback.Ramp

	// Store remembers epochs and rollbacks across restarts, normally [rollback.OpenFile]. The canary does not close it. nil: memory only, a restart forgets a
	// rollback; an event says so.
	//
	// A Store that is a [rollback.EvidenceStore], as a [rollback.File] is, keeps the evidence of the epoch, too: at most every ten seconds while there is news, and on
	// Shutdown, on a goroutine of its own. A restart then goes on where the epoch was, with the same coins: which units have testified, rounds, sessions, carved slices, the
	// ceiling of a hold. A process that is killed loses what came after the last save. Evidence that is missing, damaged, late (2 s) or of another configuration - of
	// the criteria, alpha, signals, slices, keys, either model's version - begins anew, and every unit of before counts as having testified; [EvidenceLost] says
	// why. It takes 8 to 130 KB, four to seven bytes for each unit among them, at most some megabytes (TestSizeOfEvidence), and memory for a copy or two of that.
	// Texts of labels, failure classes and slices are in it.
	Store rollback.Store

	// Audit is where every act is recorded: who or what, when, from what to what, why, on what evidence. nil: the Store, if it is a [rollback.Auditor], as that of
	// [rollback.OpenFile] is; otherwise nothing is recorded. What lets the candidate have more happens only once it is recorded. The canary does not close it.
	Audit rollback.Auditor

	// CandidateTimeout bounds a candidate call: when it passes, stable answers the request, the candidate has failed, and the call, which cannot be stopped, is
	// abandoned; when 64 abandoned calls are under way the candidate is taken to hang and is rolled back. Choose it well above what stable takes: a call of either arm
	// that is under way for twice the timeout, and at least 2 s, counts as that arm's failure. At most 10 minutes; 0 means 1 s. Negative: the candidate runs on the caller's goroutine without a bound, which saves under a microsecond (BenchmarkPredict); a candidate that
	// hangs then hangs its caller, and one that calls runtime.Goexit ends it, as in a direct call. The context of the call is the caller's.
	CandidateTimeout time.Duration

	// Preflight is how many requests stable serves as both arms before a candidate is exposed for the first time in its epoch; 0: none, else 1,000 to 10,000,000.
	// They begin when the flag first asks for a share. Half of them, whatever the share, go the candidate's way - its goroutines, timeout, signals, criteria - with stable's
	// model in it, so what differs is noise and our own overhead. If a criterion fails in that, or the split is not the declared one, something between the arms is
	// not as it should be: the candidate gets no requests, and an event says why. An error that stable returns is returned, not asked for twice. See [Preflight].
	Preflight int

	// Shadow lets the candidate run beside stable, on live requests and without serving them, so that something is known about it before it touches traffic: of the
	// requests that stable serves a part is drawn, and when a processor is free the candidate gets a copy of the input. Both answers are compared, counted, judged by
	// [criteria.Disagreement] and [criteria.Difference], and logged if somebody asks for it. A shadow never waits in a request's way, fails it or changes its answer;
	// what it finds can roll the candidate back before it has served anybody. How long shadows take decides nothing, for they run in quiet moments, unless it is more than Shadow.Timeout: no answer differs from one. The rate
	// is Flags.Shadow's, or Shadow.Rate; the zero value means no shadow. The models must not have side effects that matter twice: with a Rerun stable is asked again, too.
	// A shadow draws by the unit of Key, from buckets of its own, and by request where there is no Key or with PerRequest.
	Shadow shadow.Config[In, Out]

	// Tokens say how decisions are named for what comes back about them later, see [Decision.Token]; replicas and restarts need a key.
	Tokens Tokens

	// Feedback bounds what is remembered of it. What is waited for, and for how long, the criteria say: [criteria.Feedback].
	Feedback FeedbackLimits

	// OnEvent is told of what a person may want to know: see [Event]. It is called on one goroutine of its own, in order, outside every lock; its panics are
	// recovered and counted. While it does not return no further event is delivered; beyond 256 waiting events new ones are dropped and counted. It may call
	// every method of the canary, [Canary.Shutdown] only with a context that ends.
	OnEvent func(Event)

	// Logger gets what OnEvent gets, in the same order and on the same goroutine: errors for what somebody has to look at, warnings for what somebody should know, the rest as
	// information. nil: [slog.Default]; to log nothing give one with [slog.DiscardHandler].
	Logger *slog.Logger

	// OperationalOnly accepts criteria that judge by errors and latency alone. Such a canary does not see a model that is wrong quickly and without errors.
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

	// Shadow is the key of a number flag: the part of stable's requests that has a shadow, in percent, 0 to 100; it is read as Rollout is. Empty: Config.Shadow.Rate
	// says it. After a rollback, and once the candidate is promoted, there is no shadow whatever the flag says.
	Shadow string
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
