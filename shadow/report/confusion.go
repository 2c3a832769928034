package report

import (
	"cmp"
	"slices"
)

// A confusedCell is one cell of a label's table off the diagonal.
type confusedCell struct {
	stable, candidate int
	pairs             int64
}

// worstCells returns the cells with most pairs.
func (l Label) worstCells(most int) []confusedCell {
	var cells []confusedCell
	for i, row := range l.Confusion {
		for j, n := range row {
			if i != j && n > 0 {
				cells = append(cells, confusedCell{i, j, n})
			}
		}
	}
	slices.SortFunc(cells, func(a, b confusedCell) int {
		return cmp.Or(-cmp.Compare(a.pairs, b.pairs), cmp.Compare(a.stable, b.stable), cmp.Compare(a.candidate, b.candidate))
	})
	return cells[:min(len(cells), most)]
}
