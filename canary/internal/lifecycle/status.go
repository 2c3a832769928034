package lifecycle

import "time"

// State is where a model stands.
type State uint8

// The states.
const (
	Idle     State = iota // not needed, not loaded
	Loading               // Load is under way
	Warming               // the loaded model answers samples
	Ready                 // calls come in
	Failed                // the load failed; the next is tried later
	Draining              // calls under way are waited for, or the closing of the model
	Closed                // for good
)

var states = [...]string{"idle", "loading", "warming", "ready", "failed", "draining", "closed"}

// String is the state in lower case.
func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return "unknown"
}

// Status is a model at one moment, as plain data.
type Status struct {
	State State
	// Since is when State began.
	Since time.Time
	// Needed is what the last Need said.
	Needed bool

	// Attempts is how many loads were begun, Failures how many in a row have failed since the last that did not.
	Attempts, Failures int
	// Failure is why the last load failed; nil when it did not.
	Failure *Failure
	// NextTry is when the next load begins; zero when none is planned.
	NextTry time.Time

	// Calls is how many calls are under way.
	Calls int64
	// Loads and Closings are functions that are no longer waited for and have not returned. While they are two together no load is begun.
	Loads, Closings int
	// CloseFailures is how many models could not be closed, or not within a minute; CloseFailure the last of these, nil without.
	CloseFailures int
	CloseFailure  *Failure

	// Memory is that of the loaded model.
	Memory Memory
}

// Status looks at everything. It never waits for a function of the application.
func (m *Model[In, Out]) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Status{
		State: m.state, Since: m.since, Needed: m.needed.Load(),
		Attempts: m.attempts, Failures: m.failures, Failure: m.failure,
		Calls: m.door.calls(), Loads: m.strayLoads, Closings: m.strayClosings,
		CloseFailures: m.closeFailures, CloseFailure: m.closeFailure, Memory: m.memory,
	}
	if m.state == Failed && s.Needed {
		s.NextTry = m.nextTry
	}
	return s
}
