package criteria

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"time"
)

// A decoder reads what an encoder wrote. After the first failure it reads zeros,
// so that only loops have to look at err. It trusts nothing: every number has a
// domain, and nothing is allocated for a length that the input cannot hold.
type decoder struct {
	b       []byte
	version byte
	err     error // wraps ErrCorrupt
}

// unseal checks what surrounds the content, and returns it.
func unseal(data []byte, letters string) (*decoder, error) {
	if len(data) < headerSize+trailerSize || string(data[:len(letters)]) != letters {
		return nil, fmt.Errorf("%w: %d bytes that do not begin with %q", ErrCorrupt, len(data), letters)
	}
	body, sum := data[:len(data)-trailerSize], binary.LittleEndian.Uint32(data[len(data)-trailerSize:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, fmt.Errorf("%w: checksum %08x of %d bytes, want %08x", ErrCorrupt, got, len(data), sum)
	}
	switch v := body[headerSize-1]; {
	case v == 0:
		return nil, fmt.Errorf("%w: version 0", ErrCorrupt)
	case v > encodingVersion:
		return nil, fmt.Errorf("%w: %d, the newest known is %d", ErrNewerVersion, v, encodingVersion)
	}
	return &decoder{b: body[headerSize:], version: body[headerSize-1]}, nil
}

// unsealFor is unseal where the content begins with a fingerprint, which is to be that
// of this configuration.
func unsealFor(data []byte, letters string, print uint64) (*decoder, error) {
	d, err := unseal(data, letters)
	if err != nil {
		return nil, err
	}
	if got := d.fixed(); d.err != nil {
		return nil, d.err
	} else if got != print {
		return nil, fmt.Errorf("%w: fingerprint %016x, here it is %016x", ErrOtherConfig, got, print)
	}
	return d, nil
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
	}
	d.b = nil
}

// ok reports whether nothing failed so far; check fails unless what must hold does.
func (d *decoder) ok() bool { return d.err == nil }

func (d *decoder) check(holds bool, what string) {
	if !holds {
		d.fail("%s", what)
	}
}

// end fails if there is more.
func (d *decoder) end() error {
	if len(d.b) > 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	return d.err
}

func (d *decoder) uint() uint64 {
	x, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("cut short")
		return 0
	}
	d.b = d.b[n:]
	return x
}

// upTo reads a number of at most most.
func (d *decoder) upTo(most int) int {
	x := d.uint()
	if x > uint64(most) {
		d.fail("%d where at most %d is possible", x, most)
		return 0
	}
	return int(x)
}

// number reads how often something happened, within what an int holds everywhere.
func (d *decoder) number() int { return d.upTo(math.MaxInt32) }

// length reads how many things follow, each of at least a byte.
func (d *decoder) length(most int) int {
	n := d.upTo(most)
	if n > len(d.b) {
		d.fail("%d entries in %d bytes", n, len(d.b))
		return 0
	}
	return n
}

// count reads a number of calls.
func (d *decoder) count() uint64 {
	x := d.uint()
	if x > maxCalls {
		d.fail("%d calls, at most %d are possible", x, uint64(maxCalls))
		return 0
	}
	return x
}

func (d *decoder) duration() time.Duration {
	x := d.uint()
	if x > math.MaxInt64/2 {
		d.fail("time %d is beyond all time", x)
		return 0
	}
	return time.Duration(x)
}

func (d *decoder) bool() bool { return d.upTo(1) == 1 }

// fixed reads eight bytes.
func (d *decoder) fixed() uint64 {
	if len(d.b) < 8 {
		d.fail("cut short")
		return 0
	}
	x := binary.LittleEndian.Uint64(d.b)
	d.b = d.b[8:]
	return x
}

func (d *decoder) exact() float64 { return math.Float64frombits(d.fixed()) }

func (d *decoder) short() float64 { return math.Float64frombits(bits.ReverseBytes64(d.uint())) }

// within fails on floats outside [low, high], and on NaN.
func (d *decoder) within(x, low, high float64) float64 {
	if !(x >= low && x <= high) {
		d.fail("%v is outside [%v, %v]", x, low, high)
		return 0
	}
	return x
}

// number64 reads any number but NaN.
func (d *decoder) number64() float64 { return d.within(d.exact(), math.Inf(-1), math.Inf(1)) }

// maxNats is more than all calls together could be paid.
const maxNats = 1e18

// nats reads a logarithm of capital.
func (d *decoder) nats() float64 { return d.within(d.exact(), -maxNats, maxNats) }

// calls reads a number of calls that need not be whole.
func (d *decoder) calls() float64 { return d.within(d.short(), 0, maxCalls) }

// fractions reads shares; whole ones only where bets need no coin.
func (d *decoder) fractions(whole bool) (shares [NumStrata]float64) {
	for s := range shares {
		x := d.within(d.short(), 0, 1)
		d.check(x < 1 || whole, "a share of 1 leaves no control")
		shares[s] = x
	}
	return shares
}

func (d *decoder) text() string {
	n := d.length(math.MaxInt32)
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}
