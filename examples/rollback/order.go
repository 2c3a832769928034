package main

import (
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

// order is what a child process is told to do, as plain data on its command
// line.
type order struct {
	State     string // path of the state file
	Models    string // directory of the models
	Candidate string // version that is deployed
	Seed      uint64 // of the traffic
	Requests  int    // to serve at least
	Verdict   bool   // then go on until the candidate is out
	Insist    bool   // a person tries to bring the candidate back
	Kill      kill   // when the process kills itself; zero: it does not
}

// kill is when a process kills itself.
type kill struct {
	Moment moment
	Calls  int           // of the candidate, for beforeVerdict
	Delay  time.Duration // after the moment
}

// moment is a point in the course of a trip.
type moment string

const (
	beforeVerdict  moment = "before the verdict"
	afterVerdict   moment = "after the verdict"    // a request was kept from the candidate
	afterFirstSlot moment = "after the first slot" // one of the two copies on disk says so
	afterSaid      moment = "once acknowledged"    // both do, and the canary has said so
)

// moments lists them in their order.
func moments() []moment { return []moment{beforeVerdict, afterVerdict, afterFirstSlot, afterSaid} }

// report is what a child process says: one line of JSON each, written without
// a buffer, so that what it has said before a kill is heard.
type report struct {
	Kind  reportKind
	Text  string          `json:",omitempty"`
	State *rollback.State `json:",omitempty"`
	Acked bool            `json:",omitempty"` // the canary has said that the rollback is stored
	Tally *tally          `json:",omitempty"`
}

// reportKind says what a report is about.
type reportKind string

const (
	started  reportKind = "started"  // State: what it has found
	tripped  reportKind = "tripped"  // Text: why; Acked: it is stored durably
	killing  reportKind = "killing"  // the next thing is the kill; Text: the moment; Acked: whether a rollback was acknowledged by now
	refused  reportKind = "refused"  // Text: what a person was told who tried to bring the candidate back
	accepted reportKind = "accepted" // Text: what a person was not refused, and should have been
	ended    reportKind = "ended"    // in order; Tally: of the whole life, Text: why requests went where they went at the end
)
