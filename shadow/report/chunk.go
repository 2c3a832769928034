package report

import (
	"bytes"
	"errors"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// A chunk is some lines of one file, and what they say. It is used again and again.
type chunk struct {
	file    string
	first   int64 // the number of its first line, from 1
	data    []byte
	tooLong bool // instead of lines, it is the beginning of one that is too long
	last    bool // its last line may be cut off
	read    int64

	records []pairlog.Record // the first used of them count
	lines   []int64          // of the records
	used    int
	bad     []BadLine // the first few
	badSeen int64
	decoded chan struct{}
}

func newChunk() *chunk { return &chunk{decoded: make(chan struct{}, 1)} }

// decode reads the lines. The records lead into data.
func (c *chunk) decode(d *pairlog.Decoder) {
	c.used, c.lines, c.bad, c.badSeen = 0, c.lines[:0], c.bad[:0], 0
	if c.tooLong {
		c.refuse(c.first, c.data, pairlog.ErrLineTooLong)
		return
	}
	number := c.first
	for rest := c.data; len(rest) > 0; number++ {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		rest = after
		c.decodeLine(d, number, line, whole)
	}
}

func (c *chunk) decodeLine(d *pairlog.Decoder, number int64, line []byte, whole bool) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	if c.used == len(c.records) {
		c.records = append(c.records, pairlog.Record{})
	}
	err := d.Decode(line, &c.records[c.used])
	switch {
	case err == nil:
		c.lines = append(c.lines, number)
		c.used++
	case whole || !c.last || errors.Is(err, pairlog.ErrSchema):
		c.refuse(number, line, err)
	}
}

func (c *chunk) refuse(number int64, line []byte, err error) {
	c.badSeen++
	if len(c.bad) < maxBadLines {
		if at, ok := errors.AsType[*pairlog.DecodeError](err); ok {
			at.Line = 0 // it is said beside it
		}
		c.bad = append(c.bad, BadLine{File: c.file, Line: number, Problem: err.Error(), Text: clip(string(line[:min(len(line), 4*maxQuoted)]), maxQuoted)})
	}
}
