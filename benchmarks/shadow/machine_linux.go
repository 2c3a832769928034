package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// processCPU is the processor time that this process has used.
func processCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tick is the kernel's unit of processor time.
const tick = 10 * time.Millisecond

// machineCPU is the processor time that all processes have used, and what the hypervisor gave to others instead, since the machine began.
func machineCPU() (busy, stolen time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	var user, nice, system, idle, wait, hard, soft, steal int64
	if _, err := fmt.Sscanf(string(text), "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &hard, &soft, &steal); err != nil {
		return 0, 0
	}
	return time.Duration(user+nice+system+hard+soft) * tick, time.Duration(steal) * tick
}

// loadAverage is the kernel's, as it prints it.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// The kernel's scheduling policies.
const (
	schedOther      = 0
	schedRoundRobin = 2
)

// setPriority puts a thread, 0 for the calling one, into the kernel's real-time class at a priority of 1 to 99; 0 is the ordinary class. What the thread starts inherits it.
func setPriority(thread int, priority int32) error {
	policy := uintptr(schedRoundRobin)
	if priority == 0 {
		policy = schedOther
	}
	_, _, failed := syscall.RawSyscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(thread), policy, uintptr(unsafe.Pointer(&priority)))
	if failed != 0 {
		return failed
	}
	return nil
}

// outrank gives all threads of this process that priority, the runtime's own included: a goroutine that is preempted goes on when another thread has scheduled it.
func outrank(priority int32) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := setPriority(id, priority); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
