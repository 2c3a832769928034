//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package rollback

import (
	"errors"
	"os"
	"syscall"
)

// openFlags refuse a symbolic link at the path and do not wait for the other end of a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func lockFile(f *os.File) error {
	return control(f, func(fd uintptr) error {
		for {
			switch err := syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB); {
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EWOULDBLOCK):
				return errHeld
			default:
				return os.NewSyscallError("flock", err)
			}
		}
	})
}

func unlockFile(f *os.File) {
	_ = control(f, func(fd uintptr) error { return syscall.Flock(int(fd), syscall.LOCK_UN) }) // the closing that follows does it too, if later
}

// syncDir makes the names in dir durable. A file system that knows no such thing says EINVAL, and has nothing to be asked for.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
