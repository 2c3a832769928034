package pairlog

import "sync"

// line is a record on its way to the disk.
type line struct {
	text []byte
}

// maxKeptLine is up to which capacity a line is used again.
const maxKeptLine = 16 << 10

var lines = sync.Pool{New: func() any { return new(line) }}

// newLine returns false if r cannot be read: it is nil, or changed meanwhile.
func newLine(r *Record, max limits) (l *line, ok bool) {
	defer func() {
		if recover() != nil {
			l, ok = nil, false
		}
	}()
	l = lines.Get().(*line)
	l.text = appendRecord(l.text[:0], r, max)
	return l, true
}

func (l *line) free() {
	if cap(l.text) <= maxKeptLine {
		lines.Put(l)
	}
}
