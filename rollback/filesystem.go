package rollback

import "io/fs"

// fileSystem is all that a [File] and an [Audit] ask of an operating system. Tests put one behind it that loses power.
type fileSystem interface {
	lstat(path string) (fs.FileInfo, error)
	sameFile(a, b fs.FileInfo) bool
	open(path string) (handle, error)                                // to read and write; follows no symbolic link, waits for no pipe
	openRead(path string) (handle, error)                            // to read only, else as open
	createTemp(dir, pattern string) (h handle, path string, e error) // a new file of a new name, mode 0600
	create(path string) (handle, error)                              // a new file, mode 0600; fs.ErrExist if there is anything at path
	link(from, to string) error                                      // fs.ErrExist if there is a file at to
	rename(from, to string) error
	remove(path string) error
	list(dir string) ([]string, error) // the names in dir, in any order
	syncDir(dir string) error          // names made, changed and removed in dir are durable
}

// handle is an open file.
type handle interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Stat() (fs.FileInfo, error)
	Close() error
	datasync() error // what was written is durable, and so is the size
	lock() error     // exclusive, without waiting, until Close: errHeld if another handle has it
}
