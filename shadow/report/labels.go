package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// shownTexts is how many texts of a label are shown, besides others.
const shownTexts = 20

// Ids of texts: from 0 the texts in the order in which they came, and then these two.
const (
	otherText uint16 = maxTexts + iota
	noText
)

type labelTally struct {
	ids   map[string]uint16
	texts []string
	cells map[[2]uint16]int64 // stable's and the candidate's text
	seen  int64
	more  bool
}

func (t *labelTally) add(r *pairlog.Record, name string, keep *examples) {
	x, stable := r.Stable.Labels[name]
	y, candidate := r.Candidate.Labels[name]
	if !stable && !candidate {
		return
	}
	if t.cells == nil {
		t.ids, t.cells = map[string]uint16{}, map[[2]uint16]int64{}
	}
	t.seen++
	cell := [2]uint16{t.id(x, stable), t.id(y, candidate)}
	t.cells[cell]++
	if cell[0] != cell[1] && cell[0] != noText && cell[1] != noText {
		keep.confusion(name, cell)
	}
}

func (t *labelTally) id(text string, given bool) uint16 {
	if !given {
		return noText
	}
	if id, ok := t.ids[text]; ok {
		return id
	}
	if len(t.texts) == maxTexts {
		t.more = true
		return otherText
	}
	text = clip(text, maxName)
	id := uint16(len(t.texts))
	t.ids[text], t.texts = id, append(t.texts, text)
	return id
}

func (t *labelTally) summary(name string) Label {
	rows := t.rows()
	l := Label{Name: name, Distinct: len(t.texts), Texts: t.shown(rows)}
	l.Confusion = make([][]int64, len(l.Texts))
	for i := range l.Confusion {
		l.Confusion[i] = make([]int64, len(l.Texts))
	}
	var changed int64
	for cell, n := range t.cells {
		l.Confusion[rows[cell[0]]][rows[cell[1]]] += n
		if cell[0] != cell[1] {
			changed += n
		}
	}
	l.Changed = rateOf(changed, t.seen)
	l.Shares = sharesOf(l.Confusion, t.seen)
	return l
}

// rows says in which row of the table each id is: the most frequent first.
func (t *labelTally) rows() map[uint16]int {
	total := map[uint16]int64{}
	for cell, n := range t.cells {
		total[cell[0]] += n
		total[cell[1]] += n
	}
	ids := make([]uint16, len(t.texts))
	for i := range ids {
		ids[i] = uint16(i)
	}
	slices.SortFunc(ids, func(a, b uint16) int {
		return cmp.Or(-cmp.Compare(total[a], total[b]), strings.Compare(t.texts[a], t.texts[b]))
	})
	rows := map[uint16]int{}
	for i, id := range ids {
		rows[id] = min(i, shownTexts)
	}
	next := min(len(ids), shownTexts)
	if _, others := total[otherText]; others || len(ids) > shownTexts {
		rows[otherText] = next
		next++
	}
	if _, lacking := total[noText]; lacking {
		rows[noText] = next
	}
	return rows
}

func (t *labelTally) shown(rows map[uint16]int) []string {
	most := 0
	for _, row := range rows {
		most = max(most, row)
	}
	out := make([]string, most+1)
	for id, row := range rows {
		switch {
		case id == noText:
			out[row] = NoLabel
		case id == otherText || row == shownTexts:
			out[row] = OtherLabels
		default:
			out[row] = t.texts[id]
		}
	}
	return out
}

func sharesOf(confusion [][]int64, of int64) []Excess {
	z := zScore(1 - (1-Level)/float64(max(1, len(confusion))))
	out := make([]Excess, len(confusion))
	for i := range confusion {
		table := pairTable{both: confusion[i][i], neither: of - confusion[i][i]}
		for j := range confusion {
			if j != i {
				table.first += confusion[j][i]
				table.second += confusion[i][j]
			}
		}
		table.neither -= table.first + table.second
		out[i] = table.excessAt(z)
	}
	return out
}
