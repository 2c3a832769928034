package flags

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

// hanging is a provider that answers 30 percent, and on demand hangs without minding its context and then says 90.
type hanging struct {
	*scripted
	hangs   atomic.Bool
	release chan struct{}
}

func newHanging() *hanging {
	h := &hanging{scripted: steady(30), release: make(chan struct{})}
	h.float = func(context.Context) openfeature.FloatResolutionDetail {
		if h.hangs.Load() {
			<-h.release
			return good(90)
		}
		return good(30)
	}
	return h
}

func TestHangHoldsThenDropsThenRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newHanging()
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(10 * time.Second)
		requireGood(t, r, 0.3)

		p.hangs.Store(true)
		pass(2*time.Second + 4*time.Second) // the next poll and most of its budget
		require.Equal(t, 0.3, r.Reading().Share)
		good := r.Reading().Confirmed
		pass(2 * time.Second)
		requireUnbelieved(t, r, Timeout, 0.3)
		require.ErrorIs(t, r.Reading().Err, context.DeadlineExceeded)
		require.ErrorContains(t, r.Reading().Err, "longer than 5s")
		pass(30*time.Second - time.Since(good) - time.Millisecond)
		requireUnbelieved(t, r, Timeout, 0.3)
		pass(time.Millisecond)
		requireUnbelieved(t, r, Timeout, 0)

		calls := p.calls.Load()
		for range 100 {
			p.emit(openfeature.ProviderConfigChange, "") // cannot start a second evaluation
			pass(6 * time.Second)
		}
		requireUnbelieved(t, r, Timeout, 0)
		require.Equal(t, calls, p.calls.Load())
		require.EqualValues(t, 1, p.running.Load())
		require.EqualValues(t, 1, p.most.Load())
		require.EqualValues(t, 1, r.Counts()[Timeout])

		p.hangs.Store(false)
		close(p.release)
		synctest.Wait()
		requireUnbelieved(t, r, Timeout, 0) // the late 90 is thrown away
		pass(tick)
		requireGood(t, r, 0.3)
	})
}

// TestALateResultIsDiscardedDuringTheHold is the case in which believing it would raise the share.
func TestALateResultIsDiscardedDuringTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newHanging()
		api := newAPI(t)
		set(t, api, p)
		highest := 0.0
		var r *Reader
		ready := make(chan struct{})
		r = open(t, Config{Client: api.NewClient(), Changed: func() {
			<-ready
			highest = max(highest, r.Reading().Share)
		}})
		close(ready)
		pass(time.Second)
		for range 20 {
			p.hangs.Store(true)
			pass(8 * time.Second)
			require.Equal(t, Timeout, r.Reading().Kind)
			p.hangs.Store(false)
			p.release <- struct{}{}
			pass(tick)
			requireGood(t, r, 0.3)
		}
		require.Equal(t, 0.3, highest)
		require.EqualValues(t, 20, r.Counts()[Timeout])
	})
}

func TestHangFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newHanging()
		p.hangs.Store(true)
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient(), Budget: 50 * time.Millisecond})
		begun := time.Now()
		<-r.First()
		require.Equal(t, 50*time.Millisecond, time.Since(begun))
		requireUnbelieved(t, r, Timeout, 0)
		close(p.release)
	})
}

// TestSlowProviderIsFine: 400 ms is slow for a request, and nothing to a reader beside it.
func TestSlowProviderIsFine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var percent atomic.Int64
		percent.Store(10)
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			value := percent.Load()
			<-time.After(400 * time.Millisecond)
			return good(float64(value))
		}
		api := newAPI(t)
		set(t, api, p)
		begun := time.Now()
		r := open(t, Config{Client: api.NewClient()})
		require.Equal(t, begun, time.Now(), "Start does not wait")
		<-r.First()
		require.Equal(t, 400*time.Millisecond, time.Since(begun))
		requireGood(t, r, 0.1)
		require.Equal(t, begun, r.Reading().Confirmed, "as of when it was asked")

		percent.Store(20)
		pass(2*time.Second + 400*time.Millisecond + tick)
		requireGood(t, r, 0.2)
		pass(time.Hour)
		requireGood(t, r, 0.2)
		require.EqualValues(t, 1, p.most.Load())
		require.Zero(t, r.Counts()[Timeout])
	})
}

// TestTheBudgetItselfIsTooMuch: whichever of the timer and the provider wins the race, the outcome is the same.
func TestTheBudgetItselfIsTooMuch(t *testing.T) {
	for took, kind := range map[time.Duration]Kind{
		5*time.Second - 1: OK,
		5 * time.Second:   Timeout,
		5*time.Second + 1: Timeout,
	} {
		t.Run(took.String(), func(t *testing.T) {
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					p := steady(0)
					p.float = func(context.Context) openfeature.FloatResolutionDetail {
						<-time.After(took)
						return good(30)
					}
					api := newAPI(t)
					set(t, api, p)
					r := open(t, Config{Client: api.NewClient()})
					pass(took)
					require.Equal(t, kind.String(), r.Reading().Kind.String())
				})
			}
		})
	}
}

// TestTheTimerMayLoseTheRace: an evaluation over budget is not believed even if its outcome is seen first.
func TestTheTimerMayLoseTheRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reader{cfg: Config{Flag: rollout}.withDefaults(), first: make(chan struct{})}
		r.reading.Store(r.blank(NoneYet, ""))
		l := newLoop(r)
		l.asked, l.cancel = time.Now(), func() {}
		pass(r.cfg.Budget)
		l.finish(outcome{kind: OK, percent: 30})
		requireUnbelieved(t, r, Timeout, 0)
	})
}

// TestAHintThatOvertakesThePollReplacesIt: the poll that was due meanwhile must not start a second evaluation.
func TestAHintThatOvertakesThePollReplacesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			<-time.After(400 * time.Millisecond)
			return good(30)
		}
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		for range 20 {
			pass(1900 * time.Millisecond)
			p.emit(openfeature.ProviderConfigChange, "")
		}
		pass(time.Second)
		requireGood(t, r, 0.3)
		require.EqualValues(t, 1, p.most.Load())
	})
}

// TestAProviderSlowerThanThePollGetsToBreathe: the next evaluation keeps its distance from the end of the last.
func TestAProviderSlowerThanThePollGetsToBreathe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended time.Time
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			if gap := time.Since(ended); gap < spacing {
				t.Errorf("asked again after %v", gap)
			}
			<-time.After(3 * time.Second)
			ended = time.Now()
			return good(30)
		}
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(time.Minute)
		requireGood(t, r, 0.3)
		require.Greater(t, p.calls.Load(), int64(15))
	})
}

// TestTheSlowestHealthyProviderDoesNotFlicker is why Hold must be Poll + Budget at least.
func TestTheSlowestHealthyProviderDoesNotFlicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			if p.calls.Load()%2 == 0 {
				<-time.After(5*time.Second - 1)
			}
			return good(30)
		}
		api := newAPI(t)
		set(t, api, p)
		var changes atomic.Int64
		open(t, Config{Client: api.NewClient(), Hold: 7 * time.Second, Changed: func() { changes.Add(1) }})
		pass(time.Hour)
		require.EqualValues(t, 1, changes.Load())
	})
}

func TestPanickingProviderIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bug atomic.Bool
		p := steady(30)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			if bug.Load() {
				panic("bug")
			}
			return good(30)
		}
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(time.Second)
		bug.Store(true)
		pass(10 * time.Second)
		requireUnbelieved(t, r, Panic, 0.3)
		require.EqualValues(t, 5, r.Counts()[Panic], "one for each poll")
		pass(30 * time.Second)
		requireUnbelieved(t, r, Panic, 0)
		bug.Store(false)
		pass(2 * time.Second)
		requireGood(t, r, 0.3)
	})
}
