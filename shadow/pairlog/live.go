package pairlog

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// open opens the live file, or makes it, so that a line may follow.
func (k *keeper) open() error {
	over := k.state.during("open")
	defer over()
	if err := k.fs.makeDir(filepath.Dir(k.path)); err != nil {
		return err
	}
	h, err := k.fs.openLive(k.path)
	if err != nil {
		return err
	}
	size, err := mend(h)
	if err != nil {
		_ = h.Close()
		return err
	}
	k.live, k.size, k.born, k.retryAt = h, size, time.Now(), time.Time{}
	if at := birth(h); at.Before(k.born) && k.born.Sub(at) < k.cfg.MaxAge {
		k.born = at // another run, or this one before a failure, began it
	}
	return nil
}

// mend ends the last line, if a crash or a full disk has cut it off, and returns the size of the file.
func mend(h handle) (int64, error) {
	info, err := h.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size()
	if size == 0 {
		return 0, nil
	}
	var last [1]byte
	if _, err := h.ReadAt(last[:], size-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' {
		return size, nil
	}
	_, err = h.Write([]byte{'\n'})
	return size + 1, err
}

// birth is the time of the first record in a file; zero if there is none.
func birth(h handle) time.Time {
	const before = `{"schema":"` + Schema + `","time":"`
	var head [len(before) + len(time.RFC3339Nano)]byte
	n, _ := h.ReadAt(head[:], 0)
	text, _ := bytes.CutPrefix(head[:n], []byte(before))
	text, _, _ = bytes.Cut(text, []byte{'"'})
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return time.Time{}
	}
	return at
}

// reopen opens the live file after a failure.
func (k *keeper) reopen() {
	if err := k.open(); err != nil {
		k.pause(err)
		return
	}
	k.rotateLarge()
}

// rotateLarge puts a file aside that was large when it was opened.
func (k *keeper) rotateLarge() {
	if k.size >= k.cfg.MaxSize {
		k.rotate()
	}
}

// ensure sees to it that the open file is the one at the path: others may have moved it, or deleted it with its directory.
func (k *keeper) ensure() error {
	same, err := k.inPlace()
	if same || err != nil {
		return err
	}
	k.abandon()
	return k.open()
}

func (k *keeper) inPlace() (bool, error) {
	over := k.state.during("stat")
	defer over()
	mine, err := k.live.Stat()
	if err != nil {
		return false, err
	}
	there, err := k.fs.lstat(k.path)
	if err != nil {
		return false, notMissing(err)
	}
	if !os.SameFile(mine, there) {
		return false, nil
	}
	k.size = mine.Size() // others may have emptied it
	return true, nil
}

func notMissing(err error) error {
	if isMissing(err) {
		return nil
	}
	return err
}

// abandon closes the live file.
func (k *keeper) abandon() {
	if k.live == nil {
		return
	}
	over := k.state.during("close")
	defer over()
	if err := k.live.Close(); err != nil {
		k.state.ill(err)
	}
	k.live, k.size = nil, 0
}

// rotate puts the live file aside and begins another.
func (k *keeper) rotate() {
	if k.live == nil || k.size == 0 {
		return
	}
	if err := k.putAside(); err != nil {
		k.pause(err)
		return
	}
	k.tidy()
	if err := k.open(); err != nil {
		k.pause(err)
	}
}

func (k *keeper) putAside() error {
	same, err := k.inPlace()
	k.abandon()
	if err != nil || !same {
		return err // what is there is not ours to move
	}
	over := k.state.during("rename")
	defer over()
	to, err := k.vacant(time.Now())
	if err != nil {
		return err
	}
	return k.fs.rename(k.path, to)
}

// vacant is the first name for a finished file, from a time on, that nothing has.
func (k *keeper) vacant(at time.Time) (string, error) {
	for range 1000 {
		path := k.aside(at)
		_, err := k.fs.lstat(path)
		_, zipErr := k.fs.lstat(path + zipEnd)
		switch {
		case isMissing(err) && isMissing(zipErr):
			return path, nil
		case err != nil && !isMissing(err):
			return "", err
		}
		at = at.Add(time.Millisecond)
	}
	return "", fmt.Errorf("no name left for %s: %w", k.path, fs.ErrExist)
}
