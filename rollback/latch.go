package rollback

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Latch is the truth in memory about one epoch of one canary. A trip is one-way: a tripped latch never opens again, a new epoch gets a new
// latch. So a verdict that comes late can only ever trip the epoch it is about.
//
// All methods are safe for concurrent use, do no I/O and call nothing of the user's. The zero value is tripped.
type Latch struct {
	live atomic.Bool // not tripped; false in the zero value

	mu    sync.Mutex
	state State // in normal form
}

// NewLatch returns a latch that holds state. It is tripped from the start if [State.Tripped] says so.
func NewLatch(state State) *Latch {
	l := &Latch{state: state.normal()}
	l.live.Store(!l.state.Tripped())
	return l
}

// Tripped reports whether the candidate is out. It takes no lock and allocates nothing: one atomic load, fit for the request path.
func (l *Latch) Tripped() bool {
	return !l.live.Load()
}

// Trip rolls the epoch back. When it returns, every later call of [Latch.Tripped] is true. It returns the state to be saved, and first is true
// for exactly one of all calls: the one that did it. Later calls change nothing and keep the first cause.
func (l *Latch) Trip(cause Cause) (state State, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.live.Swap(false)
	if first {
		l.state = l.state.RollBack(cause)
	}
	return l.copied(), first
}

// Apply lets an event happen to the epoch, see [Machine.On]. An event that would end the epoch for another one is refused: that needs a new latch.
func (l *Latch) Apply(m Machine, e Event) (state State, effects Effects) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state, effects = m.On(l.state, e)
	if state.Epoch != l.state.Epoch {
		return l.copied(), Effects{Refused: "it is about another epoch"}
	}
	l.state = state
	if state.Tripped() {
		l.live.Store(false)
	}
	return l.copied(), effects
}

// Join takes in what a store or another replica knows, and trips if that says that this epoch was rolled back. Of a state about another
// epoch only the bars are taken: a newer epoch shows in the state that is returned, which is the join of both, and needs a new latch.
// Changed reports whether this latch has learned something.
func (l *Latch) Join(other State) (joined State, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	joined = l.state.Join(other)
	mine := joined
	if other.Epoch != l.state.Epoch {
		mine = l.state.Join(State{Barred: joined.Barred, Revision: joined.Revision})
	}
	changed = !mine.Equal(l.state)
	l.state = mine
	if mine.Tripped() {
		l.live.Store(false)
	}
	return joined, changed
}

// State returns what the latch holds now, as a copy.
func (l *Latch) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.copied()
}

// copied is the state in memory of its own. It is in normal form already, but for that of the zero latch.
func (l *Latch) copied() State {
	s := l.state
	if s.Stage == 0 {
		return s.normal()
	}
	s.Barred = slices.Clone(s.Barred)
	return s
}
