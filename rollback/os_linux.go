package rollback

import (
	"errors"
	"os"
	"syscall"
)

// datasync skips what fsync would write beside the data, such as the time of the last change.
func datasync(f *os.File) error {
	return control(f, func(fd uintptr) error {
		for {
			err := syscall.Fdatasync(int(fd))
			if !errors.Is(err, syscall.EINTR) {
				return os.NewSyscallError("fdatasync", err)
			}
		}
	})
}
