package rollback

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openFlags are none: a symbolic link is refused because [File] looks at the path before and after it opens it.
const openFlags = 0

// lockFile locks one byte far behind the data, because a lock on Windows keeps others from reading what it covers.
func lockFile(f *os.File) error {
	const exclusive = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return control(f, func(fd uintptr) error {
		err := windows.LockFileEx(windows.Handle(fd), exclusive, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
			return errHeld
		}
		return err
	})
}

// unlockFile has nothing to do: no other process has a copy of the handle.
func unlockFile(*os.File) {}

// syncDir has nothing to do: Windows cannot sync a directory, NTFS journals its names.
func syncDir(string) error { return nil }
