package criteria

import "math"

// A watch is a criterion at work in one group.
type watch struct {
	criterion Criterion
	plan
	share    float64 // of the budget of its role
	logShare float64
	carvable bool   // its slices are judged alone
	twin     *watch // the same criterion on the sentinel's requests

	offset   int // of its columns
	sums     sums
	global   float64 // log evidence of all traffic
	logE     float64 // and of its slices
	slices   slicing
	betOn    []event // within slices, with a look-up
	lookup   *lookup
	lookedUp int      // the round they are of
	failed   *Verdict // from the moment it failed
	muted    bool     // its evidence is another one's as well
	proof    proof    // for promotion

	before past // scratch of past
}

// Half of a criterion's weight is on all traffic, half on its slices, if there
// are any.
const sliceShare = 0.5

func newWatch(c Criterion, p plan, dimensions int) *watch {
	cells := p.meter.cells()
	w := &watch{
		criterion: c, plan: p, sums: newSums(cells),
		before: past{stable: make([]float64, cells+1), candidate: make([]float64, cells+1)},
	}
	if p.role != Observe {
		w.proof.line = p.safe
	}
	if p.group.sliced() {
		w.slices = newSlicing(dimensions)
	}
	return w
}

// place says where the columns are.
func (w *watch) place(offset int) {
	w.offset = offset
	if w.twin != nil {
		w.twin.offset = offset
	}
}

// repeats reports whether two criteria could not be told apart in a ruling.
func (w *watch) repeats(o *watch) bool {
	return w.role == o.role && w.criterion.Name() == o.criterion.Name()
}

// setShare gives the criterion its fraction of the budget.
func (w *watch) setShare(x float64) { w.share, w.logShare = x, math.Log(x) }

// weighed is the evidence as it counts in a sum.
func (w *watch) weighed() float64 {
	if w.muted {
		return math.Inf(-1)
	}
	return w.logShare + w.logE
}

// sliced reports whether slices have a part of the weight.
func (w *watch) sliced() bool { return len(w.slices.cells) > 0 }

// read takes over the criterion's columns of the open round.
func (w *watch) read(round *counts) {
	w.sums.read(round, w.offset)
	w.book.read(&w.sums)
}

// cross counts calls within a slice.
func (w *watch) cross(s *session, c crossing) {
	sl := w.slices.at(c.key.dimension(), c.key.cell(), w.book.null())
	if sl.carved || !sl.enter(s, w) {
		return
	}
	row := c.key.row()
	sl.count(row/numArms, Arm(row%numArms), c.key.column()-w.offset, float64(c.count))
	w.slices.dirty = true
}

// within returns what slices bet on if they open a round now.
func (w *watch) within(s *session) ([]event, *lookup) {
	if w.lookup == nil || w.lookedUp != s.openings {
		w.lookedUp, w.betOn = s.openings, w.book.within()
		if len(w.betOn) > maxWithin {
			w.betOn = w.betOn[:maxWithin]
		}
		for i := range w.betOn {
			w.betOn[i].coarse = true
		}
		w.lookup = newLookup(w.betOn, w.meter.cells())
	}
	return w.betOn, w.lookup
}

// evaluate brings the evidence up to date.
func (w *watch) evaluate(round *counts) {
	w.read(round)
	w.global = w.book.logE()
	w.slices.evaluate()
	switch {
	case !w.sliced():
		w.logE = w.global
	case w.carvable:
		w.logE = math.Log(1-sliceShare) + w.global
	default:
		w.logE = logAdd(math.Log(1-sliceShare)+w.global, math.Log(sliceShare)+w.slices.logE)
	}
}

// past collects the criterion's columns of closed rounds and the seed. It is
// overwritten by the next call.
func (w *watch) past(s *session) *past {
	p := &w.before
	copy(p.stable, s.seed[w.offset:])
	clear(p.candidate)
	for i := range s.closed.strata {
		stable, candidate := s.closed.row(i, int(Stable))[w.offset:], s.closed.row(i, int(Candidate))[w.offset:]
		for j := range p.stable {
			p.stable[j] += float64(stable[j])
			p.candidate[j] += float64(candidate[j])
		}
	}
	return p
}
