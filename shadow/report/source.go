package report

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

const (
	chunkSize  = 256 << 10
	sourceRead = 64 << 10
	maxKept    = 2 << 20 // capacity up to which a buffer is used again
)

// A source is one file on its way into chunks. It holds the next of them.
type source struct {
	path    string
	index   int
	size    int64
	regular bool      // it has a size, and can be opened twice
	begin   time.Time // of its first record; zero: it has none, or cannot be looked at beforehand

	file *os.File
	raw  counter
	in   *bufio.Reader
	err  error // why it ends before its end

	line    int64 // of the beginning of next
	next    []byte
	carry   []byte // of a line that has begun
	time    time.Time
	tooLong bool
	end     bool // nothing follows next
}

type counter struct {
	in   io.Reader
	read int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.read += int64(n)
	return n, err
}

// newSource looks at the beginning of a file, if it can do so without losing it.
func newSource(path string, index int) (*source, error) {
	s := &source{path: path, index: index, line: 1}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("report: %s is a directory, want a file", path)
	}
	if !info.Mode().IsRegular() {
		return s, nil
	}
	s.size, s.regular = info.Size(), true
	if err := s.open(); err != nil {
		return nil, err
	}
	defer s.close()
	var d pairlog.Decoder
	var r pairlog.Record
	for range 100 {
		line, err := s.in.ReadSlice('\n')
		if d.Decode(line, &r) == nil {
			s.begin = r.Time
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	s.raw.read = 0
	return s, nil
}

func (s *source) open() error {
	file, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	s.file, s.raw.in = file, file
	s.in = bufio.NewReaderSize(&s.raw, sourceRead)
	if head, _ := s.in.Peek(2); !bytes.Equal(head, []byte{0x1F, 0x8B}) {
		return nil
	}
	unzipped, err := gzip.NewReader(s.in)
	if err != nil {
		s.err = fmt.Errorf("gzip: %w", err)
		s.in = bufio.NewReader(bytes.NewReader(nil))
		return nil
	}
	s.in = bufio.NewReaderSize(unzipped, sourceRead)
	return nil
}

func (s *source) close() {
	if s.file != nil {
		_ = s.file.Close() // only read
	}
	s.file, s.in = nil, nil
}

// fill reads the next lines and returns whether there are any.
func (s *source) fill() bool {
	s.tooLong = false
	s.next = append(s.next[:0], s.carry...)
	s.carry = s.carry[:0]
	for whole := -1; whole < 0 && !s.end; {
		from := len(s.next)
		s.read(chunkSize)
		if i := bytes.LastIndexByte(s.next[from:], '\n'); i >= 0 {
			whole = from + i + 1
		}
		switch {
		case whole >= 0 && !s.end:
			s.carry = append(s.carry, s.next[whole:]...)
			s.next = s.next[:whole]
		case whole < 0 && len(s.next) > pairlog.MaxScanLine:
			s.skipLine()
			return true
		}
	}
	if len(s.next) == 0 {
		return false
	}
	s.look()
	return true
}

// read appends up to n bytes to next.
func (s *source) read(n int) {
	from := len(s.next)
	s.next = append(s.next, make([]byte, n)...)
	got, err := io.ReadFull(s.in, s.next[from:])
	s.next = s.next[:from+got]
	if err == nil {
		return
	}
	s.end = true
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.err = err
	} else if _, err := s.in.ReadByte(); err != nil && !errors.Is(err, io.EOF) {
		s.err = err // such as that compressed data was cut off
	}
}

// skipLine leaves the beginning of a line that is too long, and goes on behind it.
func (s *source) skipLine() {
	s.tooLong = true
	s.next = append([]byte(nil), s.next[:4*maxQuoted]...)
	for {
		_, err := s.in.ReadSlice('\n')
		if err == nil {
			return
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			s.end = true
			return
		}
	}
}

// look takes the time of the first record, as far as one is near.
func (s *source) look() {
	var d pairlog.Decoder
	var r pairlog.Record
	rest := s.next
	for range 20 {
		line, after, _ := bytes.Cut(rest, []byte{'\n'})
		if d.Decode(line, &r) == nil && !r.Time.IsZero() {
			s.time = r.Time
			return
		}
		rest = after
	}
}

// give puts what is next into a chunk.
func (s *source) give(c *chunk) {
	c.file, c.first, c.tooLong, c.last, c.read = s.path, s.line, s.tooLong, s.end, s.raw.read
	if cap(c.data) > maxKept {
		c.data = nil
	}
	c.data, s.next = s.next, c.data[:0]
	s.line += int64(bytes.Count(c.data, []byte{'\n'}))
	if c.tooLong {
		s.line++
	}
}
