package criteria

// A Dictionary is what the ids in the encoding of a [Judge] stand for: of labels
// by signal, of failure classes, and of slices by dimension, each in ascending
// order of ids. It is plain data. Signals and dimensions that no criterion reads,
// or whose texts were not known when the judge was encoded, have no entries.
type Dictionary struct {
	Labels  [][]Entry // Labels[signal]
	Classes []Entry
	Slices  [][]Entry // Slices[dimension]
}

// An Entry is an id, below [LabelSlots] or [SliceSlots], and its text.
type Entry struct {
	ID   uint16
	Text string
}

// ReadDictionary returns the dictionary of what [Judge.AppendBinary] gave. A judge
// keeps its ids, so whoever restores it first puts every text in the place of its
// id, before the first request is numbered:
//
//	dictionary, err := criteria.ReadDictionary(data)
//	... // fill the tables behind LabelText, ClassText and SliceText
//	judge, err := criteria.RestoreJudge(config, data)
//
// The error wraps [ErrCorrupt] or [ErrNewerVersion].
func ReadDictionary(data []byte) (Dictionary, error) {
	d, err := unseal(data, judgeLetters)
	if err != nil {
		return Dictionary{}, err
	}
	d.fixed() // whatever the configuration
	all := d.glossaries()
	if d.err != nil {
		return Dictionary{}, d.err
	}
	var dictionary Dictionary
	for i := range all {
		dictionary.take(&all[i])
	}
	return dictionary, nil
}

func (d *Dictionary) take(g *glossary) {
	switch g.kind {
	case labelWords:
		d.Labels = grown(d.Labels, g.index)
		d.Labels[g.index] = g.entries
	case classWords:
		d.Classes = g.entries
	case sliceWords:
		d.Slices = grown(d.Slices, g.index)
		d.Slices[g.index] = g.entries
	}
}

// grown makes sure that there is a place i.
func grown(list [][]Entry, i int) [][]Entry {
	for len(list) <= i {
		list = append(list, nil)
	}
	return list
}
