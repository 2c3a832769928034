package rollback

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// File is a [Store] in one file of 8 KiB on the local disk. What it has acknowledged survives a kill, a power loss at any point, a full
// disk, and the damage of either half of the file.
//
// The file holds the state twice, in two slots that are written in place one after the other, each followed by fdatasync. So a write needs
// no disk space, a torn write leaves the other slot, and every acknowledged state is there twice. A write or sync that fails is not
// acknowledged; the next call mends what it left.
//
// The first call that needs the file opens and locks it (flock) until Close. A file that was deleted or replaced meanwhile is noticed by the
// next call. Local file systems only: what a network file system makes of locks and syncs is not promised. On copy-on-write file systems a
// full disk may refuse a write all the same.
//
// A File is an [EvidenceStore], too: evidence lies in a second file beside it, see [File.SaveEvidence].
//
// Safe for concurrent use; calls take turns, those for evidence among themselves, and one that waits for its turn gives up with its context. A disk that hangs holds up the call
// that uses it and no other part of the process. There is no useful zero value.
type File struct {
	path  string
	fs    fileSystem
	trail *Audit
	turn  chan struct{} // has a token while a call works on what is below

	pair   *pair       // nil: not open
	held   atomic.Bool // it is open, and locked
	closed bool

	evidence evidenceFile
}

var _ Store = (*File)(nil)

// OpenFile returns the store at path, a relative one meaning relative to the working directory of now. It does not touch the disk, so it fails
// only for a path that is empty or contains NUL, with [ErrPath]; all that may be wrong with the disk is in the error of [File.Load].
//
// The directory must exist. The file is made by the first [File.CompareAndSwap], readable for its owner only. Each canary needs a file of its own.
func OpenFile(path string) (*File, error) {
	return openFile(osFS{}, path)
}

func openFile(system fileSystem, path string) (*File, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return nil, &StateError{Path: path, Reason: ErrPath, Err: errors.New("it is empty or contains NUL")}
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	trail := openAudit(system, path+auditEnd, AuditOptions{MaxBytes: defaultAuditBytes, Keep: defaultAuditKeep})
	return &File{path: path, fs: system, trail: trail, turn: make(chan struct{}, 1), evidence: newEvidenceFile(path)}, nil
}

// Load returns the stored state. If only one slot is good, it is mended first, so what Load returns without an error is in both slots and durable,
// and its revision may be newer than the last one acknowledged.
//
// Errors are of type [*StateError], or the context's. [ErrNoState]: no file, and one can be made. With [ErrLocked], [ErrUnwritable],
// [ErrCorrupt] and [ErrFutureVersion] the state is what could be read, zero if nothing could: look whether it is rolled back, expose
// nothing. [ErrNotRegular], [ErrClosed]: nothing was read.
func (f *File) Load(ctx context.Context) (State, error) {
	if err := f.enter(ctx); err != nil {
		return State{}, err
	}
	defer f.leave()

	v, err := f.read()
	if errors.Is(err, ErrNoState) {
		err = f.probe(err)
	}
	if err != nil {
		return v.known(), err
	}
	return f.mend(v)
}

// CompareAndSwap stores the join of the stored state and next, if the stored revision is next.Revision. Nil means that it is in both slots and
// durable. [ErrConflict]: another revision is stored, or none. The other errors are those of [File.Load]; after [ErrUnwritable] next may or
// may not be found by a later Load. A rollback is written to whichever slot takes it, even if it cannot be acknowledged. Beside an error of reading, the
// state is what could be read, as for Load.
func (f *File) CompareAndSwap(ctx context.Context, next State) (State, error) {
	if err := f.enter(ctx); err != nil {
		return State{}, err
	}
	defer f.leave()

	v, err := f.read()
	stored := v.known()
	switch {
	case err != nil && !errors.Is(err, ErrNoState):
		return stored, err
	case next.Revision != stored.Revision:
		return State{}, f.fail(ErrConflict, fmt.Errorf("it is %d, expected %d", stored.Revision, next.Revision))
	case err != nil:
		return f.create(next)
	default:
		return f.store(v, stored.Join(next))
	}
}

// Close releases the file and its lock, after the calls that are under way, and then the audit trail. Every later call returns [ErrClosed]; Close itself
// may be called again.
func (f *File) Close() error {
	return errors.Join(f.close(), f.trail.Close())
}

func (f *File) close() error {
	f.closeEvidence()
	f.turn <- struct{}{}
	defer f.leave()
	f.closed = true
	return f.drop()
}

// Path returns the absolute path of the file.
func (f *File) Path() string {
	return f.path
}

func (f *File) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.closed {
		f.leave()
		return f.fail(ErrClosed, nil)
	}
	return nil
}

func (f *File) leave() { <-f.turn }

// mend makes what a call found durable and mirrored, if it is not.
func (f *File) mend(v view) (State, error) {
	found := v.known()
	if err := f.settle(); err != nil {
		return found, f.fail(ErrUnwritable, err)
	}
	if f.pair.whole(v) {
		return found, nil
	}
	mended, err := f.pair.commit(v, found, false)
	if err != nil {
		return found, f.fail(ErrUnwritable, err)
	}
	return mended, nil
}

// store writes next over what v shows. A rollback is written whatever has failed before.
func (f *File) store(v view, next State) (State, error) {
	insist := next.Tripped()
	unsettled := f.settle()
	if unsettled != nil && !insist {
		return State{}, f.fail(ErrUnwritable, unsettled)
	}
	saved, err := f.pair.commit(v, next, insist)
	if err = errors.Join(unsettled, err); err != nil {
		return State{}, f.fail(ErrUnwritable, err)
	}
	return saved, nil
}

// settle makes durable, once for each time the file is opened, what a killed process may have left in the page cache: its last write, and the
// name of the file itself.
func (f *File) settle() error {
	if f.pair.settled {
		return nil
	}
	if err := f.pair.h.datasync(); err != nil {
		return err
	}
	if err := f.fs.syncDir(filepath.Dir(f.path)); err != nil {
		return err
	}
	f.pair.settled = true
	return nil
}

// probe replaces the error of a first start if no file could be made, so that it is known before there is something to store.
func (f *File) probe(noState error) error {
	h, temp, err := f.createTemp()
	if err != nil {
		return f.fail(ErrUnwritable, err)
	}
	if err := errors.Join(h.Close(), f.fs.remove(temp)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f.fail(ErrUnwritable, err)
	}
	return noState
}

func (f *File) fail(reason, err error) error {
	return &StateError{Path: f.path, Reason: reason, Err: err}
}
