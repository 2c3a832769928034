package shadow

import (
	"context"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

type keyOfRequest struct{}

// Of the request's context nothing reaches the shadow: no value, no deadline, no end.
func TestContextLeaksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, looked := make(chan context.Context), make(chan struct{})
		look := func(ctx context.Context, _ int) (int, error) {
			seen <- ctx
			<-looked
			return 0, nil
		}
		tracer := new(spans)
		r := start(t, always[int, int](), Host[int, int]{Candidate: look, Busy: idle, Tracer: tracer})
		span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
		ctx := trace.ContextWithSpanContext(context.WithValue(context.Background(), keyOfRequest{}, "secret"), span)
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		job, taken := r.Take(ctx, 1, 0)
		require.True(t, taken)
		cancel()
		began := time.Now()
		r.Offer(&job, Answer[int]{})
		got := <-seen
		require.NoError(t, got.Err())
		require.Nil(t, got.Value(keyOfRequest{}))
		deadline, bounded := got.Deadline()
		require.True(t, bounded, "the shadow's own")
		require.InDelta(t, float64(DefaultTimeout), float64(deadline.Sub(began)), float64(20*time.Millisecond))
		close(looked)
		synctest.Wait()
		require.Equal(t, []trace.SpanContext{span}, tracer.links)
		require.True(t, tracer.root)
		require.Equal(t, 1, tracer.ended)
	})
}

// spans is a tracer that remembers what it was asked.
type spans struct {
	embedded.Tracer
	links []trace.SpanContext
	root  bool
	ended int
}

func (s *spans) Start(ctx context.Context, _ string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	c := trace.NewSpanStartConfig(options...)
	s.root = c.NewRoot()
	for _, l := range c.Links() {
		s.links = append(s.links, l.SpanContext)
	}
	return ctx, &span{tracer: s}
}

type span struct {
	noop.Span
	tracer *spans
}

func (s *span) End(...trace.SpanEndOption) { s.tracer.ended++ }

// Inputs that share memory in three ways: callers and both models write to them as soon as they have them.
func TestAliasing(t *testing.T) {
	type node struct {
		value int
		next  *node
	}
	t.Run("slice", func(t *testing.T) {
		alias(t, func(n int) []int { return []int{n, n + 1} }, slices.Clone[[]int],
			func(x []int) { x[0], x[1] = -1, -1 }, func(x []int) string { return fmt.Sprint(x) })
	})
	t.Run("map", func(t *testing.T) {
		alias(t, func(n int) map[int]int { return map[int]int{n: 1} }, maps.Clone[map[int]int],
			func(x map[int]int) { clear(x) }, func(x map[int]int) string { return fmt.Sprint(x) })
	})
	t.Run("pointer in a struct", func(t *testing.T) {
		alias(t, func(n int) node { return node{n, &node{value: n}} }, func(x node) node { return node{x.value, &node{value: x.next.value}} },
			func(x node) { x.next.value = -1 }, func(x node) string { return fmt.Sprint(x.value, x.next.value) })
	})
}

func alias[T any](t *testing.T, build func(int) T, clone func(T) T, spoil func(T), show func(T) string) {
	t.Helper()
	sum := func(x T) uint32 { return crc32.ChecksumIEEE([]byte(show(x))) }
	model := func(_ context.Context, in T) (T, error) { //nolint:unparam // as models are
		out := clone(in)
		spoil(in)
		return out, nil
	}
	var differ atomic.Int64
	host := Host[T, T]{Stable: model, Candidate: model, Busy: idle, OnPair: func(p *Pair[T, T]) {
		if show(p.Stable.Output) != show(p.Candidate.Output) || p.Rerun != nil && show(p.Rerun.Output) != show(p.Stable.Output) {
			differ.Add(1)
		}
	}}
	cfg := Config[T, T]{
		Rate: 1, Rerun: 0.5, MaxInFlight: Ungated, Concurrency: 4, TTL: time.Minute, Queue: 8192, Clone: clone, CloneOutput: clone,
		Equal: func(a, b T) bool { return show(a) == show(b) },
	}
	r := start(t, cfg, host)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 500 {
				in := build(rand.IntN(1000))
				before := sum(in)
				job, _ := r.Take(context.Background(), in, 0)
				if sum(in) != before {
					t.Error("the input was changed")
				}
				out, _ := model(context.Background(), in)
				kept := sum(out)
				r.Offer(&job, Answer[T]{Output: out})
				if sum(out) != kept {
					t.Error("the answer was changed")
				}
				spoil(out)
			}
		})
	}
	callers.Wait()
	settle(t, r)
	require.EqualValues(t, 2000, r.Counts().Pairs, "%+v", r.Counts())
	require.Zero(t, differ.Load())
	require.Zero(t, r.Counts().Differ)
}

// settle waits until nothing waits or runs, which the runner's goroutines bring about.
func settle[In, Out any](t testing.TB, r *Runner[In, Out]) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		c := r.Counts()
		sum := c.Pairs
		for _, n := range c.Dropped {
			sum += n
		}
		if sum == c.Drawn && c.Bytes == 0 {
			return
		}
		<-tick.C
	}
}

// A million requests that cannot have their shadow leave nothing behind.
func TestDropsHoldNoMemory(t *testing.T) {
	r := start(t, Config[request, answer]{Rate: 1}, Host[request, answer]{
		Stable: modelOfAnswers, Candidate: modelOfAnswers, Busy: func(int) bool { return true },
	})
	in := request{User: "ann", Text: "some text"}
	offer := func(n int) {
		for i := range n {
			if job, ok := r.Take(context.Background(), in, uint64(i)); ok {
				r.Offer(&job, Answer[answer]{})
			}
		}
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	offer(10_000)
	before := heap()
	offer(1_000_000)
	require.Less(t, heap()-before, int64(1<<20))
	c := r.Counts()
	require.EqualValues(t, 1_010_000, c.Drawn)
	require.Zero(t, c.Pairs)
	require.Greater(t, c.Dropped[QueueFull]+c.Dropped[Expired], int64(1_000_000))
	settleDown(t, r)
	require.True(t, r.ring.empty())
}

func settleDown[In, Out any](t testing.TB, r *Runner[In, Out]) {
	t.Helper()
	r.SetRate(0)
	settle(t, r)
	balanced(t, r)
}

func modelOfAnswers(context.Context, request) (answer, error) { return answer{}, nil }

// An entry that was popped is not kept alive by its slot.
func TestRingForgets(t *testing.T) {
	ring := newRing[*int](4)
	x := new(int)
	require.True(t, ring.push(&x))
	var y *int
	require.True(t, ring.pop(&y))
	require.Same(t, x, y)
	for i := range ring.slots {
		require.Nil(t, ring.slots[i].value)
	}
	for range 3 {
		for range 4 {
			require.True(t, ring.push(&x))
		}
		require.False(t, ring.push(&x), "full")
		for range 4 {
			require.True(t, ring.pop(&y))
		}
		require.False(t, ring.pop(&y), "empty")
	}
}

func TestRingUnderContention(t *testing.T) {
	ring := newRing[int](64)
	var pushed, popped, sum atomic.Int64
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := range 5000 {
				x := w*5000 + i
				for !ring.push(&x) {
					runtime.Gosched()
				}
				pushed.Add(int64(x))
			}
		})
		workers.Go(func() {
			for popped.Load() < 20_000 {
				var x int
				if ring.pop(&x) {
					popped.Add(1)
					sum.Add(int64(x))
				} else {
					runtime.Gosched()
				}
			}
		})
	}
	workers.Wait()
	require.Equal(t, pushed.Load(), sum.Load())
}

// Functions of the configuration fail in every way; the request is never harmed, the pair is lost and counted, and after three in a row nobody is asked any more.
func TestFailingFunctions(t *testing.T) {
	for _, how := range []string{"panic", "exit"} {
		for name, change := range map[string]func(c *Config[string, string], h *Host[string, string], fail func()){
			"clone": func(c *Config[string, string], _ *Host[string, string], fail func()) {
				c.Clone = func(s string) string { fail(); return s }
			},
			"clone_output": func(c *Config[string, string], _ *Host[string, string], fail func()) {
				c.CloneOutput = func(s string) string { fail(); return s }
			},
			"size": func(c *Config[string, string], _ *Host[string, string], fail func()) {
				c.Size = func(string, string) int { fail(); return 1 }
			},
			"compare": func(c *Config[string, string], _ *Host[string, string], fail func()) {
				c.Equal = func(_, _ string) bool { fail(); return true }
			},
			"log": func(c *Config[string, string], _ *Host[string, string], fail func()) {
				c.Redact = func(string) any { fail(); return nil }
				c.Log = nowhere{}
			},
			"host": func(_ *Config[string, string], h *Host[string, string], fail func()) {
				h.OnPair = func(*Pair[string, string]) { fail() }
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					calls := 0
					cfg, b := always[string, string](), &books[string, string]{}
					host := b.host(script(nil))
					change(&cfg, &host, func() {
						calls++
						if how == "exit" {
							runtime.Goexit()
						}
						panic("boom")
					})
					r := start(t, cfg, host)
					for i := range 10 {
						ended := make(chan struct{})
						go func() { // which a Goexit of a function that runs on the caller's goroutine ends
							defer close(ended)
							serve(r, uint64(i), "fine", "answer to fine")
						}()
						<-ended
						<-time.After(50 * time.Millisecond)
					}
					c := r.Counts()
					if name == "host" { // it is not the application's
						require.Equal(t, 10, calls)
						return
					}
					require.Equal(t, maxFailures, calls)
					require.EqualValues(t, maxFailures, c.Failures[name], "%v", c.Failures)
					if name == "log" {
						require.EqualValues(t, 10, c.Pairs)
					} else {
						require.EqualValues(t, 10, c.Dropped[Callback], "%+v", c)
					}
					balanced(t, r)
				})
			})
		}
	}
}

type nowhere struct{}

func (nowhere) Put(*pairlog.Record)    {}
func (nowhere) Counts() pairlog.Counts { return pairlog.Counts{} }

// A comparison that hangs costs one goroutine, and neither the pairs after it.
func TestHangingComparison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg, b := always[string, string](), &books[string, string]{}
		var calls atomic.Int64
		cfg.Equal = func(_, _ string) bool {
			if calls.Add(1) == 1 {
				<-release
			}
			return true
		}
		r := start(t, cfg, b.host(script(nil)))
		serve(r, 1, "fine", "")
		<-time.After(3 * time.Second)
		require.Equal(t, 1, r.Counts().Abandoned)
		serve(r, 2, "fine", "")
		<-time.After(time.Second)
		require.EqualValues(t, 1, r.Counts().Pairs)
		require.EqualValues(t, 1, r.Counts().Dropped[Callback])
		close(release)
		synctest.Wait()
		require.Len(t, b.all(), 1, "a late result is nobody's")
		balanced(t, r)
	})
}
