package attribution

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tries are what Retry shows, and who is done.
type tries struct {
	done map[uint64]bool
	seen []uint64
	last []uint64
}

func (x *tries) try(r Report, last bool) bool {
	x.seen = append(x.seen, r.Unit)
	if last && !x.done[r.Unit] {
		x.last = append(x.last, r.Unit)
	}
	return x.done[r.Unit]
}

func TestWaiting(t *testing.T) {
	const beat = Patience/3 + 1
	var w Waiting
	for unit := range uint64(4) {
		require.True(t, w.Put(Report{Unit: unit}, time.Duration(unit)*beat))
	}
	for _, tc := range []struct {
		name       string
		now        time.Duration
		done       map[uint64]bool
		seen, last []uint64
	}{
		{"one is done", 3 * beat, map[uint64]bool{1: true}, []uint64{0, 1, 2, 3}, nil},
		{"one has waited long enough, and twice", 4 * beat, nil, []uint64{0, 2, 3}, []uint64{0}},
		{"one more, done in the end", 5 * beat, map[uint64]bool{2: true}, []uint64{2, 3}, nil},
		{"and the last", 6 * beat, nil, []uint64{3}, []uint64{3}},
		{"nobody is left", 7 * beat, nil, nil, nil},
	} {
		x := tries{done: tc.done}
		w.Retry(tc.now, x.try)
		require.Equal(t, tc.seen, x.seen, tc.name)
		require.Equal(t, tc.last, x.last, tc.name)
	}
	require.Zero(t, w.Len())
}

// However long the fold was away, a report is tried twice.
func TestALongPauseDoesNotDropReports(t *testing.T) {
	var w Waiting
	var x tries
	w.Put(Report{Unit: 1}, 0)
	w.Retry(time.Hour, x.try)
	require.Empty(t, x.last)
	w.Retry(time.Hour, x.try)
	require.Equal(t, []uint64{1}, x.last)
}

func TestFullWaitingRefuses(t *testing.T) {
	var w Waiting
	want := Report{Unit: 1, Cohort: 2, Arm: candidate, Signal: 3, Value: 0.5, Client: true}
	for range MaxWaiting {
		require.True(t, w.Put(want, 0))
	}
	require.False(t, w.Put(want, 0))
	require.Equal(t, MaxWaiting, w.Len())
	w.Retry(0, func(r Report, _ bool) bool {
		require.Equal(t, want, r)
		return true
	})
	require.Zero(t, w)
	require.True(t, w.Put(want, 0))
}
