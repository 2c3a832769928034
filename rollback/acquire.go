package rollback

import (
	"errors"
	"io/fs"
)

// acquireAttempts bounds how often a file may be replaced by others while it is being opened.
const acquireAttempts = 4

var errRestless = errors.New("the file was replaced again and again while it was opened")

// read opens the file if it is not open, and reads it. The view also shows what can be known of a file that cannot be used.
func (f *File) read() (view, error) {
	if v, err := f.acquire(); err != nil {
		return v, err
	}
	v := readView(f.pair.h)
	if reason, detail := v.problem(); reason != nil {
		return v, f.fail(reason, detail)
	}
	return v, nil
}

// acquire makes sure that f.pair is the locked file at f.path. It looks again after it has the lock, because the file could have been replaced
// before that, and at every call, because it could have been replaced since.
func (f *File) acquire() (view, error) {
	for range acquireAttempts {
		info, err := f.fs.lstat(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return view{}, f.fail(ErrNoState, nil)
		case err != nil:
			return view{}, f.fail(ErrUnwritable, err)
		case !info.Mode().IsRegular():
			return view{}, f.fail(ErrNotRegular, errors.New(info.Mode().String()))
		case f.holds(info):
			return view{}, nil
		}
		_ = f.drop() // another file is there now
		if v, err := f.open(); err != nil {
			return v, err
		}
	}
	return view{}, f.fail(ErrUnwritable, errRestless)
}

// holds reports whether the open file, if there is one, is the one that info is about.
func (f *File) holds(info fs.FileInfo) bool {
	if f.pair == nil {
		return false
	}
	held, err := f.pair.h.Stat()
	return err == nil && f.fs.sameFile(held, info)
}

// open opens and locks the file. If it cannot, the view shows what could be read, which is not to be built upon: its owner may be writing it.
func (f *File) open() (view, error) {
	h, err := f.fs.open(f.path)
	if err != nil {
		return f.peek(), f.fail(ErrUnwritable, err)
	}
	if err := h.lock(); err != nil {
		v := readView(h)
		_ = h.Close() // only read
		if errors.Is(err, errHeld) {
			return v, f.fail(ErrLocked, nil)
		}
		return v, f.fail(ErrUnwritable, err)
	}
	f.take(&pair{h: h})
	return view{}, nil
}

// peek reads a file that may not be written.
func (f *File) peek() view {
	h, err := f.fs.openRead(f.path)
	if err != nil {
		return view{errs: [2]error{err, err}}
	}
	defer func() { _ = h.Close() }() // only read
	return readView(h)
}

// take makes a locked file the open one.
func (f *File) take(p *pair) {
	f.pair = p
	f.held.Store(true)
}

// drop closes the file and with that gives up its lock.
func (f *File) drop() error {
	if f.pair == nil {
		return nil
	}
	h := f.pair.h
	f.pair = nil
	f.held.Store(false)
	return h.Close()
}
