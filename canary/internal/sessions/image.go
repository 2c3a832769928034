package sessions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

var errWindows = errors.New("sessions: windows cannot be read")

// The bits of a window.
const (
	candidateBit = 1 << iota
	harmBit
	stratumShift = iota
)

// AppendBinary appends the windows that wait, for another process to go on with: some 16 bytes each. awake is the time.
//
// A call that is under way ends with the process, and what came of it is not known. It is taken in the candidate's favour, as every missing value: as harm in a
// window of stable, and as none in one of the candidate.
func (w *Windows) AppendBinary(b []byte, awake time.Duration) []byte {
	b = binary.AppendUvarint(b, w.refused)
	b = binary.AppendUvarint(b, w.place(w.first))
	b = binary.AppendUvarint(b, uint64(len(w.steps)))
	for i := range w.steps {
		b = binary.AppendUvarint(b, w.place(w.steps[i].first))
		for _, share := range w.steps[i].shares {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(share))
		}
	}
	b = binary.AppendUvarint(b, w.tail-w.head)
	for position := w.head; position < w.tail; position++ {
		b = w.at(position).append(b, awake)
	}
	return b
}

// place is a position relative to the oldest window, which is at 1; 0 is anything before it.
func (w *Windows) place(position uint64) uint64 {
	if position < w.head {
		return 0
	}
	return position - w.head + 1
}

func (w *window) append(b []byte, awake time.Duration) []byte {
	flags := uint64(w.stratum) << stratumShift
	if w.arm == criteria.Candidate {
		flags |= candidateBit
	}
	if w.harm || w.pending > 0 && w.arm == criteria.Stable {
		flags |= harmBit
	}
	b = binary.LittleEndian.AppendUint64(b, w.unit)
	b = binary.AppendUvarint(b, flags)
	b = binary.AppendUvarint(b, uint64(w.slots))
	return binary.AppendUvarint(b, uint64(max(0, int64(awake)-w.opened)))
}

// Restore makes windows that are new those that AppendBinary wrote, and returns the bytes behind them. awake is the time here: the windows are as old as they
// were. It takes whatever bytes come; nothing is changed on an error.
func (w *Windows) Restore(b []byte, awake time.Duration) (rest []byte, err error) {
	r := reader{b: b}
	read := Windows{calls: w.calls, within: w.within, units: map[uint64]uint64{}, head: 1, tail: 1}
	read.refused = r.upTo(math.MaxUint64)
	read.first = r.upTo(MaxOpen + 1)
	for range r.upTo(MaxOpen + 1) {
		if read.steps = append(read.steps, r.step()); r.failed {
			break
		}
	}
	for range r.upTo(MaxOpen) {
		if read.ring == nil {
			read.ring = make([]window, MaxOpen)
		}
		at := r.window(read.calls, int64(awake))
		if r.failed {
			break
		}
		*read.at(read.tail) = at
		read.units[at.unit] = read.tail
		read.tail++
	}
	if r.failed || !read.orderly() {
		return nil, fmt.Errorf("%w: %d bytes, %d of them good", errWindows, len(b), len(b)-len(r.b))
	}
	*w = read
	return r.b, nil
}

// orderly reports whether the steps are such as BeginStep and Fold leave behind.
func (w *Windows) orderly() bool {
	if len(w.steps) == 0 || w.first > w.tail {
		return false
	}
	for i := range w.steps {
		if first := w.steps[i].first; first > w.tail || i > 0 && first <= w.steps[i-1].first {
			return false
		}
	}
	return len(w.steps) == 1 || w.steps[1].first >= w.head
}

// reader takes numbers off the front of bytes; after the first that cannot be it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) upTo(most uint64) uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > most || r.failed {
		r.failed = true
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 || r.failed {
		r.failed = true
		return 0
	}
	x := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return x
}

func (r *reader) step() (s step) {
	s.first = r.upTo(MaxOpen + 1)
	for i := range s.shares {
		s.shares[i] = math.Float64frombits(r.fixed())
		r.failed = r.failed || !(s.shares[i] >= 0 && s.shares[i] <= 1)
	}
	return s
}

func (r *reader) window(calls uint32, awake int64) window {
	w := window{unit: r.fixed()}
	flags := r.upTo(1<<(stratumShift+bits.Len(uint(criteria.NumStrata-1))) - 1)
	w.slots = uint32(r.upTo(uint64(calls)))
	w.opened = awake - int64(r.upTo(math.MaxInt64/2))
	w.stratum = criteria.Stratum(flags >> stratumShift)
	w.harm = flags&harmBit != 0
	if flags&candidateBit != 0 {
		w.arm = criteria.Candidate
	}
	r.failed = r.failed || w.slots == 0 || w.stratum >= criteria.NumStrata
	return w
}
