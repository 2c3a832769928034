//go:build !linux

package rollback

import "os"

// datasync uses the strongest sync that Go offers on this system; on darwin that reaches the medium (F_FULLFSYNC).
func datasync(f *os.File) error { return f.Sync() }
