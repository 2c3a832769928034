//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package pairlog

import (
	"errors"
	"os"
	"syscall"
)

// openFlags refuse a symbolic link at the path and do not wait for the other end of a pipe.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// lockFile takes the file for this handle until it is closed, without waiting.
func lockFile(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = raw.Control(func(fd uintptr) { result = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) })
	switch {
	case err != nil:
		return err
	case errors.Is(result, syscall.EWOULDBLOCK):
		return ErrLocked
	case errors.Is(result, errors.ErrUnsupported), errors.Is(result, syscall.ENOLCK):
		return nil // a file system that knows no locks
	default:
		return os.NewSyscallError("flock", result)
	}
}

// isFull reports that there is no space left, or none that this user may have.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
