package pairlog

import (
	"os"
	"slices"
	"sync"
)

// faulty is the file system with faults: before each call it asks inject, if there is one, by the name of the call.
type faulty struct {
	fileSystem
	mu     sync.Mutex
	inject func(call string) fault
}

// fault is what goes wrong in a call; the zero value is nothing.
type fault struct {
	err   error
	short int // of a write without an error: how many bytes it writes
	cut   bool
}

func (f *faulty) set(inject func(call string) fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inject = inject
}

// failing makes calls of some names fail.
func (f *faulty) failing(err error, calls ...string) {
	f.set(func(call string) fault {
		if slices.Contains(calls, call) {
			return fault{err: err}
		}
		return fault{}
	})
}

func (f *faulty) call(name string) fault {
	f.mu.Lock()
	inject := f.inject
	f.mu.Unlock()
	if inject == nil {
		return fault{}
	}
	return inject(name)
}

func (f *faulty) makeDir(dir string) error {
	if err := f.call("makeDir").err; err != nil {
		return err
	}
	return f.fileSystem.makeDir(dir)
}

func (f *faulty) openLive(path string) (handle, error) {
	if err := f.call("openLive").err; err != nil {
		return nil, err
	}
	h, err := f.fileSystem.openLive(path)
	return &faultyHandle{h, f, ""}, err
}

func (f *faulty) openRead(path string) (handle, error) {
	if err := f.call("openRead").err; err != nil {
		return nil, err
	}
	h, err := f.fileSystem.openRead(path)
	return &faultyHandle{h, f, "zip "}, err
}

func (f *faulty) createTemp(path string) (handle, error) {
	if err := f.call("createTemp").err; err != nil {
		return nil, err
	}
	h, err := f.fileSystem.createTemp(path)
	return &faultyHandle{h, f, "zip "}, err
}

func (f *faulty) lstat(path string) (os.FileInfo, error) {
	if err := f.call("lstat").err; err != nil {
		return nil, err
	}
	return f.fileSystem.lstat(path)
}

func (f *faulty) list(dir string) ([]string, error) {
	if err := f.call("list").err; err != nil {
		return nil, err
	}
	return f.fileSystem.list(dir)
}

func (f *faulty) rename(from, to string) error {
	if err := f.call("rename").err; err != nil {
		return err
	}
	return f.fileSystem.rename(from, to)
}

func (f *faulty) remove(path string) error {
	if err := f.call("remove").err; err != nil {
		return err
	}
	return f.fileSystem.remove(path)
}

type faultyHandle struct {
	handle
	fs   *faulty
	what string
}

func (h *faultyHandle) Write(p []byte) (int, error) {
	switch bad := h.fs.call(h.what + "write"); {
	case bad.cut:
		n, _ := h.handle.Write(p[:min(bad.short, len(p))])
		return n, bad.err
	case bad.err != nil:
		return 0, bad.err
	}
	return h.handle.Write(p)
}

func (h *faultyHandle) ReadAt(p []byte, off int64) (int, error) {
	if err := h.fs.call(h.what + "read").err; err != nil {
		return 0, err
	}
	return h.handle.ReadAt(p, off)
}

func (h *faultyHandle) Stat() (os.FileInfo, error) {
	if err := h.fs.call(h.what + "stat").err; err != nil {
		return nil, err
	}
	return h.handle.Stat()
}

func (h *faultyHandle) Sync() error {
	if err := h.fs.call(h.what + "sync").err; err != nil {
		return err
	}
	return h.handle.Sync()
}

func (h *faultyHandle) Close() error {
	if err := h.fs.call(h.what + "close").err; err != nil {
		_ = h.handle.Close()
		return err
	}
	return h.handle.Close()
}
