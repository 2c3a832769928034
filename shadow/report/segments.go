package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

const (
	// ownReruns is how many reruns a slice needs for a noise floor of its own.
	ownReruns = 100
	// shownSlices is how many slices a Summary has.
	shownSlices = 100
)

type dimensionTally struct {
	values map[string]*sliceTally
	other  sliceTally
}

type sliceTally struct {
	pairs, differing  int64
	reruns, unsettled int64
}

func (t *dimensionTally) add(value string, r *pairlog.Record) {
	s := t.of(value)
	s.pairs++
	s.differing += one(r.Differs)
	if r.Rerun != nil {
		s.reruns++
		s.unsettled += one(r.RerunDiffers)
	}
}

func (t *dimensionTally) of(value string) *sliceTally {
	if s := t.values[value]; s != nil {
		return s
	}
	if len(t.values) == maxSliceValues {
		return &t.other
	}
	if t.values == nil {
		t.values = map[string]*sliceTally{}
	}
	value = clip(value, maxName)
	s := t.values[value]
	if s == nil {
		s = new(sliceTally)
		t.values[value] = s
	}
	return s
}

// slicesOf ranks the slices, the worst first, and says how many were looked at. The part of a dimension beyond the slices that are told apart is not among them.
//
// A slice is as bad as the lower bound of its excess: the disagreement of all its pairs less the floor, each with its Wilson interval, taken together by squaring
// and adding. The level is that of one slice if none of them all is to be bounded wrongly with [Level], after Bonferroni: that a small slice heads the list by
// chance takes as much as that any of them is off.
func slicesOf(dimensions *registry[dimensionTally], floor Rate) (ranked []Slice, seen int) {
	for _, name := range dimensions.names {
		seen += len(dimensions.byName[name].values)
	}
	if seen == 0 {
		return nil, 0
	}
	z := zScore(1 - 2*(1-Level)/float64(max(2, seen))) // one-sided
	for _, name := range dimensions.names {
		for value, s := range dimensions.byName[name].values {
			ranked = append(ranked, s.summary(name, value, floor, z))
		}
	}
	slices.SortFunc(ranked, func(a, b Slice) int {
		return cmp.Or(-cmp.Compare(a.Lower, b.Lower), strings.Compare(a.Dimension, b.Dimension), strings.Compare(a.Value, b.Value))
	})
	return ranked[:min(len(ranked), shownSlices)], seen
}

func (t *sliceTally) summary(dimension, value string, floor Rate, z float64) Slice {
	s := Slice{
		Dimension: dimension, Value: value, Disagreement: rateOf(t.differing, t.pairs), Floor: rateOf(t.unsettled, t.reruns), OwnFloor: t.reruns >= ownReruns,
	}
	under := rateAt(t.unsettled, t.reruns, z)
	switch {
	case s.OwnFloor:
	case floor.Of >= ownReruns:
		under = rateAt(floor.Count, floor.Of, z)
	default:
		under = Rate{} // nothing is known of a floor: what it differs is shown as it is
	}
	s.Excess = s.Disagreement.Rate - under.Rate
	s.Lower = gapLower(rateAt(t.differing, t.pairs, z), under)
	return s
}
