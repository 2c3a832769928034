package main

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// precisely prepares the calling goroutine for sleeps that end within microseconds, and returns what undoes it.
func precisely() (undo func()) {
	runtime.LockOSThread()
	const prSetTimerslack = 29
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1, 0)
	return runtime.UnlockOSThread
}

// sleep asks the kernel itself and does not tell Go's scheduler, whose timers round to a millisecond where nothing else goes on and whose monitor would look at
// a thread in a system call 50,000 times a second. It may return early.
func sleep(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_, _, _ = syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0)
}
