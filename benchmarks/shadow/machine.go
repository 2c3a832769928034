package main

import (
	"runtime"
	"time"
)

// Real-time priorities, where the kernel allows them.
const (
	serverPriority = 1
	senderPriority = 2
)

// machine is a reading of what all processes used, and this one.
type machine struct {
	at                time.Time
	busy, stolen, own time.Duration
}

func readMachine() machine {
	busy, stolen := machineCPU()
	return machine{at: time.Now(), busy: busy, stolen: stolen, own: processCPU()}
}

// shares say who had the machine's processors, as fractions of all of them.
type shares struct{ Server, Generator, Others, Stolen float64 }

// since returns the shares since an earlier reading; the server's time is given.
func (m *machine) since(before *machine, server time.Duration) (s shares) {
	whole := m.at.Sub(before.at).Seconds() * float64(runtime.NumCPU())
	of := func(d time.Duration) float64 { return max(0, d.Seconds()/whole) }
	s = shares{Server: of(server), Generator: of(m.own - before.own), Stolen: of(m.stolen - before.stolen)}
	if m.busy > 0 {
		s.Others = max(0, of(m.busy-before.busy)-s.Server-s.Generator)
	}
	return s
}
