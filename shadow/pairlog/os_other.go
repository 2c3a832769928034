//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package pairlog

import "os"

// openFlags are none here.
const openFlags = 0

// lockFile does nothing: here it is up to the application that a path belongs to one [File].
func lockFile(*os.File) error { return nil }

// isFull cannot tell here; a full disk is counted as any other failure.
func isFull(error) bool { return false }
