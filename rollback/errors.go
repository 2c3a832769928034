package rollback

import (
	"errors"
	"fmt"
)

// Why a [Store] could not do what it was asked, for errors.Is. Only [ErrNoState] and [ErrConflict] are part of normal life; with all others
// the candidate stays out.
var (
	// ErrNoState means that nothing was ever stored: a first start.
	ErrNoState = errors.New("rollback: no state stored yet")
	// ErrConflict means that the stored revision is not the expected one: load, join, try again, as [Save] does.
	ErrConflict = errors.New("rollback: stored revision is not the expected one")
	// ErrClosed means that the store was closed by its owner.
	ErrClosed = errors.New("rollback: store is closed")
	// ErrPath means that [OpenFile] was given a path that can name no file.
	ErrPath = errors.New("rollback: path is not usable")
	// ErrNotRegular means that at the path stands a symbolic link, a directory, a device or a pipe. It is left alone.
	ErrNotRegular = errors.New("rollback: not a regular file")
	// ErrLocked means that another process, or another [File] of this one, has the file open.
	ErrLocked = errors.New("rollback: state file is in use elsewhere")
	// ErrUnwritable means that the disk refused: missing directory, permission, read-only or full disk, I/O error. What was to be stored
	// is not durable. It may well work later.
	ErrUnwritable = errors.New("rollback: state file cannot be written")
	// ErrCorrupt means that the file is damaged beyond what its second copy can mend, or is not a state file. Only a person can go on, by
	// [File.Replace].
	ErrCorrupt = errors.New("rollback: state file is corrupt")
	// ErrFutureVersion means that the file was written in a newer format than this release reads. As for ErrCorrupt, a person decides.
	ErrFutureVersion = errors.New("rollback: state file is from a newer release")
)

// StateError tells which file failed and why. errors.Is finds both Reason and what Err wraps, for example syscall.ENOSPC.
type StateError struct {
	Path   string // of the state file, or of that of the evidence
	Reason error  // one of the sentinels of this package
	Err    error  // what was seen; may be nil
}

// Error returns reason, path and what was seen, in one line.
func (e *StateError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%v: %q", e.Reason, e.Path)
	}
	return fmt.Sprintf("%v: %q: %v", e.Reason, e.Path, e.Err)
}

// Unwrap returns Reason and, if there is one, Err.
func (e *StateError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Err}
}
