package criteria

import (
	"math"
	"time"
)

// A slice is one criterion's bets on one cell of a dimension. It bets on the
// events of the criterion, in rounds of its own: it sees only a part of the
// traffic. A round is opened by the first call in it, with the cuts the
// criterion has then.
type slice struct {
	process
	dimension int
	cell      uint8
	weight    float64 // log, of the criterion's slices

	step   int           // of the session, when the round was opened
	opened time.Duration // when that was
	calls  float64       // in the open round
	logE   float64
	dirty  bool // counted since logE
	carved bool

	past    []tally          // past[event], of closed rounds
	missing [numArms]float64 // calls without a value, of all rounds
}

// sliceWeight is the fraction that cell j of a dimension has of the dimension's
// weight; over all cells it adds up to 1. Cells are numbered as they appear in
// the traffic, so the frequent ones come first and weigh more.
func sliceWeight(j uint8) float64 { return 1 / (float64(j) + 2) / sliceWeights }

var sliceWeights = func() (sum float64) {
	for j := range SliceCells {
		sum += 1 / (float64(j) + 2)
	}
	return sum
}()

// enter makes sure that a round is open in the present step. It reports whether
// there is anything to bet on.
func (sl *slice) enter(s *session, b book) bool {
	if sl.step != s.steps {
		sl.end()
	}
	if len(sl.events) > 0 {
		return true
	}
	events := b.within()
	if len(events) == 0 {
		return false
	}
	sl.step, sl.opened = s.steps, s.now
	if sl.past == nil {
		sl.past = make([]tally, len(events))
	}
	if len(sl.past) != len(events) {
		return false
	}
	own := append(sl.events[:0], events...)
	for i := range own {
		n := &sl.past[i]
		own[i].guess = shrink(n.s1, n.s1+n.s0, events[i].guess, priorWeight)
	}
	sl.open(own, s.shares)
	return len(sl.events) > 0
}

// end closes the round.
func (sl *slice) end() {
	if len(sl.events) == 0 {
		return
	}
	for i := range sl.events {
		sl.past[i] = sl.past[i].plus(sl.seen(i))
	}
	sl.close()
	sl.calls = 0
}

// seen is what the open round has counted of an event, over all strata.
func (sl *slice) seen(i int) (n tally) {
	for s := range NumStrata {
		switch {
		case !sl.live[s]:
		case sl.graded != nil:
			n = n.plus(sl.graded.tally(s))
		default:
			n = n.plus(sl.tallies[s][i])
		}
	}
	return n
}

// due reports whether the round has its size; see [session.due].
func (sl *slice) due(now time.Duration) bool {
	if len(sl.events) == 0 {
		return false
	}
	closed := sl.rounds - 1
	full := sl.calls >= float64(int(roundSize)<<min(closed, roundDoublings))
	return full && (closed < roundDoublings || now-sl.opened >= roundAge)
}

// slices are all slices of one criterion, by dimension and cell.
type slicing struct {
	cells [][SliceCells]*slice
	used  []*slice // in the order of their first call
	logE  float64  // of all dimensions together
	dirty bool
}

func newSlicing(dimensions int) slicing {
	return slicing{cells: make([][SliceCells]*slice, dimensions)}
}

// at returns a slice, made when first asked for.
func (x *slicing) at(dimension int, cell uint8, l line) *slice {
	sl := x.cells[dimension][cell]
	if sl == nil {
		weight := math.Log(sliceWeight(cell) / float64(len(x.cells)))
		sl = &slice{process: process{line: l}, dimension: dimension, cell: cell, weight: weight}
		x.cells[dimension][cell] = sl
		x.used = append(x.used, sl)
	}
	return sl
}

// evaluate brings the evidence up to date: the weighted sum, in which slices
// without a call are capital that was never bet.
func (x *slicing) evaluate() {
	if !x.dirty {
		return
	}
	x.dirty = false
	sum, idle := math.Inf(-1), 1.0
	for _, sl := range x.used {
		if sl.dirty {
			sl.dirty = false
			sl.logE = sl.process.logE()
		}
		idle -= math.Exp(sl.weight)
		sum = logAdd(sum, sl.weight+sl.logE)
	}
	x.logE = logAdd(sum, math.Log(max(idle, 0)))
}

// turn closes the rounds that are due; the next call in a slice opens its next.
func (x *slicing) turn(now time.Duration) {
	for _, sl := range x.used {
		if sl.due(now) {
			sl.end()
		}
	}
}

// leader returns the slice that weighs most; nil without any.
func (x *slicing) leader() (best *slice) {
	for _, sl := range x.used {
		if best == nil || sl.weight+sl.logE > best.weight+best.logE {
			best = sl
		}
	}
	return best
}
