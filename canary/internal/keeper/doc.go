// Package keeper decides, off the request path, what share of requests the candidate is given, and takes it away.
//
// Three goroutines with one duty each, so that nobody's hanging disk or callback delays a rollback:
//
//   - the keeper folds the ledger, judges, trips, and publishes the next [Plan]; it does no I/O and calls no code of the application;
//   - the clerk loads and saves the state;
//   - the herald delivers events to the application's hook and replays telemetry.
//
// A fourth, the archive's, runs while there is evidence to be read or saved: the keeper draws it, and waits for nothing else.
//
// A request reads the plan with one atomic load. A rollback is a new plan.
package keeper
