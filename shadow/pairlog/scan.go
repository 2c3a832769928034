package pairlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
)

const (
	// MaxScanLine is how long a line may be that [Scan] reads, in bytes with its line feed.
	MaxScanLine = 16 << 20

	scanBuffer = 256 << 10
)

// ErrLineTooLong says that a line was skipped because it is longer than [MaxScanLine].
var ErrLineTooLong = errors.New("the line is too long")

// Scan returns the records of a log, compressed with gzip or not, one after the other. A record is valid until the next one. For a bad line there is
// a [*DecodeError] with the number of the line, after which it goes on; when reading fails there is that error, and then nothing more. A last line that was cut
// off, as that of a live file can be, is no error and is left out; empty lines are too.
//
// Logs are read in parallel by a Scan for each file.
func Scan(r io.Reader) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		in, err := plainText(r)
		if err != nil {
			yield(nil, fmt.Errorf("pairlog: %w", err))
			return
		}
		(&lineReader{in: in}).records(yield)
	}
}

// plainText reads what r holds, or what it holds compressed.
func plainText(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, scanBuffer)
	head, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(head, []byte{0x1F, 0x8B}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, scanBuffer), nil
}

type lineReader struct {
	in     *bufio.Reader
	number int64
	long   []byte // a line larger than the buffer of in
}

func (l *lineReader) records(yield func(*Record, error) bool) {
	var d Decoder
	var r Record
	for {
		line, err := l.next()
		whole := err == nil
		if errors.Is(err, ErrLineTooLong) {
			if !yield(nil, &DecodeError{Line: l.number, Offset: MaxScanLine, Err: err}) {
				return
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("pairlog: line %d: %w", l.number, err))
			return
		}
		if len(bytes.TrimSpace(line)) > 0 && !yieldLine(&d, &r, l.number, line, whole, yield) {
			return
		}
		if !whole {
			return
		}
	}
}

// yieldLine decodes a line. One that is not whole says nothing if it cannot be decoded.
func yieldLine(d *Decoder, r *Record, number int64, line []byte, whole bool, yield func(*Record, error) bool) bool {
	err := d.Decode(line, r)
	var bad *DecodeError
	switch {
	case err == nil:
		return yield(r, nil)
	case !whole && !errors.Is(err, ErrSchema):
		return true
	case errors.As(err, &bad):
		bad.Line = number
	}
	return yield(nil, err)
}

// next returns a line, valid until the next one. With io.EOF it is what stands behind the last line feed.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	line, err := l.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	l.long = l.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(l.long) <= MaxScanLine {
			l.long = append(l.long, line...)
		}
		line, err = l.in.ReadSlice('\n')
	}
	if len(l.long)+len(line) <= MaxScanLine {
		l.long = append(l.long, line...)
		return l.long, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, ErrLineTooLong
}
