package criteria

import (
	"encoding"
	"fmt"
)

var (
	_ encoding.BinaryAppender    = (*Evidence)(nil)
	_ encoding.BinaryUnmarshaler = (*Evidence)(nil)
	_ encoding.BinaryAppender    = (*Judge)(nil)
)

// AppendBinary appends the counts to b: for a file or for other replicas. The
// encoding is deterministic and names the criteria, signals and slices by a
// fingerprint, and the labels, classes and slices in use by their texts, so that a
// process that numbers them otherwise can read it. The error is of evidence that
// comes from no judge.
//
// It takes 30 bytes when empty. A cohort of 250 requests adds 10 bytes for a rate, for
// windows or pairs, some 100 for latency, 130 for a number or a mean and 30 for ten
// labels or classes besides their texts (TestEncodedSizes); in slices, some 2 bytes for each cell in which a call was.
func (e *Evidence) AppendBinary(b []byte) ([]byte, error) {
	if e.form == nil {
		return b, fmt.Errorf("%w: evidence of no judge", ErrOtherConfig)
	}
	w := newEncoderFor(b, evidenceLetters, e.form.print)
	w.glossaries(e.form.words, e.form.config, e.used())
	for i := range e.tables {
		if g := group(i); !g.waits() || e.waits(int(g-feedbackGroup)) {
			e.tables[i].encode(w)
		}
	}
	for _, g := range slicedTables {
		e.slices[g].encode(w, e.form.places(g))
	}
	for i := range e.arrivals {
		if e.waits(i) {
			g := feedbackGroup + group(i)
			e.slices[g].encode(w, e.form.places(g))
			e.arrivals[i].encode(w)
		}
	}
	return w.seal(), nil
}

// UnmarshalBinary replaces the counts by those that [Evidence.AppendBinary] gave,
// in this process or another, with this release or an earlier one. Labels, classes
// and slices get the ids they have here, see [Config.LabelID]. Nothing of data is
// kept.
//
// It takes whatever bytes come: the error wraps [ErrCorrupt], [ErrNewerVersion] or,
// for counts of other criteria, [ErrOtherConfig], and the evidence is empty then. It
// allocates in proportion to the input. What it accepts is consistent: every criterion
// counted the same calls, at most 2^53, or of the same pairs those that bear on it.
func (e *Evidence) UnmarshalBinary(data []byte) error {
	e.Reset()
	if e.form == nil {
		return fmt.Errorf("%w: evidence of no judge", ErrOtherConfig)
	}
	d, err := unsealFor(data, evidenceLetters, e.form.print)
	if err != nil {
		return err
	}
	if err := e.decode(d); err != nil {
		e.Reset()
		return err
	}
	return nil
}

func (e *Evidence) decode(d *decoder) error {
	columns, cells, err := e.form.numberings(d)
	if err != nil {
		return err
	}
	for i := range e.tables {
		if g := group(i); !g.waits() || e.waits(int(g-feedbackGroup)) {
			e.tables[i].decode(d, g, e.form.columns[i].list, columns[i])
		}
	}
	for _, g := range slicedTables {
		if d.version > 1 || g != pairsGroup {
			e.slices[g].decode(d, e.form, g, &e.tables[g], columns[g], cells)
		}
	}
	for i := range e.arrivals {
		if e.waits(i) {
			g := feedbackGroup + group(i)
			e.slices[g].decode(d, e.form, g, &e.tables[g], columns[g], cells)
			e.arrivals[i].decode(d)
		}
	}
	return d.end()
}

// slicedTables are the groups with counts of their own in slices; those of feedback come after them, where there are any.
var slicedTables = [...]group{coinsGroup, pairsGroup}

// used is which ids were counted.
func (e *Evidence) used() usage {
	u := usage{}
	for t := range e.tables {
		e.tables[t].mark(u, e.form.columns[t].list)
	}
	for t := range e.slices {
		for _, x := range e.slices[t].list {
			u.mark(vocabulary{sliceWords, x.key.dimension()}, int(x.key.cell()))
		}
	}
	return u
}

// mark marks the ids of which a call was counted.
func (c *counts) mark(u usage, list []column) {
	for _, column := range list {
		w, ok := column.meter.(worded)
		if !ok {
			continue
		}
		for r, seen := range c.seen[:c.strata*numArms] {
			if seen == 0 {
				continue
			}
			for id, n := range c.cells[r*c.width+column.offset:][:w.vocabulary().slots()] {
				if n > 0 {
					u.mark(w.vocabulary(), id)
				}
			}
		}
	}
}

// numberings reads what ids stand for and returns how the columns of each table
// and the cells of each dimension have to be renumbered.
func (f *form) numberings(d *decoder) (columns [numTables]numbering, cells []numbering, err error) {
	all := d.glossaries()
	if d.err != nil {
		return columns, nil, d.err
	}
	if len(all) != len(f.words) {
		return columns, nil, fmt.Errorf("%w: %d vocabularies, want %d", ErrCorrupt, len(all), len(f.words))
	}
	cells = make([]numbering, f.dimensions)
	for i, v := range f.words {
		g := &all[i]
		switch {
		case g.vocabulary != v:
			return columns, nil, fmt.Errorf("%w: %v, want %v", ErrCorrupt, g.vocabulary, v)
		case v.translates(f.config) && !g.told:
			return columns, nil, fmt.Errorf("%w: the %v have no texts", ErrOtherConfig, v)
		case v.kind == sliceWords:
			cells[v.index] = g.numbering(f.config, SliceCells)
			continue
		}
		for t := range f.columns {
			columns[t] = f.columns[t].renumber(columns[t], g, f.config)
		}
	}
	return columns, cells, nil
}

// renumber adds the columns of a vocabulary to a numbering.
func (c *columns) renumber(n numbering, g *glossary, config *Config) numbering {
	ids := g.numbering(config, MaxLabels)
	if ids == nil {
		return n
	}
	for _, column := range c.list {
		if w, ok := column.meter.(worded); !ok || w.vocabulary() != g.vocabulary {
			continue
		}
		if n == nil {
			n = make(numbering, c.width)
			for j := range n {
				n[j] = j
			}
		}
		for id, here := range ids {
			n[column.offset+id] = -1
			if here >= 0 {
				n[column.offset+id] = column.offset + min(here, MaxLabels)
			}
		}
	}
	return n
}
