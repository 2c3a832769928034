package pairlog

import (
	"errors"
	"os"
	"syscall"
)

// openFlags are none here.
const openFlags = 0

// lockFile does nothing: here it is up to the application that a path belongs to one [File].
func lockFile(*os.File) error { return nil }

// isFull reports that there is no space left: ERROR_HANDLE_DISK_FULL or ERROR_DISK_FULL.
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.ENOSPC)
}
