package rollback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The payload of a slot, format version 1, big endian; it holds a state in normal form, so its bytes are unique:
//
//	uint64  epoch
//	uint8   stage: 1 shadow, 2 ramping, 3 promoted, 4 finished, 5 rolled back
//	uint64  highest share, IEEE 754 bits
//	text    version: a uint16 length and as many bytes
//	uint64  turn
//	uint64  step, IEEE 754 bits
//	uint8   1: the next step is approved
//	uint64  hold: share, IEEE 754 bits
//	cause   of the hold: int64 seconds since 1970, uint32 nanoseconds, text reason, text actor
//	uint64  beacon: lit
//	uint64  beacon: out
//	uint64  incumbent
//	cause   of the rollback
//	uint16  count of bars, then for each: uint64 epoch, uint64 hash of the version
//
// maxPayload is its length when everything is at its limit.
const (
	maxPayload = 8 + 1 + 8 + 2 + MaxVersion + 8 + 8 + 1 + 8 + maxCause - MaxReason + MaxHoldReason + 3*8 + maxCause + 2 + 16*MaxBarred
	maxCause   = 8 + 4 + 2 + MaxReason + 2 + MaxActor
)

var errTruncated = errors.New("payload ends too early")

// appendPayload appends s, which must be in normal form.
func appendPayload(b []byte, s State) []byte {
	b = binary.BigEndian.AppendUint64(b, s.Epoch)
	b = append(b, byte(s.Stage))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(s.HighestShare))
	b = appendText(b, s.Version)
	b = binary.BigEndian.AppendUint64(b, s.Turn)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(s.Step))
	b = appendBool(b, s.Approved)
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(s.Hold.Share))
	b = appendCause(b, s.Hold.Cause)
	b = binary.BigEndian.AppendUint64(b, s.Beacon.Lit)
	b = binary.BigEndian.AppendUint64(b, s.Beacon.Out)
	b = binary.BigEndian.AppendUint64(b, s.Incumbent)
	b = appendCause(b, s.Cause)
	b = binary.BigEndian.AppendUint16(b, uint16(len(s.Barred)))
	for _, bar := range s.Barred {
		b = binary.BigEndian.AppendUint64(b, bar.Epoch)
		b = binary.BigEndian.AppendUint64(b, bar.Version)
	}
	return b
}

func appendCause(b []byte, c Cause) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(c.At.Nanosecond()))
	b = appendText(b, c.Reason)
	return appendText(b, c.Actor)
}

func appendText(b []byte, text string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}

func appendBool(b []byte, yes bool) []byte {
	if yes {
		return append(b, 1)
	}
	return append(b, 0)
}

// parsePayload reads what appendPayload wrote and refuses everything else.
func parsePayload(b []byte) (State, error) {
	r := reader{rest: b}
	s := State{
		Epoch:        r.uint64(),
		Stage:        Stage(r.uint8()),
		HighestShare: r.float64(),
		Version:      r.text(),
		Turn:         r.uint64(),
		Step:         r.float64(),
		Approved:     r.uint8() == 1,
		Hold:         Hold{Share: r.float64(), Cause: r.cause()},
		Beacon:       Beacon{Lit: r.uint64(), Out: r.uint64()},
		Incumbent:    r.uint64(),
		Cause:        r.cause(),
		Barred:       r.bars(),
	}
	switch {
	case r.short:
		return State{}, errTruncated
	case len(r.rest) != 0:
		return State{}, fmt.Errorf("payload has %d bytes too many", len(r.rest))
	case string(appendPayload(nil, s.normal())) != string(b):
		return State{}, errors.New("payload is not in normal form")
	}
	return s, nil
}

// reader takes fields off the front of a payload. Past its end it returns zeros and remembers.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if len(r.rest) < n {
		r.short = true
		r.rest = nil
		return make([]byte, n)
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uint8() uint8     { return r.take(1)[0] }
func (r *reader) uint16() uint16   { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32   { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) float64() float64 { return math.Float64frombits(r.uint64()) }
func (r *reader) uint64() uint64   { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) text() string     { return string(r.take(int(r.uint16()))) }

func (r *reader) cause() Cause {
	return Cause{At: time.Unix(int64(r.uint64()), int64(r.uint32())).UTC(), Reason: r.text(), Actor: r.text()}
}

func (r *reader) bars() []Bar {
	count := int(r.uint16())
	if count > MaxBarred {
		r.short = true
		return nil
	}
	var bars []Bar
	for range count {
		bars = append(bars, Bar{Epoch: r.uint64(), Version: r.uint64()})
	}
	return bars
}
