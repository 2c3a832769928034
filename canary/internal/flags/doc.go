// Package flags reads one number flag, the rollout percentage, safely and off the request path.
//
// A [Reader] owns one flag of one OpenFeature client. It evaluates the flag in the background and publishes a
// [Reading]: the share that may be applied now, and whether it may be believed. Reading it is one atomic load.
//
// One rule stands above all: whatever the flag console, the provider or the SDK do, an evaluation that did not
// produce a good number never raises the share. The last good value is held for a bounded time, so that a provider
// that restarts does not move users between models, and then the share is 0.
//
// A value is good when the evaluation returned no error, the provider was ready, the flag itself (and not the default
// of the call) supplied the value, and it is finite and within [0, 100] percent. What the reasons mean here:
//
//   - STATIC, TARGETING_MATCH, SPLIT, CACHED, UNKNOWN, none or a vendor's own: good, if the value is.
//   - DEFAULT: good when the flag's own default variant came back, [Missing] when it was the default of the call.
//   - STALE: the provider does not vouch for the value: [Stale].
//   - DISABLED: a healthy provider says that somebody switched the flag off: [Disabled], share 0 at once, no hold.
//   - ERROR: never good, whatever else the evaluation returned.
//
// The poll is the truth. Change events only make the next evaluation come sooner: they are delivered unordered, some
// providers never send them and others lose them, so nothing in their payload is used.
package flags
