package shadow

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books[int, int]{}
		r := start(t, always[int, int](), b.host(double))
		taken := time.Now()
		require.True(t, serve(r, 7, 21, 42))
		require.True(t, serve(r, 8, 21, 43))
		<-time.After(time.Second)
		pairs := b.all()
		require.Len(t, pairs, 2)
		p := pairs[0]
		require.EqualValues(t, 7, p.Tag)
		require.Equal(t, taken, p.At)
		require.Equal(t, 21, p.Input)
		require.Equal(t, 42, p.Stable.Output)
		require.Equal(t, 42, p.Candidate.Output)
		require.Equal(t, BothAnswered, p.Quadrant)
		require.False(t, p.Differs)
		require.True(t, pairs[1].Differs)
		c := r.Counts()
		require.EqualValues(t, 2, c.Pairs)
		require.EqualValues(t, 1, c.Differ)
		balanced(t, r)
	})
}

// Whatever way a candidate fails, there is a pair that says so, and the next request is shadowed as if nothing had been.
func TestFailingCandidate(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Outcome
	}{{"fine", OK}, {"error", Error}, {"panic", Panic}, {"panic nil", Panic}, {"panic error", Panic}, {"panic nasty", Panic}, {"exit", Goexit}, {"hang", Timeout}} {
		t.Run(c.in, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				b := &books[string, string]{}
				r := start(t, always[string, string](), b.host(script(release)))
				for i := range 8 {
					serve(r, uint64(i), c.in, "answer to fine")
					<-time.After(2 * time.Second)
				}
				serve(r, 9, "fine", "answer to fine")
				<-time.After(time.Second)
				pairs := b.all()
				require.Len(t, pairs, 9)
				for _, p := range pairs[:8] {
					require.Equal(t, c.want, p.Candidate.Outcome)
					require.Equal(t, c.want != OK, p.Differs)
					if c.want != OK {
						require.Zero(t, p.Candidate.Output)
						require.Equal(t, OnlyStableAnswered, p.Quadrant)
					}
				}
				require.Equal(t, OK, pairs[8].Candidate.Outcome)
				close(release)
				synctest.Wait()
				balanced(t, r)
				require.Zero(t, r.Counts().Abandoned)
			})
		})
	}
}

func TestTimeoutIsDeliveredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := &books[string, string]{}
		heard := make(chan time.Time, 1)
		host := b.host(script(release))
		host.OnPair = func(*Pair[string, string]) { heard <- time.Now() }
		r := start(t, always[string, string](), host)
		began := time.Now()
		serve(r, 1, "hang", "")
		require.LessOrEqual(t, (<-heard).Sub(began), DefaultTimeout+grace+2*pollIdle)
		require.Equal(t, 1, r.Counts().Abandoned)
		close(release)
	})
}

func TestThousandsOfGoexits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &books[string, string]{}
		done := make(chan struct{}, 1)
		host := b.host(script(nil))
		host.OnPair = func(p *Pair[string, string]) {
			if p.Candidate.Outcome == Goexit {
				done <- struct{}{}
			}
		}
		r := start(t, always[string, string](), host)
		for range 10_000 {
			require.True(t, serve(r, 1, "exit", ""))
			<-done
		}
		require.EqualValues(t, 10_000, r.Counts().Pairs)
		synctest.Wait()
		balanced(t, r)
	})
}

// Ten thousand hung shadows cost as many goroutines as the configuration says, and no more.
func TestHungShadowsAreBounded(t *testing.T) {
	for _, concurrency := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			b := &books[string, string]{}
			cfg := always[string, string]()
			cfg.Concurrency, cfg.MaxInFlight, cfg.MaxAbandoned = concurrency, 100, 16
			base := runtime.NumGoroutine()
			r := start(t, cfg, b.host(script(release)))
			for i := range 10_000 {
				serve(r, uint64(i), "hang", "")
				<-time.After(60 * time.Millisecond)
				require.LessOrEqual(t, runtime.NumGoroutine()-base, concurrency+16+1)
			}
			c := r.Counts()
			require.Equal(t, 16, c.Abandoned)
			require.EqualValues(t, c.Abandoned, c.Pairs, "each was delivered")
			require.Greater(t, c.Dropped[Abandoned], int64(8000))
			close(release)
			<-time.After(time.Minute)
			require.True(t, serve(r, 1, "fine", "answer to fine"))
			<-time.After(time.Second)
			balanced(t, r)
			require.Zero(t, r.Counts().Abandoned)
			require.EqualValues(t, 1, r.Counts().Quadrants[BothAnswered])
		})
	}
}

func TestCloseReportsHungCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := &books[string, string]{}
		r, err := New(always[string, string](), b.host(script(release)))
		require.NoError(t, err)
		r.SetRate(1)
		for i := range 3 {
			serve(r, uint64(i), "hang", "")
			<-time.After(2 * time.Second)
		}
		serve(r, 4, "hang", "")
		<-time.After(20 * time.Millisecond)
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err = r.Close(short)
		require.ErrorContains(t, err, "shadow: 4 calls have not returned")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		before := r.Counts()
		close(release)
		require.NoError(t, r.Close(t.Context()))
		require.NoError(t, r.Close(t.Context()))
		after := r.Counts()
		require.Equal(t, before.Pairs, after.Pairs)
		require.EqualValues(t, 1, after.Dropped[Stopped]-before.Dropped[Stopped], "the one whose time was not over yet")
		require.Len(t, b.all(), 3)
		balanced(t, r)
		require.False(t, r.Sampler().Draws(1))
		require.False(t, serve(r, 5, "fine", ""))
	})
}
