package rollback

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// maxAuditRead bounds what is read of a file; none that is written here is larger.
const maxAuditRead = 2 * maxAuditBytes

// acquire makes sure that the open file is the locked one at the path, and sound; or that there is none, and the end of the chain is known. It looks
// again after it has the lock and at every call, because the file could have been replaced, or written by others.
func (a *Audit) acquire() error {
	for range acquireAttempts {
		info, err := a.fs.lstat(a.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			_ = a.drop()
			return a.mend(nil)
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return &AuditError{Path: a.path, Reason: ErrNotRegular, Err: errors.New(info.Mode().String())}
		case a.holds(info) && a.sound && info.Size() == a.size:
			return nil
		case a.holds(info):
			return a.recover()
		}
		_ = a.drop() // another file is there now
		if err := a.open(); err != nil {
			return err
		}
	}
	return errRestless
}

func (a *Audit) holds(info fs.FileInfo) bool {
	if a.h == nil {
		return false
	}
	held, err := a.h.Stat()
	return err == nil && a.fs.sameFile(held, info)
}

func (a *Audit) open() error {
	h, err := a.fs.open(a.path)
	if err != nil {
		return err
	}
	if err := h.lock(); err != nil {
		_ = h.Close() // nothing was done
		if errors.Is(err, errHeld) {
			return &AuditError{Path: a.path, Reason: ErrLocked}
		}
		return err
	}
	a.h = h
	return nil
}

// drop closes the file and with that gives up its lock.
func (a *Audit) drop() error {
	a.sound = false
	if a.h == nil {
		return nil
	}
	h := a.h
	a.h = nil
	return h.Close()
}

// recover makes an open file sound: all that is in it durable, its only name this one, its end at the end of a line, and the end of the chain known.
//
// The file is written once more as it is, because the sync of an earlier call or process may have failed. What was not on disk then is in
// memory only, and no sync writes it unless it is written again.
func (a *Audit) recover() error {
	content, err := readAudit(a.h)
	if err != nil {
		return err
	}
	if n := len(content); n > 0 && content[n-1] != '\n' {
		content = append(content, '\n')
	}
	if err := a.mend(content); err != nil {
		return err
	}
	if err := writeDurably(a.h, content, 0); err != nil {
		return err
	}
	if err := a.fs.syncDir(filepath.Dir(a.path)); err != nil {
		return err
	}
	a.size, a.sound = int64(len(content)), true
	return nil
}

// mend finds the end of the chain, in content or in the newest file that was put aside, and what stands behind it. A line that was acknowledged by
// this Audit and is not there any more was taken away: then the chain goes on from it all the same, so that it is missed.
func (a *Audit) mend(content []byte) error {
	if err := a.survey(); err != nil {
		return err
	}
	end, last := lastWhole(content)
	rest := content[end:]
	if end == 0 {
		older, err := a.readNewest()
		if err != nil {
			return err
		}
		if end, last = lastWhole(older); end < len(older) {
			rest = append(older[end:], rest...)
		}
	}
	a.torn = ""
	if len(rest) > 0 {
		a.torn = tornEvidence(sha256.Sum256(rest), len(rest))
	}
	if a.last.Seq < last.Seq {
		a.last = last
	}
	return nil
}

// tornEvidence describes n bytes that are not lines, the newline that ends them included.
func tornEvidence(hash [sha256.Size]byte, n int) string {
	return fmt.Sprintf("%d bytes, sha256 %x", n, hash)
}

// readNewest reads the newest file that was put aside, and ends it with a newline; nil if there is none.
func (a *Audit) readNewest() ([]byte, error) {
	if a.next == 1 {
		return nil, nil
	}
	h, err := a.fs.openRead(a.aside(a.next - 1))
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }() // only read
	content, err := readAudit(h)
	if n := len(content); n > 0 && content[n-1] != '\n' {
		content = append(content, '\n')
	}
	return content, err
}

func readAudit(h handle) ([]byte, error) {
	info, err := h.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("a file that was put aside is no regular file but %v", info.Mode())
	case info.Size() > maxAuditRead:
		return nil, fmt.Errorf("it has %d bytes, more than any trail: %d", info.Size(), maxAuditRead)
	}
	content := make([]byte, info.Size())
	if len(content) == 0 {
		return nil, nil
	}
	n, err := h.ReadAt(content, 0)
	if n == len(content) || errors.Is(err, io.EOF) {
		err = nil
	}
	return content[:n], err
}

// writeDurably returns nil when all of p is on disk.
func writeDurably(h handle, p []byte, off int64) error {
	n, err := h.WriteAt(p, off)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	return h.datasync()
}
