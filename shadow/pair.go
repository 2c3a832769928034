package shadow

import (
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Answer is how a model's call ended.
type Answer[Out any] struct {
	// Output is meaningful for OutcomeOK only.
	Output Out
	// Err is the error of OutcomeError.
	Err error
	// Outcome is how the call ended.
	Outcome Outcome
	// Duration of the call. A shadow's comes from quiet moments and must not be compared with one of a request.
	Duration time.Duration
}

// Outcome is how a call ended. The zero value is an answer.
type Outcome uint8

// The outcomes.
const (
	OK Outcome = iota
	Error
	Panic
	Goexit
	Timeout
	NumOutcomes
)

var outcomes = [NumOutcomes]string{"ok", "error", "panic", "goexit", "timeout"}

// String is the outcome in snake case, as telemetry and the pair log spell it.
func (o Outcome) String() string {
	if o < NumOutcomes {
		return outcomes[o]
	}
	return "unknown"
}

// Quadrant says which of the two models answered.
type Quadrant uint8

// The quadrants.
const (
	BothAnswered Quadrant = iota
	OnlyStableAnswered
	OnlyCandidateAnswered
	NeitherAnswered
	NumQuadrants
)

// Pair is stable's and the candidate's answers to the same input.
type Pair[In, Out any] struct {
	// Tag is what the request was taken with.
	Tag uint64
	// At is when the request was taken.
	At time.Time
	// Trace is the span of the request, if it had one.
	Trace trace.SpanContext
	// Input is a copy that no model was given.
	Input In
	// Stable is what the caller was given, Candidate the shadow's answer.
	Stable, Candidate Answer[Out]
	// Rerun is stable's second answer to the input; nil: it was not asked again.
	Rerun *Answer[Out]
	// Quadrant says which of Stable and Candidate answered.
	Quadrant Quadrant
	// Differs says that the candidate's answer is not stable's. An answer differs from none.
	Differs bool
	// RerunDiffers says that stable's second answer is not its first.
	RerunDiffers bool
	// Distance and RerunDistance are those between the answers, NaN where there is none.
	Distance, RerunDistance float64
}
