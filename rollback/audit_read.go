package rollback

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
)

// ChainError tells where an audit trail is not what was written, and what is wrong there.
type ChainError struct {
	File    int // of those that were read, counted from 1
	Line    int // in that file, counted from 1; behind the last one for a line that is missing there
	Problem string
}

// Error returns place and problem in one line.
func (e *ChainError) Error() string {
	return fmt.Sprintf("rollback: audit trail is broken at file %d, line %d: %s", e.File, e.Line, e.Problem)
}

// VerifyAudit reads the files of a trail, the oldest first, and returns its last line's mark, and the first place where the chain is broken as a [*ChainError]:
// a line that was altered, removed, added, or moved, or an end that is not whole. Other errors are those of the readers. It needs no more
// memory for a longer trail.
//
// A chain alone cannot show that lines are missing at its end, nor files at its beginning, where old ones are deleted anyway; and whoever may write the files can make
// a whole new chain. For that there is known, a mark that an earlier call has returned and that was kept where nobody can change it: the trail must
// have that very line, unless it begins after it. The zero mark asks for nothing.
//
// A trail that is being written may end with half a line; read it again.
func VerifyAudit(known AuditMark, files ...io.Reader) (AuditMark, error) {
	c := chain{known: known}
	for _, err := range c.read(files) {
		if err != nil {
			return c.last, err
		}
	}
	return c.last, nil
}

// ReadAudit reads the files of a trail, the oldest first. It goes on behind a place where the chain is broken: there it yields a [*ChainError], with the entry
// of that line if it can be read, else with the zero one. Any other error is a reader's and ends it.
func ReadAudit(files ...io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c := chain{}
		c.read(files)(yield)
	}
}

// read yields every entry, with what is wrong at it.
func (c *chain) read(files []io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i, file := range files {
			if !c.readFile(i+1, file, yield) {
				return
			}
		}
		if err := c.end(); err != nil {
			yield(Entry{}, err)
		}
	}
}

func (c *chain) readFile(number int, file io.Reader, yield func(Entry, error) bool) bool {
	lines := bufio.NewReaderSize(file, maxLine)
	c.here = place{number, 0}
	begins := true // a line does, not a further piece of one
	for {
		line, err := lines.ReadSlice('\n')
		if begins && len(line) > 0 {
			c.here.line++
		}
		switch {
		case len(line) == 0:
		case begins && err == nil:
			if !c.take(line, yield) {
				return false
			}
		default: // too long to be a line, or cut off
			c.junk(line)
		}
		begins = err == nil
		switch {
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			c.endFile(line)
			return true
		default:
			yield(Entry{}, fmt.Errorf("rollback: audit trail, file %d: %w", number, err))
			return false
		}
	}
}
