//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package rollback

import (
	"errors"
	"fmt"
	"os"
)

// openFlags are none here.
const openFlags = 0

// lockFile refuses: without a lock two processes could share the file, so here a [File] always stays on the safe side.
func lockFile(*os.File) error {
	return fmt.Errorf("no file locks on this system: %w", errors.ErrUnsupported)
}

func unlockFile(*os.File) {}

func syncDir(string) error { return errors.ErrUnsupported }
