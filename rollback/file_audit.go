package rollback

import "context"

// auditEnd is what is added to the path of a state file for its audit trail.
const auditEnd = ".audit.jsonl"

var _ Auditor = (*File)(nil)

// Record adds an entry to the audit trail beside the file, which is [File.AuditPath]: an [Audit] with the default options, opened by the first Record
// and closed by [File.Close]. It has a turn and a lock of its own, so neither waits for the other: a trail that hangs holds up no state, and
// a process that does not own the state file may record what it was told, as long as no other has the trail open.
func (f *File) Record(ctx context.Context, e Entry) error {
	return f.trail.Record(ctx, e)
}

// AuditPath returns the absolute path of the audit trail.
func (f *File) AuditPath() string {
	return f.trail.Path()
}
