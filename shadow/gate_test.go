package shadow

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestShadowsWaitForAProcessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy flag
		b := &books[int, int]{}
		host := b.host(double)
		host.Busy = busy.busy
		r := start(t, always[int, int](), host)
		busy.Store(true)
		serve(r, 1, 1, 2)
		<-time.After(10 * time.Millisecond)
		require.Empty(t, b.all())
		busy.Store(false)
		<-time.After(10 * time.Millisecond)
		require.Len(t, b.all(), 1)
		busy.Store(true)
		serve(r, 2, 1, 2)
		<-time.After(DefaultTTL + 2*pollIdle)
		require.Equal(t, 1, b.drops[Expired], "not for ever")
		balanced(t, r)
	})
}

// A request that the process has not read yet, as its thread waits behind the shadow's, closes the gate, too.
func TestShadowsWaitForWhoeverWaitsForTheirProcessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var unread, busy flag
		b := &books[int, int]{}
		host := b.host(double)
		host.Busy = busy.busy
		r := start(t, Config[int, int]{Rerun: -1, MaxInFlight: WhenIdle}, host)
		r.yield = func() { busy.Store(unread.Load()) }
		r.SetRate(1)
		unread.Store(true)
		serve(r, 1, 1, 2)
		<-time.After(10 * time.Millisecond)
		require.Empty(t, b.all())
		unread.Store(false)
		busy.Store(false)
		<-time.After(10 * time.Millisecond)
		require.Len(t, b.all(), 1)
		balanced(t, r)
	})
}

// Without a gate there is nobody to give way to.
func TestUngatedDoesNotYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books[int, int]{}
		r := start(t, Config[int, int]{Rerun: -1, MaxInFlight: Ungated}, b.host(double))
		r.yield = func() { t.Error("yielded") }
		r.SetRate(1)
		serve(r, 1, 1, 2)
		<-time.After(10 * time.Millisecond)
		require.Len(t, b.all(), 1)
		balanced(t, r)
	})
}

// Running shadows count as requests in flight do; hung ones do not.
func TestGateCountsShadows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, limits atomic.Int64
		b := &books[int, int]{}
		host := b.host(func(context.Context, int) (int, error) {
			n := running.Add(1)
			most.Store(max(most.Load(), n))
			<-time.After(5 * time.Millisecond)
			running.Add(-1)
			return 0, nil
		})
		host.Busy = func(limit int) bool {
			limits.Store(int64(limit))
			return false
		}
		cfg := always[int, int]()
		cfg.Concurrency, cfg.MaxInFlight = 4, 2
		r := start(t, cfg, host)
		for i := range 12 {
			serve(r, uint64(i), i, 0)
		}
		<-time.After(time.Second)
		require.EqualValues(t, 3, most.Load(), "two may be in flight while the third starts")
		require.Zero(t, limits.Load())
		require.EqualValues(t, 12, r.Counts().Pairs)
	})
}

// A stable model that takes longer than a request may wait does not use up that time.
func TestTimeToLiveBeginsWithTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books[int, int]{}
		r := start(t, always[int, int](), b.host(double))
		job, _ := r.Take(context.Background(), 1, 1)
		<-time.After(time.Second)
		r.Offer(&job, Answer[int]{Output: 2, Duration: time.Second})
		<-time.After(time.Second)
		require.Len(t, b.all(), 1)
		balanced(t, r)
	})
}

func TestBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy flag
		busy.Store(true)
		cfg, b := always[string, string](), &books[string, string]{}
		cfg.MaxBytes, cfg.Size, cfg.TTL = 6400, func(in, _ string) int { return len(in) }, time.Minute
		host := b.host(script(nil))
		host.Busy = busy.busy
		r := start(t, cfg, host)
		serve(r, 1, string(make([]byte, 101)), "")
		require.Equal(t, 1, b.drops[TooLarge], "a sixty-fourth, and one")
		for i := range 70 {
			serve(r, uint64(i), string(make([]byte, 100)), "")
		}
		require.Equal(t, 6, b.drops[Memory])
		require.EqualValues(t, 6400, r.Counts().Bytes)
		busy.Store(false)
		<-time.After(time.Second)
		require.EqualValues(t, 64, r.Counts().Pairs)
		balanced(t, r)

		busy.Store(true)
		<-time.After(time.Second)
		for i := range 300 {
			serve(r, uint64(i), "", "")
		}
		require.Equal(t, 300-DefaultQueue, b.drops[QueueFull], "%v", b.drops)
		job, taken := r.Take(context.Background(), "", 1)
		require.False(t, taken, "a full queue copies nothing")
		r.Offer(&job, Answer[string]{})
		r.Discard(&job)
		busy.Store(false)
		<-time.After(time.Second)
		balanced(t, r)
	})
}

func TestJobsEndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books[int, int]{}
		r := start(t, always[int, int](), b.host(double))
		job, _ := r.Take(context.Background(), 1, 1)
		r.Discard(&job)
		r.Discard(&job)
		r.Offer(&job, Answer[int]{})
		other, _ := r.Take(nil, 1, 2) //nolint:staticcheck // a careless host
		r.Offer(&other, Answer[int]{})
		r.Offer(&other, Answer[int]{})
		r.Discard(&other)
		<-time.After(time.Second)
		require.Equal(t, 1, b.drops[Cancelled])
		require.Len(t, b.all(), 1)
		balanced(t, r)
	})
}

func TestRateOfZeroDropsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy flag
		busy.Store(true)
		b := &books[int, int]{}
		host := b.host(double)
		host.Busy = busy.busy
		cfg := always[int, int]()
		cfg.TTL = time.Minute
		r := start(t, cfg, host)
		serve(r, 1, 1, 1)
		serve(r, 2, 1, 1)
		late, _ := r.Take(context.Background(), 1, 3)
		<-time.After(time.Second)
		r.SetRate(0)
		synctest.Wait()
		require.Equal(t, 2, b.drops[Stopped])
		require.False(t, r.Sampler().Draws(1))
		r.Offer(&late, Answer[int]{})
		require.Equal(t, 3, b.drops[Stopped])
		balanced(t, r)
		r.mu.Lock()
		live := r.live
		r.mu.Unlock()
		require.Zero(t, live, "no goroutine without a rate")
		busy.Store(false)
		r.SetRate(1)
		serve(r, 4, 1, 1)
		<-time.After(time.Second)
		require.Len(t, b.all(), 1)
	})
}

func TestRateFlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, b := always[int, int](), &books[int, int]{}
		cfg.Concurrency = 3
		r := start(t, cfg, b.host(double))
		for i := range 1000 {
			r.SetRate(float64(i % 3))
			serve(r, uint64(i), i, 2*i)
			if i%7 == 0 {
				<-time.After(time.Millisecond)
			}
			r.mu.Lock()
			seats := r.seats // who is leaving has none any more
			r.mu.Unlock()
			require.LessOrEqual(t, seats, 3)
		}
		r.SetRate(math.NaN())
		<-time.After(time.Second)
		require.Zero(t, r.Counts().Rate)
		require.Positive(t, r.Counts().Pairs)
		balanced(t, r)
	})
}

func TestRerunIsTheNoiseFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var again atomic.Int64
		b := &books[int, int]{}
		host := b.host(double)
		host.Stable = func(_ context.Context, in int) (int, error) {
			again.Add(1)
			if in%10 == 0 {
				return 0, errBoom
			}
			return 2*in + in%2, nil
		}
		cfg := always[int, int]()
		cfg.Rerun, cfg.Queue = 0.25, 4096
		r := start(t, cfg, host)
		for i := range 2000 {
			serve(r, uint64(i), i, 2*i)
			<-time.After(time.Millisecond)
		}
		<-time.After(time.Second)
		c := r.Counts()
		require.InDelta(t, 500, c.Reruns, 100)
		require.Equal(t, c.Reruns, again.Load())
		require.InDelta(t, 0.6*float64(c.Reruns), c.RerunsDiffer, 60, "the odd ones, and those that fail")
		require.Zero(t, c.Differ)
		for _, p := range b.all() {
			if p.Rerun != nil {
				require.Equal(t, p.Input%2 == 1 || p.Input%10 == 0, p.RerunDiffers)
				require.Equal(t, p.Input%10 != 0, !math.IsNaN(p.RerunDistance))
			}
		}
	})
}

func TestSamplerIsStickyAndMonotone(t *testing.T) {
	s := Sampler{salt: 7}
	drawn := func(rate float64) map[uint64]bool {
		s.set(rate)
		in := map[uint64]bool{}
		for unit := range uint64(100_000) {
			if s.Draws(unit) {
				in[unit] = true
			}
		}
		return in
	}
	before := drawn(0)
	require.Empty(t, before)
	for _, rate := range []float64{0.001, 0.01, 0.1, 0.5, 0.9, 1} {
		now := drawn(rate)
		require.InDelta(t, rate*100_000, len(now), 6*math.Sqrt(rate*100_000)+1, "rate %v", rate)
		for unit := range before {
			require.True(t, now[unit])
		}
		before = now
	}
	other := Sampler{salt: 8}
	other.set(0.5)
	s.set(0.5)
	both := 0
	for unit := range uint64(100_000) {
		if s.Draws(unit) && other.Draws(unit) {
			both++
		}
	}
	require.InDelta(t, 25_000, both, 600, "another salt draws others")
}

// The draw costs no more than it may: nothing is allocated, on either side of it.
func TestTakeAndOfferAllocateNothing(t *testing.T) {
	r := newBenchRunner(t)
	r.sampler.set(1) // without workers: nobody else allocates
	ctx, in := context.Background(), request{User: "ann", Text: "text"}
	require.Zero(t, testing.AllocsPerRun(200, func() {
		if !r.Sampler().Draws(1) {
			return
		}
		if job, ok := r.Take(ctx, in, 1); ok {
			r.Offer(&job, Answer[answer]{})
		}
	}))
	r.drain()
	balanced(t, r)
}
