package rollback

import (
	"errors"
	"io/fs"
	"os"
)

// errHeld is what handle.lock returns when another handle has the lock.
var errHeld = errors.New("lock is held")

// osFS is the file system of the operating system.
type osFS struct{}

type osFile struct{ *os.File }

func (osFS) lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }
func (osFS) sameFile(a, b fs.FileInfo) bool         { return os.SameFile(a, b) }
func (osFS) link(from, to string) error             { return os.Link(from, to) }
func (osFS) rename(from, to string) error           { return os.Rename(from, to) }
func (osFS) remove(path string) error               { return os.Remove(path) }
func (osFS) syncDir(dir string) error               { return syncDir(dir) }

func (osFS) open(path string) (handle, error)     { return openOS(path, os.O_RDWR) }
func (osFS) openRead(path string) (handle, error) { return openOS(path, os.O_RDONLY) }

func (osFS) list(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

func (osFS) createTemp(dir, pattern string) (handle, string, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, "", err
	}
	return osFile{f}, f.Name(), nil
}

func (osFS) create(path string) (handle, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|openFlags, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func openOS(path string, flag int) (handle, error) {
	f, err := os.OpenFile(path, flag|openFlags, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) datasync() error { return datasync(f.File) }
func (f osFile) lock() error     { return lockFile(f.File) }

// Close gives up the lock by itself: closing alone would leave it to a child process that is being started and has a copy of the descriptor until it
// runs its own program.
func (f osFile) Close() error {
	unlockFile(f.File)
	return f.File.Close()
}

// control runs fn on the descriptor of f.
func control(f *os.File, fn func(fd uintptr) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = fn(fd) }); err != nil {
		return err
	}
	return result
}
