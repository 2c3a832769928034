package worlds

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// Broken are values of a slice dimension, all equally frequent. For the value Bad
// the candidate always fails; everything else fails at the base rate. Label is the
// value. A Bad that is no value breaks nothing.
type Broken struct {
	Slices, Bad int
	Base        float64
}

// Draw decides the slice and whether the call fails in it.
func (w Broken) Draw(rng *rand.Rand, r *Request) {
	value := rng.IntN(w.Slices)
	r.Label, r.Slice = uint16(value), sliceCell(value)
	broken := value == w.Bad && r.Arm == criteria.Candidate
	r.Harm = broken || rng.Float64() < w.Base
}

// sliceCell is the cell of a value: its own as long as there are any, then one that
// it shares.
func sliceCell(value int) uint8 {
	const shared = criteria.SliceCells - criteria.SliceSlots
	if value < criteria.SliceSlots {
		return uint8(value)
	}
	return uint8(criteria.SliceSlots + value%shared)
}
