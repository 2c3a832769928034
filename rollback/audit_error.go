package rollback

import (
	"errors"
	"fmt"
)

// AuditError tells which audit trail could not be written and why. errors.Is finds both Reason and what Err wraps, for example syscall.ENOSPC.
type AuditError struct {
	Path   string // of the trail
	Reason error  // ErrUnwritable, ErrNotRegular, ErrLocked, ErrClosed or ErrPath
	Err    error  // what was seen; may be nil
}

// Error returns reason, path and what was seen, in one line.
func (e *AuditError) Error() string {
	text := fmt.Sprintf("rollback: audit trail %s: %q", e.reason(), e.Path)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *AuditError) reason() string {
	switch {
	case errors.Is(e.Reason, ErrNotRegular):
		return "is not a regular file"
	case errors.Is(e.Reason, ErrLocked):
		return "is in use elsewhere"
	case errors.Is(e.Reason, ErrClosed):
		return "is closed"
	case errors.Is(e.Reason, ErrPath):
		return "has no usable path"
	default:
		return "cannot be written"
	}
}

// Unwrap returns Reason and, if there is one, Err.
func (e *AuditError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Err}
}

// fail is err with the trail it is about; what says no other reason is a disk that refused.
func (a *Audit) fail(err error) error {
	if _, ok := errors.AsType[*AuditError](err); ok {
		return err
	}
	return &AuditError{Path: a.path, Reason: ErrUnwritable, Err: err}
}
