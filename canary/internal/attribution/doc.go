// Package attribution keeps feedback until it can be judged: what came of a unit in the hours after a model answered it. It knows no clock, no goroutine, no lock
// and no judge; the caller has one mutex around it, and says what time it is.
//
//   - [Windows] add up what is reported on a unit until its time is up.
//   - [Once] knows the reports that have been counted, so that none counts twice.
//   - [Caps] limit how much one unit may report.
//   - [Waiting] holds reports that are faster than the fold.
//
// # The rules of evidence
//
// A unit whose coin is fresh has one window in a step, opened when its first request is assigned and nothing is known of it. Every window that was opened is handed over.
//
//   - Silence counts. A window that nobody reported on is an observation like the others: it did not happen.
//   - A prefix. All windows are open for the same time, and are handed over in the order of opening when it is up, never sooner: not when enough was reported,
//     not when a step ends. So what is judged is a prefix of the assignments, and no arm is heard first because its users are quicker.
//   - The step of the assignment. A window takes reports on requests of its own cohort only, a step of one process's life, and is handed over with the shares under
//     which it was opened, however many steps have begun since. A unit may have windows in several cohorts.
//   - The arm of the assignment. A report that names another arm than the window's is not counted.
//   - Thinning spends the coin. See [Windows].
package attribution
