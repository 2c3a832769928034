package rollback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// evidenceFile is where the evidence of a [File] is: beside the state, in a file of its own that is written anew and renamed. It has a turn of its own, so that
// its calls never hold up those of the state.
type evidenceFile struct {
	path   string
	turn   chan struct{} // has a token while a call works
	closed bool
}

func newEvidenceFile(state string) evidenceFile {
	return evidenceFile{path: state + ".evidence", turn: make(chan struct{}, 1)}
}

var errNotHeld = errors.New("load the state first")

// SaveEvidence replaces the evidence in the file beside the state, whose name is that of the state with ".evidence" added. It is written under another name, made
// durable, and renamed, so whatever happens either the old or the new is there, whole. At most [MaxEvidence] bytes are kept.
//
// Errors are of type [*StateError], or the context's. [ErrLocked]: this File does not hold the state, which is what says that no other process saves evidence.
// [ErrEvidenceSize], [ErrUnwritable], [ErrNotRegular], [ErrClosed].
func (f *File) SaveEvidence(ctx context.Context, epoch uint64, data []byte) error {
	if err := f.enterEvidence(ctx); err != nil {
		return err
	}
	defer f.leaveEvidence()

	if err := checkEvidence(data); err != nil {
		return f.failEvidence(ErrEvidenceSize, err)
	}
	if !f.held.Load() {
		return f.failEvidence(ErrLocked, errNotHeld)
	}
	if _, err := f.findEvidence(); err != nil && !errors.Is(err, ErrNoEvidence) {
		return err
	}
	if err := f.writeEvidence(encodeEvidence(epoch, data)); err != nil {
		return f.failEvidence(ErrUnwritable, err)
	}
	return nil
}

// LoadEvidence returns the evidence in the file beside the state.
//
// Errors are of type [*StateError], or the context's. [ErrNoEvidence]: there is no such file. [ErrBadEvidence]: it is damaged, something else, or of a newer release.
// [ErrUnwritable]: the disk does not give it. [ErrNotRegular], [ErrClosed].
func (f *File) LoadEvidence(ctx context.Context) (epoch uint64, data []byte, err error) {
	if err := f.enterEvidence(ctx); err != nil {
		return 0, nil, err
	}
	defer f.leaveEvidence()

	info, err := f.findEvidence()
	if err != nil {
		return 0, nil, err
	}
	if info.Size() > MaxEvidence+evidenceFrame {
		return 0, nil, f.failEvidence(ErrBadEvidence, fmt.Errorf("%d bytes", info.Size()))
	}
	b, err := f.readEvidence(info.Size())
	if err != nil {
		return 0, nil, f.failEvidence(ErrUnwritable, err)
	}
	epoch, data, err = decodeEvidence(b)
	if err != nil {
		return 0, nil, f.failEvidence(ErrBadEvidence, err)
	}
	return epoch, data, nil
}

// findEvidence looks at the name, and refuses what is no regular file.
func (f *File) findEvidence() (fs.FileInfo, error) {
	info, err := f.fs.lstat(f.evidence.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.failEvidence(ErrNoEvidence, nil)
	case err != nil:
		return nil, f.failEvidence(ErrUnwritable, err)
	case !info.Mode().IsRegular():
		return nil, f.failEvidence(ErrNotRegular, errors.New(info.Mode().String()))
	}
	return info, nil
}

func (f *File) readEvidence(size int64) ([]byte, error) {
	h, err := f.fs.openRead(f.evidence.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }() // only read
	b := make([]byte, size)
	n, err := h.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:n], nil
}

// writeEvidence puts a file in the place of the old one. The other name is always the same: what a killed process has left there is removed here.
func (f *File) writeEvidence(b []byte) error {
	temp := f.evidence.path + ".new"
	if err := f.fs.remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	h, err := f.fs.create(temp)
	if err != nil {
		return err
	}
	if err = errors.Join(writeAll(h, b), h.Close()); err == nil {
		err = f.fs.rename(temp, f.evidence.path)
	}
	if err != nil {
		_ = f.fs.remove(temp)
		return err
	}
	return f.fs.syncDir(filepath.Dir(f.evidence.path))
}

// writeAll writes all of a new file and makes it durable.
func writeAll(h handle, b []byte) error {
	n, err := h.WriteAt(b, 0)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	return h.datasync()
}

func (f *File) enterEvidence(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case f.evidence.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.evidence.closed {
		f.leaveEvidence()
		return f.failEvidence(ErrClosed, nil)
	}
	return nil
}

func (f *File) leaveEvidence() { <-f.evidence.turn }

func (f *File) failEvidence(reason, err error) error {
	return &StateError{Path: f.evidence.path, Reason: reason, Err: err}
}

// closeEvidence waits for the call under way and refuses later ones, before the lock of the state is given up: another process may write then.
func (f *File) closeEvidence() {
	f.evidence.turn <- struct{}{}
	defer f.leaveEvidence()
	f.evidence.closed = true
}
