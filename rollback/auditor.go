package rollback

import (
	"context"
	"time"
)

// Entry is one line of an audit trail, as plain data.
type Entry struct {
	Canary   string
	At       time.Time
	Actor    string
	Action   string
	Epoch    uint64
	Version  string
	From, To string
	Reason   string
	Evidence string
	Revision uint64
}

// Auditor is what a [Store] may be beside: the canary records every act there.
type Auditor interface {
	Record(ctx context.Context, e Entry) error
}
