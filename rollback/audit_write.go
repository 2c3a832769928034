package rollback

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// write adds a line where it belongs: to the open file, or to a new one.
func (a *Audit) write(e Entry) error {
	line := encodeLine(a.last, e)
	switch {
	case a.h == nil:
		return a.install(line, a.publish)
	case a.size > 0 && a.size+int64(len(line)) > int64(a.options.MaxBytes):
		return a.rotate(line)
	default:
		return a.append(line)
	}
}

// note records what stands behind the last whole line, before anything else follows it. It has the time of the entry that is on its way.
func (a *Audit) note(e Entry) error {
	err := a.write(Entry{
		Canary: e.Canary, At: e.At, Actor: "audit", Action: actionTorn,
		Reason: "what stands before this line is not a whole line: a write was cut off", Evidence: a.torn,
	})
	if err == nil {
		a.torn = ""
	}
	return err
}

// append adds a line to the open file. It is a call of its own for each line: of two in one write the second could be on disk without the first.
func (a *Audit) append(line []byte) error {
	if err := writeDurably(a.h, line, a.size); err != nil {
		return err
	}
	a.size += int64(len(line))
	a.last = markOf(a.last.Seq+1, line)
	return nil
}

// rotate puts the open file aside and begins the next one with line. The old file has its new name, durably, before the new one takes the old
// name: at no point a line is without a name.
func (a *Audit) rotate(line []byte) error {
	err := a.install(line, func(temp string) error {
		if err := a.fs.link(a.path, a.aside(a.next)); err != nil {
			return err
		}
		if err := a.fs.syncDir(filepath.Dir(a.path)); err != nil {
			return err
		}
		return a.fs.rename(temp, a.path)
	})
	if err != nil {
		return err
	}
	a.next++
	a.prune()
	return nil
}

// install writes line to a new file, locked and durable, and lets place give it its name.
func (a *Audit) install(line []byte, place func(temp string) error) error {
	dir, base := filepath.Split(a.path)
	h, temp, err := a.fs.createTemp(filepath.Clean(dir), base+".*"+tempEnd)
	if err != nil {
		return err
	}
	if err = h.lock(); err == nil {
		err = writeDurably(h, line, 0)
	}
	if err == nil {
		err = place(temp)
	}
	_ = a.fs.remove(temp) // a second name of the file, or a file that nobody needs
	if err != nil {
		_ = h.Close()
		return err
	}
	_ = a.drop() // what was there before
	a.h, a.size = h, int64(len(line))
	if err := a.fs.syncDir(filepath.Clean(dir)); err != nil {
		return err
	}
	a.last, a.sound = markOf(a.last.Seq+1, line), true
	return nil
}

// publish fails if another process was faster: a rename would throw away what it has recorded.
func (a *Audit) publish(temp string) error {
	err := a.fs.link(temp, a.path)
	if errors.Is(err, fs.ErrExist) {
		return &AuditError{Path: a.path, Reason: ErrLocked, Err: err}
	}
	return err
}
