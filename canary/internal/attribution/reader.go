package attribution

import (
	"encoding/binary"
	"math"
)

// reader takes numbers off the front of bytes; after the first that cannot be it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

// check says whether what was read can be.
func (r *reader) check(good bool) { r.failed = r.failed || !good }

func (r *reader) uint() uint64 { return r.upTo(math.MaxUint64) }

func (r *reader) upTo(most uint64) uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > most || r.failed {
		r.failed = true
		return 0
	}
	r.b = r.b[n:]
	return x
}

// take is the next n bytes; none if there are not as many.
func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.b) {
		r.failed = true
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) fixed() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}
