package attribution

import (
	"math"

	"github.com/modelcanary/go-sdk/criteria"
)

// row is what is known of a window, but for whose it is and when it was opened, a byte each:
//
//	stratum and arm
//	signals heard of, a bit each, and of those from servers
//	sums by signal of servers, then of all, in 255ths
//	cells by dimension
type row struct {
	bytes   []byte
	signals int
}

const (
	flagsAt = iota
	heardAt
	heardServersAt
	sumsAt
)

// The bits of the first byte.
const (
	candidateBit = 1 << iota
	stratumShift = iota
)

func stride(signals, dimensions int) int { return sumsAt + 2*signals + dimensions }

// open makes a row that of a window that has heard nothing.
func (r row) open(s criteria.Stratum, arm criteria.Arm, cells uint64) {
	clear(r.bytes)
	r.bytes[flagsAt] = byte(s)<<stratumShift | byte(arm)
	for d := sumsAt + 2*r.signals; d < len(r.bytes); d++ {
		r.bytes[d] = byte(cells)
		cells >>= 8
	}
}

// add adds a report of x 255ths.
func (r row) add(signal, x int, client bool) {
	r.bytes[heardAt] |= 1 << signal
	increase(&r.bytes[sumsAt+r.signals+signal], x)
	if !client {
		r.bytes[heardServersAt] |= 1 << signal
		increase(&r.bytes[sumsAt+signal], x)
	}
}

func (r row) stratum() criteria.Stratum { return criteria.Stratum(r.bytes[flagsAt] >> stratumShift) }
func (r row) arm() criteria.Arm         { return criteria.Arm(r.bytes[flagsAt] & candidateBit) }

func (r row) cells() (cells uint64) {
	for d := len(r.bytes) - 1; d >= sumsAt+2*r.signals; d-- {
		cells = cells<<8 | uint64(r.bytes[d])
	}
	return cells
}

// increase adds to a byte, which stops at its highest value.
func increase(b *byte, x int) { *b = byte(min(int(*b)+x, math.MaxUint8)) }
