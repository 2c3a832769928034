//go:build !linux

package main

import "time"

// precisely prepares for precise sleeps; there are none.
func precisely() (undo func()) { return func() {} }

// sleep may return late, by a millisecond.
func sleep(d time.Duration) { time.Sleep(d) }
