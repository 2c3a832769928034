package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

func TestCarvedOut(t *testing.T) {
	p := &Plan{}
	p.Carved[0] = 1<<3 | 1<<63
	p.Carved[7] = 1 << 0
	none := ledger.Cells(0).With(7, 1)
	for _, tc := range []struct {
		cells ledger.Cells
		want  bool
	}{
		{none, false},
		{none.With(0, 3), true},
		{none.With(0, 63), true},
		{none.With(0, 4), false},
		{none.With(1, 3), false},
		{none.With(0, ledger.NoCell), false},
		{0, true},
	} {
		require.Equal(t, tc.want, p.CarvedOut(tc.cells), "%x", uint64(tc.cells))
	}
}

// A carve is in the next plan, which begins no step, and is told once.
func TestCarve(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		var carves []criteria.Carve
		w.Dimensions = 1
		w.Carves = func() []criteria.Carve { return carves }
		k := w.start(t)
		before := *k.Plan()
		require.False(t, before.Carves)

		request(k, 1).Settle(ledger.OK, false, 1)
		pass(time.Second)
		require.Empty(t, k.Snapshot().Carved)
		carves = append(carves, criteria.Carve{Dimension: 0, Cell: 5, Slice: "NZ", Criterion: "error_rate", Finding: "9 % of calls fail"})
		request(k, 2).Settle(ledger.OK, false, 1)
		pass(time.Second)
		after := *k.Plan()
		require.True(t, after.Carves)
		require.EqualValues(t, 1<<5, after.Carved[0])
		require.Equal(t, before.Step, after.Step)
		require.Equal(t, before.Salt, after.Salt)
		require.Same(t, before.Spent, after.Spent)

		carves = append(carves, criteria.Carve{Dimension: 0, Cell: 6, Slice: "FJ", Criterion: "error_rate"})
		request(k, 3).Settle(ledger.OK, false, 1)
		request(k, 4).Settle(ledger.OK, false, 1)
		pass(time.Second)
		s := k.Snapshot()
		require.EqualValues(t, 1<<5|1<<6, s.Plan.Carved[0])
		require.Len(t, s.Carved, 2)
		require.Equal(t, "NZ", s.Carved[0].Slice)
		require.Equal(t, []EventKind{CarvedEvent, CarvedEvent}, w.only(CarvedEvent))

		_, _ = k.trip("test", "why", "person", "manual")
		require.False(t, k.Plan().Carves, "there is nothing left to carve out of")
	})
}

// only are the events of a kind so far.
func (w *world) only(kind EventKind) (kinds []EventKind) {
	for _, k := range w.told() {
		if k == kind {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// What a slot says reaches the judge: nothing of an earlier request does.
func TestObserve(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, 50)
		w.Numbers, w.Texts, w.Checks, w.Dimensions, w.Overdue = 1, 2, 3, 3, 77
		var seen []criteria.Observation
		w.Observed = func(_ criteria.Stratum, o *criteria.Observation) {
			c := *o
			c.Slices = append([]uint8(nil), o.Slices...)
			c.Labels = append([]uint16(nil), o.Labels...)
			seen = append(seen, c)
		}
		k := w.start(t)
		cells := ledger.Cells(0).With(0, 1).With(1, ledger.NoCell).With(2, 63)
		call := func(outcome ledger.Outcome, set func(h ledger.Hold)) criteria.Observation {
			seen = nil
			plan := k.Plan()
			h := k.Ledger.Reserve(1, plan.Step, plan.Mark.WithCells(cells), plan.Spent)
			k.Ledger.SetCells(h, cells)
			h.Begin(k.Now())
			if outcome == ledger.Overdue {
				pass(3 * time.Second)
				defer h.Settle(ledger.OK, false, 1)
			} else {
				set(h)
				h.Settle(outcome, false, 1)
				pass(time.Second)
			}
			require.Len(t, seen, 1)
			require.Equal(t, []uint8{1, ledger.NoCell, 63}, seen[0].Slices)
			return seen[0]
		}
		answer := func(h ledger.Hold) {
			h.SetValid()
			k.Ledger.SetNumber(h, 0, 1)
			for i, id := range []uint16{10, 11, 1, ledger.NoLabel, 0} {
				k.Ledger.SetLabel(h, i, id)
			}
		}
		o := call(ledger.OK, answer)
		require.Equal(t, criteria.Fine, o.Outcome)
		require.Equal(t, []uint16{10, 11}, o.Labels)
		require.EqualValues(t, 0b001, o.Checks)
		require.EqualValues(t, 0b010, o.Unchecked&0b111)
		require.GreaterOrEqual(t, o.Class, uint16(criteria.MaxLabels))
		require.False(t, o.Invalid)

		o = call(ledger.OK, func(h ledger.Hold) { answer(h); k.Ledger.SetInvalid(h) })
		require.True(t, o.Invalid)
		require.Equal(t, criteria.Fine, o.Outcome)
		require.EqualValues(t, 0b111, o.Unchecked&0b111)
		require.EqualValues(t, 1, o.Missing)

		for outcome, want := range map[ledger.Outcome]criteria.Outcome{
			ledger.Error: criteria.Failed, ledger.Panic: criteria.Failed, ledger.Goexit: criteria.Failed,
			ledger.Timeout: criteria.TimedOut, ledger.Cancelled: criteria.Cancelled, ledger.Overdue: criteria.Overdue,
		} {
			o = call(outcome, func(h ledger.Hold) { answer(h); h.SetClass(5) })
			require.Equal(t, want, o.Outcome)
			require.False(t, o.Invalid)
			require.Zero(t, o.Checks)
			require.EqualValues(t, 0b111, o.Unchecked&0b111)
			switch outcome {
			case ledger.Cancelled:
				require.GreaterOrEqual(t, o.Class, uint16(criteria.MaxLabels))
			case ledger.Overdue:
				require.EqualValues(t, 77, o.Class)
			default:
				require.EqualValues(t, 5, o.Class)
			}
		}
	})
}
