// Package modelcanary is the root of an SDK for in-process model canaries: a new model runs beside the one in service, on as much live traffic as
// a flag allows, and is taken away when it is worse.
//
// The packages, from the top:
//
//   - [github.com/modelcanary/go-sdk/canary] is the middleware: it wraps two models as one predictor, splits requests by a flag, and rolls back;
//   - [github.com/modelcanary/go-sdk/criteria] says what "not worse" means, and decides it by a sequential test that may be looked at any time;
//   - [github.com/modelcanary/go-sdk/rollback] remembers epochs and rollbacks through crashes, full disks and restarts;
//   - [github.com/modelcanary/go-sdk/providers/local] is an OpenFeature provider for applications that have no flag service yet.
//
// The promises. You always get an answer of your own models, untouched; if the candidate fails, stable's, in the same call. A request never waits for
// anything but the models. If the SDK breaks, stable serves. After a rollback the candidate stays out until another version is deployed or a new epoch begun. The chance of a false
// rollback, ever, stays below the declared level, however often the evidence is looked at. No evidence is never a pass. Once Shutdown
// returns nil, no goroutine of the SDK is left.
//
// This package holds no code. Start with [github.com/modelcanary/go-sdk/canary.New].
package modelcanary
