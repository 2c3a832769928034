package rollback

import (
	"crypto/sha256"
	"fmt"
	"hash"
)

// actionTorn is the action of the entries by which a trail notes what is not a line of it.
const actionTorn = "torn"

// chain follows a trail from line to line.
type chain struct {
	known AuditMark // that has to be met
	last  AuditMark // of the line before
	here  place
	was   place // of the line before
	lost  bool  // the line before was broken: what comes next begins anew

	rest      hash.Hash // of what is not a line and stands behind the last one; nil: nothing does
	restBytes int
	restAt    place
}

// place is a line of a file, both counted from 1.
type place struct{ file, line int }

func (p place) broken(format string, args ...any) error {
	return &ChainError{File: p.file, Line: p.line, Problem: fmt.Sprintf(format, args...)}
}

// take takes the next line and yields what it says and what is wrong with it; false: no more is wanted.
func (c *chain) take(b []byte, yield func(Entry, error) bool) bool {
	l, ok := decodeLine(b)
	if !ok {
		c.junk(b)
		return true
	}
	if err := c.noted(l); err != nil && !yield(Entry{}, err) {
		return false
	}
	err := c.follows(l)
	c.last, c.was, c.lost = markOf(l.Seq, b), c.here, false
	if err == nil {
		err = c.meets()
	}
	return yield(l.entry(), err)
}

// junk takes bytes that are not a line.
func (c *chain) junk(b []byte) {
	if c.rest == nil {
		c.rest, c.restBytes, c.restAt = sha256.New(), 0, c.here
	}
	_, _ = c.rest.Write(b) // never fails
	c.restBytes += len(b)
}

// noted reports what stands before a line and is not a line, if that one does not say so.
func (c *chain) noted(l auditLine) error {
	if c.rest == nil {
		return nil
	}
	evidence := tornEvidence([sha256.Size]byte(c.rest.Sum(nil)), c.restBytes)
	c.rest = nil
	if l.Action == actionTorn && l.Evidence == evidence {
		return nil
	}
	c.lost = true
	return c.restAt.broken("it is not a whole line of the trail, and no entry notes that")
}

// follows reports whether a line is the one after the last. A line whose hash is not the one that the next has kept is broken itself.
func (c *chain) follows(l auditLine) error {
	first := c.was == place{} || c.lost
	switch {
	case l.Seq == 0, (l.Seq == 1) != (l.Prev == ""):
		return c.here.broken("line %d of the trail cannot follow %q", l.Seq, l.Prev)
	case first, l.Seq == c.last.Seq+1 && l.Prev == c.last.Hash:
		return nil
	case l.Seq == c.last.Seq+1:
		return c.was.broken("it has another hash than the one that the next line has kept")
	case l.Seq > c.last.Seq+1:
		return c.here.broken("line %d of the trail stands here, line %d is missing", l.Seq, c.last.Seq+1)
	default:
		return c.here.broken("line %d of the trail stands here, after line %d", l.Seq, c.last.Seq)
	}
}

// meets reports whether the last line, if it is the known one, is what it was.
func (c *chain) meets() error {
	if c.last.Seq == c.known.Seq && c.last.Hash != c.known.Hash {
		return c.here.broken("line %d of the trail has another hash than the known one", c.last.Seq)
	}
	return nil
}

// endFile ends what is not a line with the newline that it may lack.
func (c *chain) endFile(lastPiece []byte) {
	if c.rest != nil && len(lastPiece) > 0 {
		c.junk([]byte{'\n'})
	}
}

// end reports what is missing at the end of the trail.
func (c *chain) end() error {
	switch {
	case c.rest != nil:
		return c.restAt.broken("it is not a whole line of the trail")
	case c.last.Seq < c.known.Seq:
		return place{c.here.file, c.here.line + 1}.broken("the trail ends after line %d, line %d is known", c.last.Seq, c.known.Seq)
	default:
		return nil
	}
}
