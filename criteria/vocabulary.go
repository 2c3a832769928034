package criteria

import "fmt"

// A vocabulary is the texts of one label signal, of the failure classes, or of one
// slice dimension. Each process numbers them as it meets them: ids below slots
// stand for one text each, those from there on for hashes, the same everywhere.
type vocabulary struct {
	kind  vocabularyKind
	index int // of the signal or dimension
}

type vocabularyKind uint8

const (
	labelWords vocabularyKind = iota
	classWords
	sliceWords

	numVocabularyKinds = 3
)

// String names it in errors.
func (v vocabulary) String() string {
	switch v.kind {
	case labelWords:
		return fmt.Sprintf("labels of signal %d", v.index)
	case classWords:
		return "classes"
	}
	return fmt.Sprintf("slices of dimension %d", v.index)
}

// worded is a meter whose first LabelSlots cells are ids of a vocabulary, the
// cells from there to MaxLabels hashes of its texts, and whose cell MaxLabels is of
// what has no id. A meter that numbers texts must say so, and is then translated
// between processes and remembered by its texts.
type worded interface{ vocabulary() vocabulary }

func (m labelMeter) vocabulary() vocabulary { return vocabulary{labelWords, m.signal} }
func (classMeter) vocabulary() vocabulary   { return vocabulary{kind: classWords} }

// slots is the number of ids that stand for one text each.
func (v vocabulary) slots() int {
	if v.kind == sliceWords {
		return SliceSlots
	}
	return LabelSlots
}

// text returns what an id stands for; false if nobody can tell.
func (v vocabulary) text(c *Config, id int) (text string, ok bool) {
	switch {
	case v.kind == labelWords && c.LabelText != nil:
		return c.LabelText(v.index, uint16(id)), true
	case v.kind == classWords && c.ClassText != nil:
		return c.ClassText(uint16(id)), true
	case v.kind == sliceWords && c.SliceText != nil:
		return c.SliceText(v.index, uint8(id)), true
	}
	return "", false
}

// id returns what stands for a text here; false if ids are taken as they are.
func (v vocabulary) id(c *Config, text string) (id int, ok bool) {
	switch {
	case v.kind == labelWords && c.LabelID != nil:
		return int(c.LabelID(v.index, text)), true
	case v.kind == classWords && c.ClassID != nil:
		return int(c.ClassID(text)), true
	case v.kind == sliceWords && c.SliceCell != nil:
		return int(c.SliceCell(v.index, text)), true
	}
	return 0, false
}

// texts reports whether the configuration can tell what ids stand for, and
// translates whether it wants ids translated.
func (v vocabulary) texts(c *Config) bool {
	return [...]bool{c.LabelText != nil, c.ClassText != nil, c.SliceText != nil}[v.kind]
}

func (v vocabulary) translates(c *Config) bool {
	return [...]bool{c.LabelID != nil, c.ClassID != nil, c.SliceCell != nil}[v.kind]
}

// vocabularies returns those of all criteria, and of the slices.
func (f *form) vocabularies() (all []vocabulary) {
	found := map[vocabulary]bool{}
	for t := range f.columns {
		for _, c := range f.columns[t].list {
			if w, ok := c.meter.(worded); ok && !found[w.vocabulary()] {
				found[w.vocabulary()] = true
				all = append(all, w.vocabulary())
			}
		}
	}
	for d := range f.dimensions {
		all = append(all, vocabulary{sliceWords, d})
	}
	return all
}

// usage is which ids of some vocabularies are in use.
type usage map[vocabulary]*[MaxLabels]bool

func (u usage) mark(v vocabulary, id int) {
	if id >= v.slots() {
		return
	}
	if u[v] == nil {
		u[v] = new([MaxLabels]bool)
	}
	u[v][id] = true
}

// ids are those in use, ascending.
func (u usage) ids(v vocabulary) (ids []int) {
	if u[v] == nil {
		return nil
	}
	for id, used := range u[v] {
		if used {
			ids = append(ids, id)
		}
	}
	return ids
}

// A glossary is what the ids in use of one vocabulary stand for.
type glossary struct {
	vocabulary
	told    bool // the texts are known
	entries []Entry
}

// glossaries writes the texts of the ids in use.
func (e *encoder) glossaries(all []vocabulary, c *Config, used usage) {
	e.int(len(all))
	for _, v := range all {
		e.uint(uint64(v.kind))
		e.int(v.index)
		e.bool(v.texts(c))
		if !v.texts(c) {
			continue
		}
		ids, next := used.ids(v), 0
		e.int(len(ids))
		for _, id := range ids {
			text, _ := v.text(c, id)
			e.int(id - next)
			e.text(text)
			next = id + 1
		}
	}
}

func (d *decoder) glossaries() []glossary {
	all := make([]glossary, d.length(numVocabularyKinds*MaxSignals))
	for i := range all {
		g := &all[i]
		g.kind, g.index = vocabularyKind(d.upTo(numVocabularyKinds-1)), d.upTo(MaxSignals-1)
		if g.told = d.bool(); g.told {
			g.entries = d.entries(g.slots())
		}
	}
	return all
}

func (d *decoder) entries(slots int) []Entry {
	entries := make([]Entry, d.length(slots))
	next := 0
	for i := range entries {
		id := next + d.upTo(slots)
		if id >= slots {
			d.fail("text of id %d, of %d", id, slots)
			return nil
		}
		entries[i] = Entry{uint16(id), d.text()}
		next = id + 1
	}
	return entries
}

// A numbering says which number here something has that another process has
// numbered; -1 if that cannot be told. The empty numbering changes nothing.
type numbering []int

func (n numbering) column(j int) (int, bool) {
	if n == nil {
		return j, true
	}
	return n[j], n[j] >= 0
}

// numbering translates ids of the vocabulary up to size, hashes as they are; nil if
// they are taken as they are.
func (g *glossary) numbering(c *Config, size int) numbering {
	if !g.translates(c) {
		return nil
	}
	n := make(numbering, size)
	for id := range n {
		n[id] = id
		if id < g.slots() {
			n[id] = -1
		}
	}
	for _, entry := range g.entries {
		n[entry.ID], _ = g.id(c, entry.Text)
	}
	return n
}
