package flags

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"
)

func TestReaderStartsAtZeroWithoutCallingTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := steady(30)
		p.float = func(context.Context) openfeature.FloatResolutionDetail { <-release; return good(30) }
		api := newAPI(t)
		set(t, api, p)

		r := open(t, Config{Client: api.NewClient()})
		requireUnbelieved(t, r, NoneYet, 0)
		select {
		case <-r.First():
			t.Fatal("first reading announced before there is one")
		default:
		}

		close(release)
		<-r.First()
		requireGood(t, r, 0.3)
		require.Equal(t, openfeature.StaticReason, r.Reading().Reason)
		require.Equal(t, "on", r.Reading().Variant)
		require.Equal(t, time.Now(), r.Reading().Confirmed)
		require.Equal(t, time.Now(), r.Reading().At)
	})
}

func TestFirstIsAnnouncedHoweverTheFirstEvaluationEnds(t *testing.T) {
	for name, script := range map[string]func(context.Context) openfeature.FloatResolutionDetail{
		"badly": func(context.Context) openfeature.FloatResolutionDetail {
			return failed(openfeature.NewGeneralResolutionError("no"))
		},
		"by panic": func(context.Context) openfeature.FloatResolutionDetail { panic("no") },
		"too late": func(ctx context.Context) openfeature.FloatResolutionDetail { <-ctx.Done(); return good(30) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := steady(0)
				p.float = script
				api := newAPI(t)
				set(t, api, p)
				r := open(t, Config{Client: api.NewClient()})
				<-r.First()
				require.Error(t, r.Reading().Err)
				require.NotEqual(t, NoneYet, r.Reading().Kind)
				require.Zero(t, r.Reading().Share)
			})
		})
	}
}

func TestReaderFollowsChangeEventsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(5.0)
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(500 * time.Millisecond) // between two polls
		requireGood(t, r, 0.05)
		for _, percent := range []float64{10, 50, 100, 0, 25} {
			p.UpdateFlags(flagOf(percent))
			synctest.Wait()
			requireGood(t, r, percent/100)
			pass(spacing)
		}
		require.Less(t, time.Since(r.Reading().Confirmed), 100*time.Millisecond)
	})
}

func TestReaderPollsWhereNoEventComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var percent atomic.Int64
		percent.Store(10)
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail { return good(float64(percent.Load())) }
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient(), Poll: 3 * time.Second})
		pass(tick)
		requireGood(t, r, 0.1)
		calls := p.calls.Load()

		percent.Store(20)
		pass(3*time.Second - 2*tick)
		requireGood(t, r, 0.1)
		pass(2 * tick)
		requireGood(t, r, 0.2)
		pass(5 * 3 * time.Second)
		require.Equal(t, calls+6, p.calls.Load(), "one evaluation for each poll")
	})
}

// TestReaderReadsAgainAfterAHintDuringAnEvaluation: the evaluation under way may have seen the value of before.
func TestReaderReadsAgainAfterAHintDuringAnEvaluation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan struct{})
		var percent atomic.Int64
		percent.Store(10)
		p := steady(0)
		p.float = func(context.Context) openfeature.FloatResolutionDetail {
			value := float64(percent.Load())
			<-seen
			return good(value)
		}
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		synctest.Wait() // the evaluation has read 10 and is under way

		percent.Store(70)
		p.emit(openfeature.ProviderConfigChange, "")
		close(seen)
		synctest.Wait()
		requireGood(t, r, 0.1)
		pass(spacing)
		requireGood(t, r, 0.7)
		require.EqualValues(t, 1, p.most.Load())
	})
}

func TestAStormOfEventsCostsOneEvaluationPerSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := steady(30)
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(time.Second)
		before := p.calls.Load()
		for range 100 {
			for range 20 {
				p.emit(openfeature.ProviderConfigChange, "")
			}
			pass(time.Millisecond)
		}
		require.LessOrEqual(t, p.calls.Load()-before, int64(100*time.Millisecond/spacing)+1)
		require.GreaterOrEqual(t, p.calls.Load()-before, int64(100*time.Millisecond/spacing)-1)
		requireGood(t, r, 0.3)
	})
}

func TestChangedComesForEveryDifferenceAndForNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(10.0)
		api := newAPI(t)
		set(t, api, p)
		var r *Reader
		var shares []float64
		var kinds []Kind
		ready := make(chan struct{})
		r = open(t, Config{Client: api.NewClient(), Changed: func() {
			<-ready
			shares = append(shares, r.Reading().Share) // what is told about is already stored
			kinds = append(kinds, r.Reading().Kind)
		}})
		close(ready)
		pass(time.Minute) // thirty confirmations
		p.UpdateFlags(flagOf(20.0))
		pass(time.Minute)
		p.UpdateFlags(nil)
		pass(time.Minute)
		p.UpdateFlags(flagOf(20.0))
		pass(time.Minute)
		require.Equal(t, []float64{0.1, 0.2, 0.2, 0, 0.2}, shares)
		require.Equal(t, []Kind{OK, OK, Missing, Missing, OK}, kinds)
	})
}

func TestWarnComesWhenTroubleBeginsOrChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(10.0)
		api := newAPI(t)
		set(t, api, p)
		var got []string
		open(t, Config{Client: api.NewClient(), Warn: func(k Kind, err error) { got = append(got, k.String()+": "+err.Error()) }})
		for _, value := range []any{10.0, "50%", true, 150.0, -5.0, 20.0, 150.0} {
			p.UpdateFlags(flagOf(value))
			pass(10 * time.Second)
		}
		require.Equal(t, []string{
			`type_mismatch: flags: "rollout" type_mismatch: error code: TYPE_MISMATCH: incorrect type association`,
			`out_of_range: flags: "rollout" out_of_range: value 150 outside [0, 100]`,
			`out_of_range: flags: "rollout" out_of_range: value 150 outside [0, 100]`,
		}, got)
	})
}

func TestFractionIsReadAsPercentAndWarnedAboutOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(0.5)
		api := newAPI(t)
		set(t, api, p)
		var got []string
		r := open(t, Config{Client: api.NewClient(), Warn: func(k Kind, err error) { got = append(got, k.String()+": "+err.Error()) }})
		pass(time.Minute)
		requireGood(t, r, 0.005)
		for _, percent := range []float64{0.25, 0.5, 0, 1, 0.25} {
			p.UpdateFlags(flagOf(percent))
			pass(tick)
			requireGood(t, r, percent/100)
		}
		require.Equal(t, []string{
			`ok: flags: "rollout" value 0.5 is read as percent; for a share of 0.5 set 50`,
			`ok: flags: "rollout" value 0.25 is read as percent; for a share of 0.25 set 25`,
		}, got)

		for i := range 1000 {
			p.UpdateFlags(flagOf(1 / float64(i+3)))
			pass(tick)
		}
		require.Len(t, got, 64, "memory for what was warned about is bounded")
	})
}

func TestCallbacksThatPanicAreCountedAndHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(0.5)
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{
			Client:  api.NewClient(),
			Changed: func() { panic("changed") },
			Warn:    func(Kind, error) { panic("warn") },
		})
		<-r.First()
		pass(tick)
		require.EqualValues(t, 2, r.Counts()[Callback])
		p.UpdateFlags(flagOf(40.0))
		pass(tick)
		requireGood(t, r, 0.4)
		require.EqualValues(t, 3, r.Counts()[Callback])
	})
}

func TestACallbackThatEndsTheGoroutineLeavesStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI(t)
		set(t, api, inMemory(50.0))
		r := open(t, Config{Client: api.NewClient(), Changed: runtime.Goexit})
		<-r.First()
		requireUnbelieved(t, r, Closed, 0)
		require.NoError(t, r.Close(context.Background()))
	})
}

func TestCountsTellHowEvaluationsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := memprovider.NewInMemoryProvider(nil)
		api := newAPI(t)
		set(t, api, p)
		r := open(t, Config{Client: api.NewClient()})
		pass(time.Second)
		p.UpdateFlags(flagOf(50.0))
		pass(4 * time.Second)
		p.UpdateFlags(flagOf(500.0))
		pass(time.Second)

		counts := r.Counts()
		require.Positive(t, counts[Missing])
		require.Positive(t, counts[OK])
		require.Positive(t, counts[OutOfRange])
		for k, n := range counts {
			if k := Kind(k); k != Missing && k != OK && k != OutOfRange {
				require.Zero(t, n, "%v", k)
			}
		}
	})
}

// TestAnUnobservedValueExpires stands for a process that did not run for a while: when both timers are due, the share
// must not survive on the word of an old confirmation.
func TestAnUnobservedValueExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Reader{cfg: Config{Flag: rollout}.withDefaults(), first: make(chan struct{})}
		r.reading.Store(r.blank(NoneYet, ""))
		l := newLoop(r)
		l.asked = time.Now()
		l.settle(outcome{kind: OK, percent: 30})
		requireGood(t, r, 0.3)
		pass(r.cfg.Hold - 1)
		l.expire()
		requireGood(t, r, 0.3)
		pass(1)
		l.expire()
		requireUnbelieved(t, r, Stale, 0)
		require.ErrorContains(t, r.Reading().Err, "not confirmed for 30s")
	})
}

func TestReaderConcurrentSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(10.0)
		api := newAPI(t)
		set(t, api, p)
		var changes atomic.Int64
		r := open(t, Config{Client: api.NewClient(), Changed: func() { changes.Add(1) }})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 200 {
					reading := r.Reading()
					if (reading.Kind == OK) != (reading.Err == nil) || reading.Share < 0 || reading.Share > 1 {
						t.Errorf("torn reading %+v", reading)
					}
					r.Counts()
					r.hint(openfeature.EventDetails{})
					<-time.After(time.Millisecond)
				}
			})
		}
		for i := range 200 {
			p.UpdateFlags(flagOf(float64(i % 101)))
			pass(time.Millisecond)
		}
		wg.Wait()
		require.Positive(t, changes.Load())
	})
}

func TestReadingDoesNotAllocate(t *testing.T) {
	r := &Reader{}
	r.reading.Store(r.blank(OK, ""))
	var share float64
	require.Zero(t, testing.AllocsPerRun(100, func() { share += r.Reading().Share }))
}

func BenchmarkReading(b *testing.B) {
	r := &Reader{}
	r.reading.Store(r.blank(OK, ""))
	b.ReportAllocs()
	for b.Loop() {
		if r.Reading().Share != 0 {
			b.Fatal("not blank")
		}
	}
}
