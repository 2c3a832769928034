package pairlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrLocked says that the live file belongs to another [File], in this process or in another one.
var ErrLocked = errors.New("the file is held by another log")

// fileSystem is all that a [File] asks of an operating system.
type fileSystem interface {
	makeDir(dir string) error               // and those above it, mode 0700; nothing if it is there
	openLive(path string) (handle, error)   // to read and append; made with mode 0600 if missing, locked
	openRead(path string) (handle, error)   // a finished file
	createTemp(path string) (handle, error) // a new file, mode 0600, in the place of any other
	lstat(path string) (fs.FileInfo, error)
	list(dir string) ([]string, error) // the names in dir, in any order
	rename(from, to string) error
	remove(path string) error
}

// handle is an open file.
type handle interface {
	io.ReaderAt
	io.Writer
	Stat() (fs.FileInfo, error)
	Sync() error
	Close() error
}

// osFS is the file system of the operating system.
type osFS struct{}

func (osFS) makeDir(dir string) error               { return os.MkdirAll(dir, 0o700) }
func (osFS) lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }
func (osFS) rename(from, to string) error           { return os.Rename(from, to) }
func (osFS) remove(path string) error               { return os.Remove(path) }
func (osFS) openRead(path string) (handle, error) {
	return regular(os.OpenFile(path, os.O_RDONLY|openFlags, 0)) //nolint:gosec // beside a path of the application
}

func (osFS) createTemp(path string) (handle, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return regular(os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|openFlags, 0o600)) //nolint:gosec // as above
}

func (osFS) list(dir string) ([]string, error) {
	d, err := os.Open(dir) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

// openLive sees to it that nobody else may read the file, also one that was there before.
func (osFS) openLive(path string) (handle, error) {
	f, err := regular(os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|openFlags, 0o600)) //nolint:gosec // the path is the application's
	if err != nil {
		return nil, err
	}
	if err := errors.Join(lockFile(f.File), f.makePrivate()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// makePrivate takes away what others may do with the file.
func (f osFile) makePrivate() error {
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&0o077 == 0 && info.Mode().Perm()&0o600 == 0o600 {
		return err
	}
	return f.Chmod(0o600)
}

type osFile struct{ *os.File }

// regular refuses what is no file proper: a pipe or a device in its place would take records without keeping them.
func regular(f *os.File, err error) (osFile, error) {
	if err != nil {
		return osFile{}, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file but %v", f.Name(), info.Mode().Type())
	}
	if err != nil {
		_ = f.Close()
		return osFile{}, err
	}
	return osFile{f}, nil
}
