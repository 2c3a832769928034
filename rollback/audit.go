package rollback

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Limits of [AuditOptions].
const (
	defaultAuditBytes = 1 << 20
	minAuditBytes     = maxLine
	maxAuditBytes     = 64 << 20
	defaultAuditKeep  = 8
	maxAuditKeep      = 1000
)

// AuditOptions says how much of an audit trail is kept. The zero value is the default.
type AuditOptions struct {
	// MaxBytes is the size at which a file is put aside and the next one begun, from 64 KiB to 64 MiB. 0 means 1 MiB: some two thousand acts.
	MaxBytes int
	// Keep is how many files that were put aside are kept, from 1 to 1000; of more, the oldest is deleted. 0 means 8.
	Keep int
}

// Audit is an audit trail on the local disk: one line of JSON for each act, in a file that only grows. What it has acknowledged survives a kill, and a
// power loss at any point.
//
// Each line has the SHA-256 of the line before it, so a line that was altered, removed or moved is found by [VerifyAudit]. That shows who fumbles,
// not who forges: whoever may write the files may write a whole new chain, or cut off its end. Against that, keep an [AuditMark] somewhere else.
//
// A line that was torn by a power loss, a kill or a full disk stays where it is. The next one is of the trail itself, with the action "torn"
// and, as evidence, size and hash of what is not a line, and the chain goes on from the last whole one.
//
// A file that is full is put aside under its name with a number added, ".1" for the first, ".2" for the next; that name is never changed again. The oldest ones are
// deleted, see [AuditOptions]. The files are readable for their owner only. [AuditFiles] lists them.
//
// The first Record opens and locks (flock) the file until Close, so that two processes cannot tear the chain. Local file systems only, as for [File].
//
// Safe for concurrent use; calls take turns, and one that waits for its turn gives up with its context. There is no useful zero value.
type Audit struct {
	path    string
	options AuditOptions
	fs      fileSystem
	turn    chan struct{} // has a token while a call works on what is below

	closed bool
	h      handle    // nil: not open
	sound  bool      // the open file is durable, has size bytes, and ends with whole lines or such that are noted
	size   int64     // of the open file
	last   AuditMark // what the next line follows
	next   int       // the number of the file that is put aside next
	torn   string    // evidence of what stands behind last and is not noted yet; empty: nothing
}

var _ Auditor = (*Audit)(nil)

// OpenAudit returns the trail at path, a relative one meaning relative to the working directory of now. It does not touch the disk, so it fails only for a
// path that is empty or contains NUL, with [ErrPath], and for options outside their ranges; it names all that is wrong at once.
//
// The directory must exist. Each canary needs a trail of its own.
func OpenAudit(path string, options AuditOptions) (*Audit, error) {
	options, err := options.complete()
	if pathErr := checkAuditPath(path); pathErr != nil {
		err = errors.Join(pathErr, err)
	}
	if err != nil {
		return nil, err
	}
	return openAudit(osFS{}, path, options), nil
}

func openAudit(system fileSystem, path string, options AuditOptions) *Audit {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return &Audit{path: path, options: options, fs: system, turn: make(chan struct{}, 1)}
}

func checkAuditPath(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return &AuditError{Path: path, Reason: ErrPath, Err: errors.New("it is empty or contains NUL")}
	}
	return nil
}

// complete puts the defaults where nothing was said.
func (o AuditOptions) complete() (AuditOptions, error) {
	var errs []error
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultAuditBytes
	} else if o.MaxBytes < minAuditBytes || o.MaxBytes > maxAuditBytes {
		errs = append(errs, fmt.Errorf("rollback: AuditOptions.MaxBytes %d outside [%d, %d]", o.MaxBytes, minAuditBytes, maxAuditBytes))
	}
	if o.Keep == 0 {
		o.Keep = defaultAuditKeep
	} else if o.Keep < 1 || o.Keep > maxAuditKeep {
		errs = append(errs, fmt.Errorf("rollback: AuditOptions.Keep %d outside [1, %d]", o.Keep, maxAuditKeep))
	}
	return o, errors.Join(errs...)
}

// Record adds an entry to the trail, and makes the file if there is none. Nil means that it is durable.
//
// Errors are of type [*AuditError], or the context's. [ErrLocked]: another process, or another Audit of this one, has the trail open. [ErrUnwritable]: the
// disk refused; the entry may or may not be found later, and the next Record mends what was left and tries again. [ErrNotRegular], [ErrClosed]:
// nothing was written.
func (a *Audit) Record(ctx context.Context, e Entry) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	defer a.leave()

	err := a.acquire()
	if err == nil && a.torn != "" {
		err = a.note(e)
	}
	if err == nil {
		err = a.write(e)
	}
	if err != nil {
		_ = a.drop() // what is there has to be looked at again
		return a.fail(err)
	}
	return nil
}

// Close releases the file and its lock, after the call that is under way. Every later call returns [ErrClosed]; Close itself may be called again.
func (a *Audit) Close() error {
	a.turn <- struct{}{}
	defer a.leave()
	a.closed = true
	return a.drop()
}

// Path returns the absolute path of the file that is written now.
func (a *Audit) Path() string {
	return a.path
}

func (a *Audit) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if a.closed {
		a.leave()
		return &AuditError{Path: a.path, Reason: ErrClosed}
	}
	return nil
}

func (a *Audit) leave() { <-a.turn }
