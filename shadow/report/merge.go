package report

import (
	"cmp"
	"context"
	"slices"
)

// A merge hands out the chunks of many files, by and large in the order of time: the next is always the one that begins first. Files are opened when their time
// has come and closed at their end, so that those of one process, one after the other, are never open together.
type merge struct {
	waiting []*source // by the time of their first record
	open    []*source
	files   []string // all of them, in the order of waiting
	total   int64    // bytes of all files, 0: not known
	done    int64    // bytes of the files that were closed
	failed  []ReadError
}

func newMerge(paths []string) (*merge, error) {
	m := &merge{}
	known := true
	for i, path := range paths {
		s, err := newSource(path, i)
		if err != nil {
			return nil, err
		}
		m.waiting = append(m.waiting, s)
		m.total += s.size
		known = known && s.regular
	}
	if !known {
		m.total = 0
	}
	slices.SortStableFunc(m.waiting, func(a, b *source) int { return a.begin.Compare(b.begin) })
	for _, s := range m.waiting {
		m.files = append(m.files, s.path)
	}
	return m, nil
}

// next fills a chunk. It returns false at the end of all files.
func (m *merge) next(c *chunk) (bool, error) {
	if err := m.admit(); err != nil {
		return false, err
	}
	s := m.first()
	if s == nil {
		return false, nil
	}
	s.give(c)
	c.read += m.done + m.othersRead(s)
	if s.end || !s.fill() {
		m.retire(s)
	}
	return true, nil
}

// admit opens the files whose time has come.
func (m *merge) admit() error {
	for len(m.waiting) > 0 {
		s, now := m.waiting[0], m.first()
		if now != nil && s.begin.After(now.time) {
			return nil
		}
		m.waiting = m.waiting[1:]
		if err := s.open(); err != nil {
			return err
		}
		m.open = append(m.open, s)
		if !s.fill() {
			m.retire(s)
		}
	}
	return nil
}

func (m *merge) first() *source {
	if len(m.open) == 0 {
		return nil
	}
	return slices.MinFunc(m.open, func(a, b *source) int { return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.index, b.index)) })
}

func (m *merge) retire(s *source) {
	s.close()
	if s.err != nil {
		m.failed = append(m.failed, ReadError{File: s.path, Line: s.line, Problem: s.err.Error()})
	}
	m.done += s.raw.read
	m.open = slices.DeleteFunc(m.open, func(o *source) bool { return o == s })
}

func (m *merge) othersRead(s *source) (n int64) {
	for _, o := range m.open {
		if o != s {
			n += o.raw.read
		}
	}
	return n
}

func (m *merge) close() {
	for _, s := range m.open {
		s.close()
	}
}

// run fills chunks and hands each to the decoders and, in their order, to whoever sums up.
func (m *merge) run(ctx context.Context, free <-chan *chunk, decode, ordered chan<- *chunk) error {
	defer m.close()
	for {
		var c *chunk
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case c = <-free:
		}
		more, err := m.next(c)
		if err != nil || !more {
			return err
		}
		decode <- c
		ordered <- c
	}
}
