//go:build !linux

package main

import (
	"errors"
	"time"
)

// processCPU is unknown here.
func processCPU() time.Duration { return 0 }

// machineCPU is unknown here.
func machineCPU() (busy, stolen time.Duration) { return 0, 0 }

// loadAverage is unknown here.
func loadAverage() string { return "unknown" }

// setPriority cannot do anything here.
func setPriority(int, int32) error { return errors.ErrUnsupported }

// outrank cannot either.
func outrank(int32) error { return errors.ErrUnsupported }
