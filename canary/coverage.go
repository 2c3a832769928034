package canary

import (
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// coverage is how many of the requests that were drawn for the shadow became pairs, in each slice: what is dropped where a model is slow or busy must not hide there.
type coverage struct {
	slices [criteria.MaxDimensions][criteria.SliceCells]covered
}

// covered are the counts of one slice.
type covered struct {
	draws, pairs, differ, reruns, rerunsDiffer atomic.Int64
}

// drawn counts a request.
func (c *coverage) drawn(cells ledger.Cells, dimensions int) {
	for d := range dimensions {
		if s := c.at(d, cells); s != nil {
			s.draws.Add(1)
		}
	}
}

// paired counts a pair.
func (c *coverage) paired(differs, rerun, rerunDiffers bool, cells ledger.Cells, dimensions int) {
	for d := range dimensions {
		s := c.at(d, cells)
		if s == nil {
			continue
		}
		s.pairs.Add(1)
		countIf(&s.differ, differs)
		countIf(&s.reruns, rerun)
		countIf(&s.rerunsDiffer, rerun && rerunDiffers)
	}
}

func countIf(n *atomic.Int64, yes bool) {
	if yes {
		n.Add(1)
	}
}

func (c *coverage) at(dimension int, cells ledger.Cells) *covered {
	if cell := cells.At(dimension); int(cell) < criteria.SliceCells {
		return &c.slices[dimension][cell]
	}
	return nil
}
