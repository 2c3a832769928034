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
	lookup *lookup       // of its events
	counts [NumStrata][numArms]tallier
	logE   float64
	part   float64          // of its weight and logE: what it has in the sum
	unseen [numArms]float64 // calls since logE
	full   bool             // the round ends with the next call
	dirty  bool             // and enough of them to look again
	carved bool

	past []shown // past[event], of closed rounds, without missing values
	lost float64 // stable's missing values in them
}

// shown is how often an event was and was not seen in both arms, for people and
// for guesses.
type shown = tally

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
func (sl *slice) enter(s *session, w *watch) bool {
	if sl.full || sl.step != s.steps {
		sl.end()
	}
	if len(sl.events) > 0 {
		return true
	}
	events, lookup := w.within(s)
	if len(events) == 0 {
		return false
	}
	sl.step, sl.opened, sl.lookup = s.steps, s.now, lookup
	if sl.past == nil {
		sl.past = make([]shown, len(events))
	}
	if len(sl.past) != len(events) {
		return false
	}
	own := append(sl.events[:0], events...)
	for i := range own {
		n := &sl.past[i]
		own[i].guess = shrink(n.s1+sl.lost, n.s1+n.s0+sl.lost, events[i].guess, priorWeight)
	}
	sl.open(own, s.shares)
	for s := range sl.counts {
		for arm := range sl.counts[s] {
			sl.counts[s][arm].reset(len(own))
		}
	}
	return len(sl.events) > 0
}

// enough is how many calls make a slice worth another look. One of the candidate is
// where the last look was suspicious, or where it shows the only event there is.
var enough = [numArms]float64{Stable: 32, Candidate: 8}

// suspicious is the log evidence from which every call of the candidate matters: far
// from any limit, and rare for one that is fit.
const suspicious = 1

// count counts n calls of an arm in one cell, the last of which is missing. Whether
// to look again follows from the counts and the last look, not from their order.
func (sl *slice) count(stratum int, arm Arm, cell int, n float64) {
	harm := false
	if sl.graded != nil {
		sl.graded.counts[stratum][arm][cell] += n
	} else {
		shown := sl.lookup.shown[arm]
		sl.counts[stratum][arm].count(shown, cell, n)
		harm = len(sl.events) == 1 && cell < len(shown) && shown[cell] != 0
	}
	sl.calls += n
	sl.unseen[arm] += n
	sl.dirty = sl.dirty || sl.unseen[arm] >= enough[arm] || arm == Candidate && (harm || sl.logE > suspicious)
}

// look brings the evidence up to date.
func (sl *slice) look() {
	sl.dirty, sl.unseen = false, [numArms]float64{}
	sl.fill()
	sl.setLogE(sl.process.logE())
}

// setLogE notes the evidence and its part in the sum.
func (sl *slice) setLogE(logE float64) { sl.logE, sl.part = logE, math.Exp(sl.weight+logE) }

// fill makes the tallies that the bets are paid by. A call without a value is
// scored in the candidate's favour.
func (sl *slice) fill() {
	if sl.graded != nil {
		return
	}
	for s := range sl.tallies {
		candidate, stable := &sl.counts[s][Candidate], &sl.counts[s][Stable]
		for i := range sl.tallies[s] {
			t := &sl.tallies[s][i]
			t.c1, t.c0 = candidate.split(sl.lookup, i)
			t.s1, t.s0 = stable.split(sl.lookup, i)
			t.c0 += candidate.missing
			t.s1 += stable.missing
		}
	}
}

// leader is that of what was counted so far, which may be more than was looked at.
func (sl *slice) leader() (best int, most float64) {
	sl.fill()
	return sl.process.leader()
}

// end closes the round.
func (sl *slice) end() {
	if len(sl.events) == 0 {
		return
	}
	for i := range sl.events {
		sl.past[i] = sl.seen(i)
	}
	for s := range sl.counts {
		sl.lost += sl.counts[s][Stable].missing
	}
	sl.look()
	sl.close()
	sl.calls, sl.full = 0, false
}

// seen is how often an event was seen in all rounds and strata.
func (sl *slice) seen(i int) shown {
	n := sl.past[i]
	for s := range NumStrata {
		switch {
		case !sl.live[s]:
		case sl.graded != nil:
			n = n.plus(sl.graded.shown(s))
		default:
			c1, c0 := sl.counts[s][Candidate].split(sl.lookup, i)
			s1, s0 := sl.counts[s][Stable].split(sl.lookup, i)
			n = n.plus(shown{c1, c0, s1, s0})
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

// A slicing is all slices of one criterion, by dimension and cell.
type slicing struct {
	cells [][SliceCells]*slice
	used  []*slice // in the order of their first call
	idle  float64  // the weight of those without a call
	logE  float64  // of all dimensions together
	dirty bool
}

func newSlicing(dimensions int) slicing {
	return slicing{cells: make([][SliceCells]*slice, dimensions), idle: 1}
}

// at returns a slice, made when first asked for.
func (x *slicing) at(dimension int, cell uint8, l line) *slice {
	sl := x.cells[dimension][cell]
	if sl == nil {
		weight := math.Log(sliceWeight(cell) / float64(len(x.cells)))
		sl = &slice{process: process{line: l}, dimension: dimension, cell: cell, weight: weight}
		sl.setLogE(0)
		x.idle -= sl.part
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
	sum := max(x.idle, 0)
	for _, sl := range x.used {
		if sl.dirty {
			sl.look()
		}
		sum += sl.part
	}
	if x.logE = math.Log(sum); math.IsInf(x.logE, 1) {
		x.logE = x.logSum()
	}
}

// logSum is the sum where it is beyond every number.
func (x *slicing) logSum() float64 {
	sum := math.Log(max(x.idle, 0))
	for _, sl := range x.used {
		sum = logAdd(sum, sl.weight+sl.logE)
	}
	return sum
}

// turn notes which rounds are due. They end when the next call of their slice opens
// another: until then people are shown what they have found.
func (x *slicing) turn(now time.Duration) {
	for _, sl := range x.used {
		sl.full = sl.full || sl.due(now)
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
