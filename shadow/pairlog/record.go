package pairlog

import "time"

// Record is one pair as it is kept. Texts and outputs are what the application's redaction has left.
type Record struct {
	// Time is when the request was taken.
	Time time.Time
	// Canary and Epoch say whose trial it is.
	Canary string
	Epoch  uint64
	// Trace is the trace id of the request in hex; empty where there was none.
	Trace string
	// Rate is the fraction of requests that was drawn at the time, in (0, 1]; 0: unknown.
	Rate float64
	// Slices are the slices that the request lies in, by dimension.
	Slices map[string]string
	// Input is what is kept of the input; nil: nothing.
	Input any
	// Stable, Candidate and Rerun are the answers; Rerun is nil where stable was not asked again.
	Stable, Candidate Answer
	Rerun             *Answer
	// Differs and RerunDiffers say that the answer is not Stable's.
	Differs, RerunDiffers bool
	// Distance and RerunDistance are those from Stable's; NaN: none.
	Distance, RerunDistance float64
	// Cut says that a name or a label of the record was shortened or a map left out, for its size.
	Cut bool
}

// Answer is what is kept of one answer.
type Answer struct {
	// Version of the model.
	Version string
	// Outcome is "ok", "error", "panic", "goexit" or "timeout".
	Outcome string
	// Class is the failure class; empty for "ok".
	Class string
	// Duration of the call.
	Duration time.Duration
	// Numbers, Labels and Checks are the signals by name, of an answer that has them.
	Numbers map[string]float64
	Labels  map[string]string
	Checks  map[string]bool
	// Output is what is kept of the answer itself; nil: nothing.
	Output any
}

// Sink takes records. Implementations are safe for concurrent use.
type Sink interface {
	// Put takes over a record. It never waits: what cannot be taken is dropped and counted.
	Put(*Record)
	// Counts says what became of the records so far.
	Counts() Counts
}

// Counts are what became of records.
type Counts struct {
	// Written records, and their bytes.
	Written, Bytes int64
	// Dropped records by reason.
	Dropped map[string]int64
}
