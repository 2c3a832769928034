// Package canary is the middleware: it wraps a stable model and a candidate as one predictor, gives the candidate the share of requests that a flag
// allows, and takes it away for good when it is worse.
//
// A [Canary] is a [Predictor] like the models it wraps. [New] makes it from a [Config], which is plain data but for the models, the key and the signals.
// [Canary.Predict] answers, [Canary.Decide] also says what was decided, [Canary.Snapshot] is everything a person may ask, [Canary.Rollback] is a person's
// hand, and [Canary.Shutdown] ends it.
//
// # A request
//
// The arm is chosen by the hash of the targeting key and the share: sticky, the same in every process, and a growing share only ever moves keys to the
// candidate. Its slices are cut before, from the input alone, whatever the model makes of that. The request reserves a slot in a ledger, the model runs, the slot
// is settled with outcome, latency, signals and, when it failed, the class of its error. A candidate that errs, panics, hangs
// beyond CandidateTimeout or ends its goroutine is replaced by stable in the same call, and its failure counts. What stable returns, its panics included, passes
// through untouched.
//
// # A verdict
//
// A keeper folds settled slots in the order of assignment, a few milliseconds later, and judges them by the declared criteria (package criteria). With a key
// function a unit counts once per step of the share, by its first assigned request. When the evidence reaches its limit, the plan that requests read is swapped,
// the state is stored (package rollback), and the application's hook is told, in this order. Nothing on the request path waits for any of it. The evidence is kept
// beside the state and goes on after a restart, see [Config.Store]. With
// [criteria.CarveOut] a breach within one slice gives that slice to stable, in the next plan, and the rollout goes on elsewhere.
//
// # A ramp
//
// The share is the least of the flag, the present step of [Config.Ramp], and what a person has said. The ramp takes its next step only with proof that the candidate
// is not worse; [Canary.Approve], [Canary.Hold], [Canary.Resume] and [Canary.Jump] are a person's hands on it. [Canary.Promote] makes the candidate the stable model, with the one
// of before as the way back, and [Canary.Begin] starts the next epoch, both in the running process. Whatever exposes more is recorded and stored before it takes effect.
//
// # A shadow
//
// With [Config.Shadow] a part of the requests that stable serves is drawn, by a sticky hash of its own. Of these the input is copied before stable runs and the answer
// after, both go into a bounded ring, and the caller is gone. A worker that polls the ring runs the candidate when a processor is free, contains whatever it does,
// and compares. The pairs are judged by [criteria.Disagreement] and [criteria.Difference] as the arms are by the other criteria, and may be logged; see package shadow.
//
// # When something is broken
//
// Stable serves. A flag that cannot be believed never raises the share: its last good value is held for 30 s, its requests are not evidence, then the share is 0.
// State that cannot be read means stable only, until it can. The share never rises beyond what the store already remembers. A split that is not as declared
// holds the rollout and blames neither model. All of it is in events, in the snapshot and in the metrics.
//
// # Metrics
//
// OpenTelemetry, through the global meter provider; without one they cost nothing. model_canary.prediction.duration, .selection, .fallback,
// .criterion.evaluation, .rollback, .flag.error, .callback.failure, .evidence.thinned, .store.failure, .audit.failure, .event.dropped, .state, .state.undurable, .share,
// .candidate.abandoned, and of the shadow .shadow.duration, .shadow.comparison, .shadow.dropped, .shadow.active, .shadow.log.dropped.
// Attributes come from closed sets: no key, input, output or error text.
package canary
