package shadow

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

var errBoom = errors.New("boom")

// nasty is a panic value whose methods panic.
type nasty struct{}

func (nasty) Error() string  { panic("Error") }
func (nasty) String() string { panic("String") }

// books keep what a host hears.
type books[In, Out any] struct {
	mu    sync.Mutex
	pairs []Pair[In, Out]
	drops [NumReasons]int
	tags  map[uint64]int // how often each was heard of
}

func (b *books[In, Out]) pair(p *Pair[In, Out]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pairs = append(b.pairs, *p)
	b.hear(p.Tag)
}

func (b *books[In, Out]) drop(tag uint64, reason Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drops[reason]++
	b.hear(tag)
}

func (b *books[In, Out]) hear(tag uint64) {
	if b.tags == nil {
		b.tags = map[uint64]int{}
	}
	b.tags[tag]++
}

func (b *books[In, Out]) all() []Pair[In, Out] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Pair[In, Out](nil), b.pairs...)
}

// host answers with f in the shadow and always has a processor to spare.
func (b *books[In, Out]) host(f func(context.Context, In) (Out, error)) Host[In, Out] {
	return Host[In, Out]{Stable: f, Candidate: f, Busy: idle, OnPair: b.pair, OnDrop: b.drop}
}

func idle(int) bool { return false }

func double(_ context.Context, in int) (int, error) { return 2 * in, nil }

// script is a candidate that does what its input says.
func script(release <-chan struct{}) func(context.Context, string) (string, error) {
	return func(_ context.Context, in string) (string, error) {
		switch in {
		case "panic":
			panic("boom")
		case "panic nil":
			panic(nil)
		case "panic error":
			panic(errBoom)
		case "panic nasty":
			panic(nasty{})
		case "exit":
			runtime.Goexit()
		case "hang":
			<-release
		case "error":
			return "partial", errBoom
		}
		return "answer to " + in, nil
	}
}

// always asks for everything and runs whenever it can.
func always[In, Out any]() Config[In, Out] {
	return Config[In, Out]{Rate: 1, Rerun: -1, MaxInFlight: WhenIdle}
}

func start[In, Out any](t testing.TB, cfg Config[In, Out], host Host[In, Out]) *Runner[In, Out] {
	t.Helper()
	r, err := New(cfg, host)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close(context.Background())) })
	r.SetRate(cfg.Rate)
	return r
}

// serve is one request: taken, answered, offered.
func serve[In, Out any](r *Runner[In, Out], tag uint64, in In, out Out) bool {
	j, ok := r.Take(context.Background(), in, tag)
	r.Offer(&j, Answer[Out]{Output: out})
	return ok
}

// balanced says that each request that was drawn has become a pair or was dropped, and that nothing is held any more.
func balanced[In, Out any](t testing.TB, r *Runner[In, Out]) {
	t.Helper()
	c := r.Counts()
	sum := c.Pairs
	for _, n := range c.Dropped {
		sum += n
	}
	require.Equal(t, c.Drawn, sum, "%+v", c)
	require.Zero(t, c.Waiting, "room")
	require.Zero(t, c.Running)
	require.Zero(t, c.Bytes)
}

type flag struct{ atomic.Bool }

func (f *flag) busy(int) bool { return f.Load() }
