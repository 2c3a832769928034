package keeper

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// wall is a clock that a test sets.
type wall struct{ unix atomic.Int64 }

func (w *wall) now() time.Time      { return time.Unix(w.unix.Load(), 0) }
func (w *wall) add(d time.Duration) { w.unix.Add(int64(d / time.Second)) }
func (w *wall) world(t *testing.T) *world {
	x := newWorld(t, 50)
	x.Manual, x.Now, x.Reassign = true, w.now, time.Hour
	return x
}

func TestPeriodsAreWholeSince1970(t *testing.T) {
	cfg := Config{Reassign: 2 * time.Hour}
	for _, tc := range []struct {
		at   time.Time
		want uint64
	}{
		{time.Unix(-1, 0), 0}, {time.Unix(0, 0), 0}, {time.Unix(7199, 999_999_999), 0}, {time.Unix(7200, 0), 1},
		{time.Date(2026, 11, 22, 23, 59, 59, 0, time.UTC), 1795391999 / 7200},
		{time.Date(2026, 11, 22, 23, 59, 59, 0, time.FixedZone("", -7200)), 1795399199 / 7200},
	} {
		require.Equal(t, tc.want, cfg.periodAt(tc.at), "%v", tc.at)
		if tc.want > 0 {
			require.False(t, cfg.periodStart(tc.want).After(tc.at))
			require.True(t, cfg.periodStart(tc.want+1).After(tc.at))
		}
	}
	require.Zero(t, (&Config{}).periodStart(7))
}

// A period has a salt and a step of its own. A clock that is set back does not bring back coins that were read.
func TestPeriodsDoNotGoBack(t *testing.T) {
	var clock wall
	clock.unix.Store(3600 * 1000)
	k := clock.world(t).start(t)
	first := k.Plan()
	require.Equal(t, route.Salt("test", 1, 1000), first.Salt)
	clock.add(59 * time.Minute)
	k.Step(0)
	require.Same(t, first, k.Plan())
	clock.add(time.Minute)
	k.Step(0)
	second := k.Plan()
	require.Equal(t, route.Salt("test", 1, 1001), second.Salt)
	require.Equal(t, first.Step+1, second.Step)
	require.Equal(t, first.Threshold, second.Threshold)
	require.NotSame(t, first.Spent, second.Spent)
	clock.add(-24 * time.Hour)
	k.Step(0)
	require.Same(t, second, k.Plan())
	clock.add(26 * time.Hour)
	k.Step(0)
	require.Equal(t, route.Salt("test", 1, 1003), k.Plan().Salt)
}

// counted is what a call of unit 1 counts as.
func counted(k *Keeper) criteria.Stratum {
	const unit = 1
	plan := k.Plan()
	e := ledger.Entry{Unit: unit, Step: plan.Step}
	if route.Bucket(unit, plan.Salt) < plan.Threshold {
		e.Mark = ledger.Candidate
	}
	k.fold.mu.Lock()
	defer k.fold.mu.Unlock()
	before := k.fold.coins.Testified()
	t := k.fold.Assigned(e)
	if k.fold.coins.Testified() == before {
		return criteria.Uncounted
	}
	return t.stratum
}

// A restart takes all units for seen, but only until the next period: also when the state is read late, and when nobody asked in between.
func TestRestartWithinAPeriod(t *testing.T) {
	state := rollback.State{}.Next("2").Expose(0.5)
	for _, tc := range []struct {
		name    string
		waiting int // hours in which the state cannot be read
		asleep  int // hours without requests, then
		want    criteria.Stratum
	}{
		{"at once", 0, 0, criteria.Uncounted},
		{"read late", 3, 0, criteria.Uncounted},
		{"next period", 0, 1, criteria.Fresh},
		{"much later", 0, 100, criteria.Fresh},
		{"read late, next period", 3, 1, criteria.Fresh},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var clock wall
			clock.unix.Store(3600 * 1000)
			w := clock.world(t)
			late := &lateStore{store: w.store}
			w.Store = late
			_, err := w.store.Memory.CompareAndSwap(t.Context(), state)
			require.NoError(t, err)
			late.shut.Store(tc.waiting > 0)
			k := w.start(t)
			for range tc.waiting {
				clock.add(time.Hour)
				k.Step(0)
			}
			late.shut.Store(false)
			k.Step(0)
			require.InDelta(t, 0.5, k.Plan().Share, 1e-12)
			for range tc.asleep {
				clock.add(time.Hour)
				k.Step(0)
			}
			require.Equal(t, tc.want, counted(k))
			require.Equal(t, criteria.Uncounted, counted(k))
		})
	}
}

// lateStore cannot be read at first.
type lateStore struct {
	*store
	shut atomic.Bool
}

func (s *lateStore) Load(ctx context.Context) (rollback.State, error) {
	if s.shut.Load() {
		return rollback.State{}, errFull
	}
	return s.store.Load(ctx)
}

// What was applied under old assignments says nothing of the new ones, even if nobody saw those steps.
func TestForgottenStepsOfAnEarlierPeriod(t *testing.T) {
	var s steps
	fill := func(n int, share float64, period uint64) {
		for range n {
			s.add(step{share: share, period: period})
		}
	}
	fill(100, 0.9, 0)
	require.InDelta(t, 0.9, s.waiting[0].earlier, 1e-12)
	fill(maxWaitingSteps, 0.1, 1)
	require.EqualValues(t, 1, s.waiting[0].period)
	require.Zero(t, s.waiting[0].earlier)
	fill(1, 0.1, 1)
	require.InDelta(t, 0.1, s.waiting[0].earlier, 1e-12, "but those of its own period do")
}

// A call of an earlier step that is visited late does not testify under coins it never had.
func TestOvertakenByAReassignment(t *testing.T) {
	var clock wall
	clock.unix.Store(3600 * 1000)
	k := clock.world(t).start(t)
	old := k.Plan()
	clock.add(time.Hour)
	k.Step(0)
	require.Equal(t, criteria.Fresh, counted(k))
	late := k.fold.Assigned(ledger.Entry{Unit: 2, Step: old.Step, Mark: ledger.Candidate | ledger.Sentinel})
	require.Equal(t, criteria.Uncounted, late.stratum)
	require.False(t, late.sentinel)
}

// A unit that was thinned under old coins has not been seen under new ones.
func TestThinnedBeforeAReassignment(t *testing.T) {
	var clock wall
	clock.unix.Store(3600 * 1000)
	k := clock.world(t).start(t)
	var holds []ledger.Hold
	for h := request(k, 0); h.Held(); h = request(k, 0) {
		holds = append(holds, h)
	}
	require.False(t, request(k, 1).Held())
	for _, h := range holds {
		h.Settle(ledger.OK, false, 1)
	}
	clock.add(time.Hour)
	k.Step(0)
	require.Equal(t, criteria.Fresh, counted(k))
}

// The plan says what the sentinel does.
func TestSentinelInThePlan(t *testing.T) {
	w := newWorld(t, 50)
	w.Manual, w.Sentinel = true, 0.25
	k := w.start(t)
	p := k.Plan()
	require.Equal(t, route.Threshold(0.25), p.Divert)
	require.InDelta(t, 0.25, k.fold.coins.Epsilon, 0)
	w.Sentinel = 0
	require.Zero(t, w.start(t).Plan().Divert)
}

// Both coins of a request are checked, each by itself.
func TestRoutingOfTheSentinel(t *testing.T) {
	entry := func(mark ledger.Mark) func(i uint64) ledger.Entry {
		return func(uint64) ledger.Entry { return ledger.Entry{Unit: 1, Mark: mark} }
	}
	for _, tc := range []struct {
		name   string
		entry  func(i uint64) ledger.Entry
		broken bool
	}{
		{"never diverts", entry(ledger.Candidate | ledger.Sentinel), true},
		{"always diverts", entry(ledger.Sentinel), true},
		{"diverts one in four", func(i uint64) ledger.Entry {
			if i%4 == 0 {
				return entry(ledger.Sentinel)(i)
			}
			return entry(ledger.Candidate | ledger.Sentinel)(i)
		}, false},
		{"diverts, and units are split in half", func(i uint64) ledger.Entry {
			e := ledger.Entry{Unit: i}
			switch {
			case i%8 == 0:
				e.Mark = ledger.Sentinel
			case i%2 == 0:
				e.Mark = ledger.Sentinel | ledger.Candidate
			}
			return e
		}, false},
		{"diverts, but all units are the candidate's", func(i uint64) ledger.Entry {
			e := ledger.Entry{Unit: i, Mark: ledger.Sentinel}
			if i%4 != 0 {
				e.Mark |= ledger.Candidate
			}
			return e
		}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, 50)
			w.Manual, w.Sentinel = true, 0.25
			k := w.start(t)
			for i := range uint64(2000) {
				e := tc.entry(i)
				e.Step = k.Plan().Step
				k.fold.Assigned(e)
			}
			require.Equal(t, tc.broken, k.fold.routing.Broken(), "ln E %v", k.fold.routing.LogE())
		})
	}
}
