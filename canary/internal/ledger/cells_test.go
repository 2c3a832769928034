package ledger

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func cellsOf(seed, dimensions int) (c Cells) {
	for d := range dimensions {
		c = c.With(d, uint8(seed*31+d*7))
	}
	return c
}

func reserveIn(l *Ledger, mark Mark, cells Cells, dimensions int) Hold {
	h := l.Reserve(1, 9, mark.WithCells(cells), nil)
	if dimensions > SlotCells {
		l.SetCells(h, cells)
	}
	h.Begin(1)
	return h
}

// Cells survive beside every mark, reason and signal, whatever became of the call.
func TestCells(t *testing.T) {
	marks := []Mark{0, Candidate, Excluded, Anonymous, Candidate | Excluded | Anonymous}
	outcomes := []Outcome{OK, Error, Panic, Goexit, Timeout, Cancelled}
	for dimensions := range 9 {
		for _, shape := range []struct{ numbers, labels int }{{0, 0}, {1, 3}, {3, 9}} {
			l := New(64, shape.numbers, shape.labels, dimensions)
			f, j := NewFolder[int](l), &journal{}
			for round := range 200 {
				mark := marks[round%len(marks)].WithReason(uint8(round))
				cells := cellsOf(round, dimensions)
				h := reserveIn(l, mark, cells, dimensions)
				l.ClearSignals(h)
				for i := range shape.numbers {
					l.SetNumber(h, i, float64(round))
				}
				for i := range shape.labels {
					l.SetLabel(h, i, uint16(i))
				}
				outcome := outcomes[round%len(outcomes)]
				require.True(t, h.Settle(outcome, false, 1))
				require.Equal(t, 1, f.Pass(1, 0, noDeadline, j))
				require.Equal(t, Entry{Unit: 1, Step: 9, Mark: mark, Cells: cells, Start: 1}, j.assigned[round])
				require.Equal(t, cells, j.settled[round].Cells)
				require.Equal(t, uint8(round), j.assigned[round].Mark.Reason())
			}
		}
	}
}

// An overdue call has cells, too, and the late end of the call does not change them.
func TestCellsOfOverdueCalls(t *testing.T) {
	l := New(64, 0, 0, 8)
	f, j := NewFolder[int](l), &journal{}
	cells := cellsOf(3, 8)
	h := reserveIn(l, Candidate, cells, 8)
	f.Pass(1, 0, 10, j)
	f.Pass(1, 10, 10, j)
	require.Len(t, j.settled, 1)
	require.Equal(t, Overdue, j.settled[0].Outcome)
	require.Equal(t, cells, j.settled[0].Cells)
	require.EqualValues(t, NoLabel, j.settled[0].Class(), "nobody has said why")
	h.SetClass(3)
	require.False(t, h.Settle(Error, false, 1))
}

func TestThinnedRequestsHaveNoCells(t *testing.T) {
	l := New(64, 0, 0, 8)
	before := append([]uint64(nil), l.stripes[0].overflow...)
	l.SetCells(Hold{}, math.MaxUint64)
	require.Equal(t, before, l.stripes[0].overflow, "the slot of another request")
}

func TestReasonIsReplaced(t *testing.T) {
	m := Candidate.WithReason(255).WithCells(math.MaxUint64).WithReason(2)
	require.EqualValues(t, 2, m.Reason())
	require.Equal(t, Candidate.WithReason(2), m&markBits)
}

// The class is that of a failed call only, the labels are those of an answer only, and an answer is invalid only if it was said of this one.
func TestClassAndInvalid(t *testing.T) {
	for _, labels := range []int{0, 1, 3, 5} {
		l := New(64, 1, labels, 0)
		f := NewFolder[int](l)
		settle := func(outcome Outcome, set func(h Hold), check func(r *Result)) {
			h := reserveAt(l, 1, 1, 1, 0, nil)
			set(h)
			h.Settle(outcome, true, 1)
			c := &checker{check: check}
			f.Pass(1, 0, noDeadline, c)
			require.Equal(t, 1, c.calls)
		}
		valid := func(h Hold) {
			h.SetValid()
			l.SetNumber(h, 0, 7)
			for i := range labels {
				l.SetLabel(h, i, 9)
			}
		}
		for range 70 { // every slot is used again
			settle(Error, func(h Hold) { h.SetClass(5) }, func(r *Result) {
				require.EqualValues(t, 5, r.Class())
				require.False(t, r.Invalid)
				require.True(t, r.Answered)
			})
			settle(OK, valid, func(r *Result) {
				require.EqualValues(t, NoLabel, r.Class())
				require.False(t, r.Invalid)
				for i := range labels {
					require.EqualValues(t, 9, r.Label(i))
				}
			})
			settle(OK, func(h Hold) { valid(h); l.SetInvalid(h) }, func(r *Result) {
				require.True(t, r.Invalid)
				_, ok := r.Number(0)
				require.False(t, ok)
				for i := range labels {
					require.EqualValues(t, NoLabel, r.Label(i))
				}
			})
			settle(Timeout, func(h Hold) { h.SetClass(6) }, func(r *Result) {
				require.False(t, r.Invalid, "there is no answer")
			})
		}
	}
}

func TestShapes(t *testing.T) {
	require.Zero(t, New(64, 1, 3, 2).shape.overflow)
	require.Equal(t, 1, New(64, 1, 3, 3).shape.overflow)
	require.Equal(t, 3, New(64, 2, 4, 8).shape.overflow)
}
