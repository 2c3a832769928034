package main

import (
	"encoding/binary"
	"time"
)

// order asks the server for one thing: how many layers take that long, what does not depend on load, or a block.
type order struct {
	Calibrate time.Duration
	Limits    int // layers of the model; 0: they are not asked for
	Block     *block
	Sent      int // ends a block: so many requests were sent
}

// block is a stretch of traffic with one mode.
type block struct {
	Mode    string
	Layers  int
	Garbage int           // bytes that each call leaves to the collector
	Shadow  float64       // fraction of requests that ask for a shadow
	Rate    float64       // requests a second
	Length  time.Duration // of the arrivals
	Seed    uint64        // of the arrivals
	Start   time.Time     // of the arrivals, on the clock on the wall
	Most    int           // no more requests than that arrive
}

// outcome is what the server found.
type outcome struct {
	Layers  int
	Limits  []claim
	Problem string

	Took   []time.Duration // from the time at which a request should have arrived to its answer, by number; negative: not answered
	Tally  tally
	Gauges spent // while requests came and were answered
}

// frame is a request on the wire: its number and when it should have arrived, since the block's start.
type frame [frameSize]byte

const frameSize = 16

func newFrame(number uint64, at time.Duration) (f frame) {
	binary.LittleEndian.PutUint64(f[:8], number)
	binary.LittleEndian.PutUint64(f[8:], uint64(at))
	return f
}

func (f frame) number() uint64 { return binary.LittleEndian.Uint64(f[:8]) }

func (f frame) at() time.Duration {
	return time.Duration(binary.LittleEndian.Uint64(f[8:]))
}
