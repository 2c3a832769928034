package rollback

import (
	"context"
	"time"
)

// MaxAuditEvidence is how many bytes of [Entry.Evidence] are kept; longer ones are cut at a rune boundary.
const MaxAuditEvidence = 4096

// The other limits of an [Entry], in bytes.
const (
	maxCanary = 128
	maxAction = 64
	maxStage  = 256 // of From and To
)

// Entry is one line of an audit trail, as plain data: who did what to a rollout, when, why, and on what evidence. Every text may be anything, hostile
// ones included: what is too long is cut, and what a terminal could obey is escaped. The zero value is a valid entry that says nothing.
type Entry struct {
	// Canary is the name of the canary. At most 128 bytes are kept.
	Canary string
	// At is when, by the clock of the machine that did it: a label, kept in UTC. Years outside 0 to 9999 are kept as the zero time.
	At time.Time
	// Actor is who or what did it, as in [Cause]. At most [MaxActor] bytes are kept.
	Actor string
	// Action is what was done: the [EventKind] in words, such as "begin", "step", "approve", "hold", "resume", "jump", "promote" and "trip"; "torn" is
	// the trail's own, see [Audit]. Other words are kept as they are, at most 64 bytes.
	Action string
	// Epoch and Version are what it was done to. At most [MaxVersion] bytes of Version are kept.
	Epoch   uint64
	Version string
	// From and To are stage and share before and after, in words, for example "ramping 1 %" and "ramping 5 %". At most 256 bytes of each are kept.
	From, To string
	// Reason is a sentence, as in [Cause]. At most [MaxReason] bytes are kept.
	Reason string
	// Evidence is what was known at that moment, a sentence or a small text. At most [MaxAuditEvidence] bytes are kept.
	Evidence string
	// Revision is that of the state after the act.
	Revision uint64
}

// Auditor is what a [Store] may be beside: the canary records every act there. [File] is one, with a trail beside its state; [OpenAudit] is for
// those with another store.
//
// An act that exposes more waits for Record and does not happen if it fails; a rollback never waits. So Record may take its time, and fail. It is
// safe for concurrent use.
type Auditor interface {
	// Record adds an entry to the trail. Nil means that it is durable. After an error it is unknown whether the entry is there.
	Record(ctx context.Context, e Entry) error
}

// clipped is the entry as it is kept.
func (e Entry) clipped() Entry {
	cause := Cause{Reason: e.Reason, Actor: e.Actor, At: e.At}.normal()
	e.Reason, e.Actor, e.At = cause.Reason, cause.Actor, cause.At
	e.Canary = clip(e.Canary, maxCanary)
	e.Action = clip(e.Action, maxAction)
	e.Version = clip(e.Version, MaxVersion)
	e.From, e.To = clip(e.From, maxStage), clip(e.To, maxStage)
	e.Evidence = clip(e.Evidence, MaxAuditEvidence)
	return e
}
