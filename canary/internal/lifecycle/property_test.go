package lifecycle

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// reference is what a model should do, as a simulation: no goroutines, no locks, one event after the other.
type reference struct {
	cooldown, timeout time.Duration
	plan              func(attempt int) (took time.Duration, well bool)

	now      time.Duration
	state    State
	needed   bool
	unneeded time.Duration // since when
	loaded   time.Duration // when the load under way ends
	well     bool
	nextTry  time.Duration
	attempts int
	failures int
	calls    int
	closes   int
}

// pass lets time pass, from event to event.
func (r *reference) pass(d time.Duration) {
	until := r.now + d
	for {
		r.settle()
		next := r.next()
		if next <= r.now || next > until {
			break
		}
		r.now = next
	}
	r.now = until
}

// next is the time of the next event; 0 when there is none.
func (r *reference) next() (at time.Duration) {
	soonest := func(t time.Duration) {
		if t > r.now && (at == 0 || t < at) {
			at = t
		}
	}
	if r.state == Loading {
		soonest(r.loaded)
	}
	if r.state == Failed && r.needed {
		soonest(r.nextTry)
	}
	if !r.needed && (r.state == Loading || r.state == Failed || r.state == Ready) {
		soonest(r.unneeded + r.cooldown)
	}
	return at
}

// settle applies every rule until none applies.
func (r *reference) settle() {
	for {
		state, attempts, closes := r.state, r.attempts, r.closes
		unwanted := !r.needed && r.now >= r.unneeded+r.cooldown
		switch {
		case r.state == Idle && r.needed, r.state == Failed && r.needed && r.now >= r.nextTry:
			r.begin()
		case r.state == Loading && r.now >= r.loaded && r.well:
			r.state, r.failures = Ready, 0
		case r.state == Loading && r.now >= r.loaded:
			r.state = Failed
			r.failures++
			r.nextTry = r.now + backoff(r.failures, 0)
		case (r.state == Loading || r.state == Failed) && unwanted:
			r.state, r.failures = Idle, 0
		case r.state == Ready && unwanted:
			r.state = Draining
		case r.state == Draining && r.needed:
			r.state = Ready
		case r.state == Draining && r.calls == 0:
			r.state = Idle
			r.closes++
		}
		if r.state == state && r.attempts == attempts && r.closes == closes {
			return
		}
	}
}

func (r *reference) begin() {
	took, well := r.plan(r.attempts)
	r.attempts++
	r.state = Loading
	r.loaded, r.well = r.now+min(took, r.timeout), well && took < r.timeout
}

func (r *reference) need(needed bool) {
	if !needed && r.needed {
		r.unneeded = r.now
	}
	r.needed = needed
	r.settle()
}

// TestAgainstReference: whatever is needed, called and awaited in whatever order, the model is where the reference is.
func TestAgainstReference(t *testing.T) {
	visited := map[State]int{}
	for seed := range uint64(400) {
		synctest.Test(t, func(t *testing.T) { walk(t, seed, visited) })
	}
	for _, s := range []State{Idle, Loading, Ready, Failed, Draining} {
		require.Greater(t, visited[s], 200, "%v is hardly tested", s)
	}
}

// walk takes a random way. Loads take times that are no multiples of what the walk waits, so that no two events fall together.
func walk(t *testing.T, seed uint64, visited map[State]int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := &world{script: newScript()}
	r := &reference{
		cooldown: []time.Duration{time.Millisecond, 3 * time.Second, time.Minute}[rng.IntN(3)],
		timeout:  10*time.Second + 61,
		plan: func(attempt int) (time.Duration, bool) {
			one := rand.New(rand.NewPCG(seed, uint64(attempt)+2))
			return time.Duration(1+one.IntN(12000))*time.Millisecond + 137, one.IntN(3) > 0
		},
	}
	m, err := New(Config[string, string]{
		Cooldown: r.cooldown, LoadTimeout: r.timeout, Jitter: func() float64 { return 0 }, Changed: func() { w.changes.Add(1) },
		Load: func(ctx context.Context) (Predictor[string, string], error) {
			took, well := r.plan(int(w.loads.Add(1)) - 1)
			select {
			case <-time.After(took):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if !well {
				return nil, errBoom
			}
			return &loaded{script: w.script}, nil
		},
	})
	require.NoError(t, err)
	w.Model = m
	var inside []func()
	ready := false
	for range 80 {
		switch op := rng.IntN(8); {
		case op < 3:
			needed := rng.IntN(2) == 0
			w.Need(needed)
			r.need(needed)
		case op == 3 && r.state == Ready:
			inside = append(inside, w.started(t))
			r.calls++
		case op == 4 && len(inside) > 0:
			i := rng.IntN(len(inside))
			inside[i]()
			inside[i] = inside[len(inside)-1]
			inside = inside[:len(inside)-1]
			r.calls--
			r.settle()
		default:
			d := []time.Duration{time.Millisecond, time.Second, 20 * time.Second, 2 * time.Minute}[rng.IntN(4)]
			d = time.Duration(1+rng.Int64N(int64(d/time.Millisecond))) * time.Millisecond
			later(d)
			r.pass(d)
		}
		synctest.Wait()
		visited[r.state]++
		requireAlike(t, r, w, seed)
		if ready != w.Ready() {
			ready = w.Ready()
			require.Positive(t, w.changes.Swap(0), "somebody is told")
		}
	}
	for _, leave := range inside {
		leave()
	}
	w.end(t)
	if r.state == Ready || r.state == Draining {
		r.closes++
	}
	require.EqualValues(t, r.closes, w.closes.Load(), "every model is closed once, seed %d", seed)
}

func requireAlike(t *testing.T, r *reference, w *world, seed uint64) {
	t.Helper()
	s := w.Status()
	require.Equal(t, r.state.String(), s.State.String(), "seed %d", seed)
	require.Equal(t, r.state == Ready, w.Ready())
	require.Equal(t, r.attempts, s.Attempts, "seed %d", seed)
	require.Equal(t, r.failures, s.Failures, "seed %d", seed)
	require.EqualValues(t, r.calls, s.Calls)
	require.EqualValues(t, r.closes, w.closes.Load(), "seed %d", seed)
	require.Equal(t, r.state == Failed && r.needed, !s.NextTry.IsZero())
	if err := w.predict(t, "x"); r.state == Ready {
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, ErrNotReady)
	}
}
