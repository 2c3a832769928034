package attribution

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

var errWindows = errors.New("attribution: windows cannot be read")

// heardBit marks, in an image, a window of which more is known than whose it is.
const heardBit = 1 << 7

// AppendBinary appends the open windows, for another process to go on with: 10 to 14 bytes for each that has heard nothing and has no cells. now is the time.
func (w *Windows) AppendBinary(b []byte, now time.Duration) []byte {
	at := max(w.now, int64(now)>>w.shift)
	b = append(b, byte(w.cfg.Signals), byte(w.cfg.Dimensions))
	b = binary.AppendUvarint(b, uint64(w.cfg.Within))
	b = binary.LittleEndian.AppendUint64(b, w.seed)
	b = binary.LittleEndian.AppendUint64(b, w.dice)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(w.pace.count(at)))
	b = binary.AppendUvarint(b, w.thinned)
	b = binary.AppendUvarint(b, uint64(len(w.steps)))
	for i := range w.steps {
		b = binary.AppendUvarint(b, w.place(w.steps[i].first))
		for _, share := range w.steps[i].shares {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(share))
		}
	}
	b = binary.AppendUvarint(b, w.tail-w.head)
	if w.head == w.tail {
		return b
	}
	b = binary.AppendUvarint(b, uint64(min(at-w.opened, math.MaxUint32))) // as no window may be younger than that, none is in the future
	before, _ := w.oldest()
	for p := w.head; p < w.tail; p++ {
		e := w.entry(p)
		b = binary.LittleEndian.AppendUint64(b, e.key)
		b = binary.AppendUvarint(b, uint64(e.opened-before))
		b = w.row(p).append(b)
		before = e.opened
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

func (r row) append(b []byte) []byte {
	if r.bytes[heardAt] == 0 {
		b = append(b, r.bytes[flagsAt])
		return append(b, r.bytes[sumsAt+2*r.signals:]...)
	}
	b = append(b, r.bytes[flagsAt]|heardBit)
	return append(b, r.bytes[heardAt:]...)
}

// Restore makes windows that are new those that AppendBinary wrote, and returns the bytes behind them. They must be declared alike; there may be room for more, or for
// fewer if so many are open. now is the time here: the windows are as old as they were. It takes whatever bytes come; nothing is changed on an error.
func (w *Windows) Restore(data []byte, now time.Duration) (rest []byte, err error) {
	read := New(w.cfg)
	r := reader{b: data}
	if signals, dimensions := r.byte(), r.byte(); int(signals) != w.cfg.Signals || int(dimensions) != w.cfg.Dimensions || r.uint() != uint64(w.cfg.Within) {
		return nil, fmt.Errorf("%w: they are not of %d signals in %d dimensions within %v", errWindows, w.cfg.Signals, w.cfg.Dimensions, w.cfg.Within)
	}
	read.now = int64(now) >> w.shift
	read.seed, read.dice = r.fixed(), r.fixed()
	tokens := math.Float64frombits(r.fixed())
	r.check(tokens > -1)
	read.pace.tokens, read.pace.at = min(tokens, read.pace.depth), read.now
	read.thinned = r.uint()
	read.steps = read.steps[:0]
	for range r.upTo(MaxOpen + 1) {
		if read.steps = append(read.steps, r.step()); r.failed {
			break
		}
	}
	read.restore(&r)
	if r.failed || !read.orderly() {
		return nil, fmt.Errorf("%w: %d bytes, %d of them good", errWindows, len(data), len(data)-len(r.b))
	}
	read.idle = idle{most: read.Waiting(), since: read.now}
	*w = *read
	return r.b, nil
}

// restore reads the windows behind the steps.
func (w *Windows) restore(r *reader) {
	n := r.upTo(uint64(w.cfg.MaxOpen))
	if n == 0 {
		return
	}
	age := int64(r.upTo(math.MaxUint32))
	w.opened = w.now - age
	for opened := w.opened; n > 0; n-- {
		key := r.fixed()
		opened += int64(r.upTo(math.MaxUint32))
		flags := r.byte()
		r.check(opened <= w.now && flags&^heardBit < criteria.NumStrata<<stratumShift)
		if r.failed {
			return
		}
		r.row(w.push(key, uint32(opened)), flags)
	}
}

// orderly reports whether the steps are such as BeginStep and Fold leave behind.
func (w *Windows) orderly() bool {
	if len(w.steps) == 0 {
		return false
	}
	for i := range w.steps {
		if first := w.steps[i].first; first > w.tail || i > 0 && first <= w.steps[i-1].first {
			return false
		}
	}
	return true
}

func (r *reader) step() (s step) {
	s.first = r.upTo(MaxOpen + 1)
	for i := range s.shares {
		s.shares[i] = math.Float64frombits(r.fixed())
		r.check(s.shares[i] >= 0 && s.shares[i] <= 1)
	}
	return s
}

// row reads into a row what follows its flags.
func (r *reader) row(to row, flags byte) {
	clear(to.bytes)
	to.bytes[flagsAt] = flags &^ heardBit
	if flags&heardBit == 0 {
		copy(to.bytes[sumsAt+2*to.signals:], r.take(len(to.bytes)-sumsAt-2*to.signals))
		return
	}
	copy(to.bytes[heardAt:], r.take(len(to.bytes)-heardAt))
	sound := to.bytes[heardAt] > 0 && to.bytes[heardAt] >= to.bytes[heardServersAt]
	for i := range to.signals {
		sound = sound && to.bytes[sumsAt+i] <= to.bytes[sumsAt+to.signals+i]
	}
	r.check(sound)
}
