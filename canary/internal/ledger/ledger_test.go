package ledger

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a visitor that remembers.
type journal struct {
	assigned []Entry
	settled  []settlement
}

type settlement struct {
	Entry
	Result
	ticket int
}

func (j *journal) Assigned(e Entry) int {
	j.assigned = append(j.assigned, e)
	return len(j.assigned) - 1
}

func (j *journal) Settled(ticket int, e Entry, r *Result) {
	j.settled = append(j.settled, settlement{Entry: e, Result: *r, ticket: ticket})
}

const noDeadline = math.MaxInt64

// reserveAt reserves and publishes a slot of a request that starts at a time.
func reserveAt(l *Ledger, now int64, unit uint64, step uint32, mark Mark, spentUnits *Spent) Hold {
	h := l.Reserve(unit, step, mark, spentUnits)
	h.Begin(now)
	return h
}

func TestOneRequest(t *testing.T) {
	l := New(64, 1, 1, 0)
	f, j := NewFolder[int](l), &journal{}
	s := reserveAt(l, 100, 42, 7, Candidate|Mark(0).WithReason(9), nil)
	require.True(t, s.Held())

	require.Equal(t, 0, f.Pass(99, 0, noDeadline, j), "a slot that starts after the pass waits")
	require.Equal(t, 1, f.Pass(100, 0, noDeadline, j))
	require.Equal(t, Entry{Unit: 42, Step: 7, Mark: Candidate | Mark(0).WithReason(9), Start: 100}, j.assigned[0])
	require.Equal(t, uint8(9), j.assigned[0].Mark.Reason())
	require.Equal(t, 1, f.Open())
	require.Empty(t, j.settled)

	l.SetNumber(s, 0, 0.25)
	l.SetLabel(s, 0, 3)
	require.True(t, s.Settle(Error, true, 1234))
	require.Equal(t, 0, f.Pass(200, 0, noDeadline, j))
	require.Len(t, j.settled, 1)
	got := j.settled[0]
	require.Equal(t, Error, got.Outcome)
	require.True(t, got.Answered)
	require.EqualValues(t, 1234, got.Latency)
	require.Zero(t, f.Open())
	require.False(t, s.Settle(OK, false, 1), "a slot settles once")
}

// Every signal survives the slot, whatever its value and whatever the slot held before.
func TestSignals(t *testing.T) {
	for _, shape := range []struct{ numbers, labels int }{{0, 0}, {1, 1}, {1, 3}, {3, 4}, {0, 7}, {5, 12}} {
		l := New(64, shape.numbers, shape.labels, 0)
		f := NewFolder[int](l)
		values := []float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(missingNumber), math.Inf(1), math.SmallestNonzeroFloat64, -1.5}
		for round := range 200 {
			s := reserveAt(l, 1, 1, 1, 0, nil)
			for i := range shape.numbers {
				l.SetNumber(s, i, values[(round+i)%len(values)])
			}
			for i := range shape.labels {
				l.SetLabel(s, i, uint16(round*7+i)%NoLabel)
			}
			cleared := round%5 == 4
			if cleared {
				l.ClearSignals(s)
			}
			require.True(t, s.Settle(OK, false, int64(round)))
			check := &checker{check: func(r *Result) {
				require.EqualValues(t, round, r.Latency)
				for i := range shape.numbers {
					got, ok := r.Number(i)
					require.Equal(t, !cleared, ok)
					if want := values[(round+i)%len(values)]; ok && !math.IsNaN(want) {
						require.Equal(t, math.Float64bits(want), math.Float64bits(got))
					} else if ok {
						require.True(t, math.IsNaN(got))
					}
				}
				for i := range shape.labels {
					want := uint16(round*7+i) % NoLabel
					if cleared {
						want = NoLabel
					}
					require.Equal(t, want, r.Label(i), "label %d of %d", i, shape.labels)
				}
			}}
			require.Equal(t, 1, f.Pass(1, 0, noDeadline, check))
			require.Equal(t, 1, check.calls)
		}
	}
}

type checker struct {
	check func(*Result)
	calls int
}

func (c *checker) Assigned(Entry) int { return 0 }
func (c *checker) Settled(_ int, _ Entry, r *Result) {
	c.calls++
	c.check(r)
}

func TestSlotFitsACacheLine(t *testing.T) {
	require.EqualValues(t, 64, unsafe.Sizeof(slot{}))
	require.Zero(t, New(64, 1, 3, 0).shape.overflow)
	require.Equal(t, 1, New(64, 2, 3, 0).shape.overflow)
	require.Equal(t, 2, New(64, 2, 4, 0).shape.overflow)
	require.Equal(t, DefaultSlots, New(DefaultSlots, 0, 0, 0).Slots())
	require.Equal(t, 64, New(0, 0, 0, 0).Slots())
	require.Equal(t, 128, New(65, 0, 0, 0).Slots())
}

func TestFullLedgerThinsAndSpendsTheCoin(t *testing.T) {
	l := New(64, 0, 0, 0)
	f, j, spentUnits := NewFolder[int](l), &journal{}, &Spent{}
	held := make([]Hold, 0, 64)
	for unit := range uint64(64) {
		s := reserveAt(l, 1, unit, 1, 0, spentUnits)
		require.True(t, s.Held())
		held = append(held, s)
	}
	require.False(t, reserveAt(l, 1, 1000, 1, 0, spentUnits).Held(), "thinned")
	require.False(t, reserveAt(l, 1, 0, 1, Anonymous, spentUnits).Held(), "an anonymous request has nothing to spend")
	require.False(t, Hold{}.Settle(OK, false, 1), "settling a thinned request does nothing")
	require.Equal(t, 64, f.Pass(1, 0, noDeadline, j))
	require.False(t, reserveAt(l, 1, 1001, 1, 0, spentUnits).Held(), "calls under way keep their slots")
	for _, s := range held {
		s.Settle(OK, false, 1)
	}
	f.Pass(1, 0, noDeadline, j)
	reserveAt(l, 1, 1000, 1, 0, spentUnits).Settle(OK, false, 1)
	reserveAt(l, 1, 5, 1, 0, spentUnits).Settle(OK, false, 1)
	require.Equal(t, 2, f.Pass(1, 0, noDeadline, j))
	byUnit := map[uint64]Mark{}
	for _, e := range j.assigned[64:] {
		byUnit[e.Unit] = e.Mark
	}
	require.NotZero(t, byUnit[1000]&spent, "the thinned request was the unit's first")
	require.Zero(t, byUnit[5]&spent, "a unit that got its slot has spent nothing beside it")
}

func TestDeadline(t *testing.T) {
	l := New(64, 0, 0, 0)
	f, j := NewFolder[int](l), &journal{}
	hung := reserveAt(l, 1, 1, 1, 0, nil)
	f.Pass(1, 0, 10, j)
	f.Pass(2, 9, 10, j)
	require.Empty(t, j.settled)
	f.Pass(3, 10, 10, j)
	require.Len(t, j.settled, 1)
	require.Equal(t, Overdue, j.settled[0].Outcome)
	_, ok := j.settled[0].Number(0)
	require.False(t, ok)
	require.Equal(t, NoLabel, int(j.settled[0].Label(0)))
	require.Equal(t, 1, f.Late())
	require.False(t, hung.Settle(OK, false, 99), "a late result is dropped")
	f.Pass(4, 20, 10, j)
	require.Len(t, j.settled, 1, "settled once")
	require.Zero(t, f.Late())
}

// Calls that never end hold their slots; the head steps over them and the rest of the ledger goes on.
func TestHeadStepsOverSlotsInUse(t *testing.T) {
	l := New(64, 0, 0, 0)
	f, j := NewFolder[int](l), &journal{}
	var hung []Hold
	for range 20 {
		hung = append(hung, reserveAt(l, 1, 7, 1, 0, nil))
	}
	f.Pass(1, 0, 5, j)
	f.Pass(1, 5, 5, j)
	require.Len(t, j.settled, 20)
	thinned := 0
	for i := range 10_000 {
		s := reserveAt(l, 2, uint64(i), 1, 0, nil)
		if !s.Held() {
			thinned++
		}
		s.Settle(OK, false, 1)
		f.Pass(2, 6, 5, j)
	}
	require.Zero(t, thinned)
	require.Len(t, j.settled, 10_020)
	for _, s := range hung {
		require.False(t, s.Settle(OK, false, 1))
	}
	f.Pass(3, 7, 5, j)
	require.Zero(t, f.Late())
}

// A reservation whose owner was descheduled before it published is a hole: nothing behind it, and nothing that could have been caused by what lies
// behind it, is visited before it.
func TestHole(t *testing.T) {
	l := New(64, 0, 0, 0)
	f, j := NewFolder[int](l), &journal{}
	own, other := &l.stripes[0], &l.stripes[1]
	hole, position := own.reserve() // reserved, not published
	require.NotNil(t, hole)
	at, next := own.reserve()
	at.unit, at.mark = 1, 1<<32
	behind := Hold{slot: at, tag: next << phaseBits}
	behind.Begin(10)
	publish := func(s *stripe, unit uint64, start int64) {
		at, position := s.reserve()
		at.unit, at.mark, at.start = unit, 1<<32, start
		at.tag.Store(position<<phaseBits | settled)
	}
	publish(other, 2, 5)  // before anything behind the hole
	publish(other, 3, 20) // may have been caused by unit 1's end
	behind.Settle(OK, false, 1)
	f.Pass(100, 0, noDeadline, j)
	require.Len(t, j.assigned, 1)
	require.EqualValues(t, 2, j.assigned[0].Unit)

	hole.unit, hole.mark, hole.start = 4, 1<<32, 9
	hole.tag.Store(position<<phaseBits | reserved)
	f.Pass(100, 0, noDeadline, j)
	units := []uint64{}
	for _, e := range j.assigned {
		units = append(units, e.Unit)
	}
	require.Equal(t, []uint64{2, 4, 1, 3}, units)
}

// Requests of many goroutines, slow and fast, with a small ledger and a folder that runs all the time: each slot is visited once, settled once with
// what its owner wrote, and a unit's requests, each made after the one before it ended, are visited in that order.
func TestConcurrentSafe(t *testing.T) {
	const callers, calls = 8, 4_000
	l := New(256, 1, 1, 0)
	f := NewFolder[int](l)
	base := time.Now()
	clock := func() int64 { return int64(time.Since(base)) }

	var held, thinned, dropped atomic.Int64
	var wg sync.WaitGroup
	for unit := range uint64(callers) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(unit, 1))
			for i := range calls {
				var s Hold
				// The same unit calls from stacks of different depth and from other goroutines.
				call := func() {
					s = l.Reserve(unit, uint32(i), Mark(0), nil)
					s.Begin(clock())
					if random.IntN(50) == 0 {
						runtime.Gosched()
					}
					if s.Held() {
						l.SetNumber(s, 0, float64(i))
						l.SetLabel(s, 0, uint16(unit))
					}
				}
				if i%8 == 0 {
					done := make(chan struct{})
					go func() { defer close(done); call() }()
					<-done
				} else {
					call()
				}
				switch {
				case !s.Held():
					thinned.Add(1)
				case s.Settle(OK, false, int64(i)):
					held.Add(1)
				default:
					dropped.Add(1)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()

	last := map[uint64]int64{}
	j := &journal{}
	awake := int64(0)
	for running := true; running; {
		select {
		case <-finished:
			running = false
		default:
		}
		awake++
		f.Pass(clock(), awake, 3, j)
	}
	for range 10 {
		f.Pass(clock(), awake+1000, 3, j)
	}
	overdue := 0
	for _, e := range j.assigned {
		if was, seen := last[e.Unit]; seen && int64(e.Step) <= was {
			t.Fatalf("unit %d: request %d visited after request %d", e.Unit, e.Step, was)
		}
		last[e.Unit] = int64(e.Step)
	}
	tickets := map[int]bool{}
	for _, s := range j.settled {
		require.False(t, tickets[s.ticket], "settled twice")
		tickets[s.ticket] = true
		if s.Outcome == Overdue {
			overdue++
			continue
		}
		require.EqualValues(t, s.Step, s.Latency)
	}
	t.Logf("%d settled, %d thinned, %d overdue", held.Load(), thinned.Load(), overdue)
	require.Len(t, j.assigned, int(held.Load()+dropped.Load()))
	require.Len(t, j.settled, len(j.assigned))
	require.EqualValues(t, dropped.Load(), overdue)
	require.EqualValues(t, callers*calls, int64(len(j.assigned))+thinned.Load())
	require.Zero(t, f.Open())
	require.Zero(t, f.Late())
}

func TestRequestSideDoesNotAllocate(t *testing.T) {
	l := New(DefaultSlots, 1, 1, 0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		s := reserveAt(l, 1, 1, 1, Candidate, nil)
		l.SetNumber(s, 0, 1)
		l.SetLabel(s, 0, 1)
		s.Settle(OK, false, 1)
	}))
}

func BenchmarkReserveSettle(b *testing.B) {
	l := New(1<<20, 1, 1, 0)
	f, nothing := NewFolder[int](l), &checker{check: func(*Result) {}}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		s := reserveAt(l, 1, uint64(n), 1, Candidate, nil)
		l.SetNumber(s, 0, 1)
		l.SetLabel(s, 0, 1)
		s.Settle(OK, false, 1)
		if n++; n&(1<<16-1) == 0 {
			b.StopTimer()
			f.Pass(1, 0, noDeadline, nothing)
			b.StartTimer()
		}
	}
}

func BenchmarkFold(b *testing.B) {
	l := New(1<<16, 1, 1, 0)
	f, nothing := NewFolder[int](l), &checker{check: func(*Result) {}}
	b.ReportAllocs()
	for n := 0; n < b.N; {
		b.StopTimer()
		for range 1 << 15 {
			s := reserveAt(l, 1, uint64(n), 1, Candidate, nil)
			l.SetNumber(s, 0, 1)
			l.SetLabel(s, 0, 1)
			s.Settle(OK, false, 1)
		}
		b.StartTimer()
		n += f.Pass(1, 0, noDeadline, nothing)
	}
}
