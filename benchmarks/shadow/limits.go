package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/modelcanary/go-sdk/shadow"
)

// limits measures what does not depend on load: goroutines, memory, and what a request pays for its shadow.
func limits(layers int) (claims []claim, err error) {
	for _, measure := range []func(layers int) ([]claim, error){hung, dropped, enqueue, notDrawn} {
		found, err := measure(layers)
		if err != nil {
			return nil, err
		}
		claims = append(claims, found...)
	}
	return claims, nil
}

// calls is a model that is a function.
type calls = func(context.Context, input) (float64, error)

// withRunner runs something with a runner that draws every request, and closes it.
func withRunner(cfg shadow.Config[input, float64], candidate calls, busy func(int) bool, do func(*shadow.Runner[input, float64])) error {
	cfg.Rerun = -1
	if busy == nil {
		busy = func(int) bool { return false }
	}
	r, err := shadow.New(cfg, shadow.Host[input, float64]{Candidate: candidate, Busy: busy})
	if err != nil {
		return err
	}
	r.SetRate(1)
	do(r)
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	return r.Close(ctx)
}

// hand hands a request over, from taking to offering.
func hand(r *shadow.Runner[input, float64], in input) {
	job, taken := r.Take(context.Background(), in, 0)
	if taken {
		r.Offer(&job, shadow.Answer[float64]{Output: 1})
	}
}

// hangs is how many shadows hang.
const hangs = 10_000

// hung hands over 10,000 requests to a candidate that never returns.
func hung(int) (claims []claim, err error) {
	var begun atomic.Int64
	release := make(chan struct{})
	candidate := func(context.Context, input) (float64, error) {
		begun.Add(1)
		<-release
		return 0, nil
	}
	cfg := shadow.Config[input, float64]{Timeout: time.Millisecond, MaxInFlight: shadow.Ungated}
	const limit = 1 + shadow.DefaultAbandoned + 1 // the one that runs, the abandoned, the one that polls
	base, most := runtime.NumGoroutine(), 0
	err = withRunner(cfg, candidate, nil, func(r *shadow.Runner[input, float64]) {
		for i := range uint64(hangs) {
			hand(r, features(i))
			if i%100 == 0 {
				time.Sleep(time.Millisecond) // the runner looks for what hangs meanwhile
			}
			most = max(most, runtime.NumGoroutine())
		}
		close(release)
	})
	return []claim{{
		fmt.Sprintf("goroutines with %d hung shadows at most %d more", hangs, limit),
		fmt.Sprintf("%d more, %d calls begun", most-base, begun.Load()), most-base <= limit && begun.Load() > 0,
	}}, err
}

// drops is how many requests are dropped.
const drops = 1_000_000

// dropped hands over a million requests while no processor is free.
func dropped(int) (claims []claim, err error) {
	var before, after runtime.MemStats
	cfg := shadow.Config[input, float64]{}
	err = withRunner(cfg, newModel(1, 0).Predict, func(int) bool { return true }, func(r *shadow.Runner[input, float64]) {
		for i := range uint64(drops / 100) {
			hand(r, features(i))
		}
		readMemory(&before)
		for i := range uint64(drops) {
			hand(r, features(i))
		}
		readMemory(&after)
	})
	const most = 1 << 20
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	return []claim{{
		fmt.Sprintf("heap after %d dropped requests at most 1 MiB larger", drops), fmt.Sprintf("%+d KiB", grown/1024), grown <= most,
	}}, err
}

// readMemory reads what is left after a collection.
func readMemory(m *runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(m)
}

// The bars of what a request pays.
const (
	mostEnqueue  = 200 * time.Nanosecond
	mostNotDrawn = 5.0 // ns
)

// handovers is how many requests are timed.
const handovers = 4000

// enqueue times Take and Offer for an input of a word, and for that of the model, which is copied from hand to hand.
func enqueue(layers int) (claims []claim, err error) {
	for _, measure := range []func(int) ([]claim, error){
		func(layers int) ([]claim, error) { return enqueueOf(layers, uint64(1)) },
		func(layers int) ([]claim, error) { return enqueueOf(layers, features(1)) },
	} {
		found, err := measure(layers)
		if err != nil {
			return nil, err
		}
		claims = append(claims, found...)
	}
	return claims, nil
}

// enqueueOf times Take and Offer round a model's call, while no processor is free and the runner sleeps between its looks. The time that two pairs of clock readings take
// is measured in the same way, and taken off.
func enqueueOf[In any](layers int, in In) (claims []claim, err error) {
	cfg := shadow.Config[In, float64]{Rerun: -1, TTL: time.Millisecond, Queue: handovers}
	r, err := shadow.New(cfg, shadow.Host[In, float64]{
		Candidate: func(context.Context, In) (float64, error) { return 0, nil },
		Busy:      func(int) bool { return true },
	})
	if err != nil {
		return nil, err
	}
	r.SetRate(1)
	m, ctx, refused := newModel(layers, 0), context.Background(), 0
	var job shadow.Job[In]
	take := func() {
		var taken bool
		if job, taken = r.Take(ctx, in, 0); !taken {
			refused++
		}
	}
	offer := func() { r.Offer(&job, shadow.Answer[float64]{Output: 1}) }
	empty := timed(m, func() {}, func() {})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	costs := timed(m, take, offer)
	runtime.ReadMemStats(&after)
	clock, mallocs := quantile(empty, 0.5), after.Mallocs-before.Mallocs
	p50, what := quantile(costs, 0.5)-clock, fmt.Sprintf("Take and Offer of an input of %d bytes, the worker asleep,", unsafe.Sizeof(in))
	claims = []claim{
		{fmt.Sprintf("%s p50 at most %v", what, mostEnqueue), fmt.Sprintf("%v, p99 %v", p50, quantile(costs, 0.99)-clock), p50 <= mostEnqueue},
		{what + " allocate nothing", fmt.Sprintf("%d allocations in %d, all goroutines included", mallocs, handovers), mallocs < handovers/100},
	}
	if refused > 0 {
		err = fmt.Errorf("%d of %d requests were not taken", refused, handovers)
	}
	return claims, errors.Join(err, r.Close(ctx))
}

// timed times what goes before and after a model's call, sorted.
func timed(m *model, first, second func()) []time.Duration {
	costs, in, base := make([]time.Duration, handovers), features(1), time.Now()
	for i := range costs {
		t0 := time.Since(base)
		first()
		t1 := time.Since(base)
		_, _ = m.Predict(context.Background(), in)
		t2 := time.Since(base)
		second()
		costs[i] = t1 - t0 + time.Since(base) - t2
	}
	slices.Sort(costs)
	return costs
}

// notDrawn times a draw that says no.
func notDrawn(int) (claims []claim, err error) {
	const n, runs = 2_000_000, 5
	best := time.Duration(1 << 62)
	err = withRunner(shadow.Config[input, float64]{}, newModel(1, 0).Predict, func(int) bool { return true }, func(r *shadow.Runner[input, float64]) {
		r.SetRate(0.001)
		sampler, drawn := r.Sampler(), 0
		for range runs {
			began := time.Now()
			for unit := range uint64(n) {
				if sampler.Draws(unit) {
					drawn++
				}
			}
			best = min(best, time.Since(began))
		}
		runtime.KeepAlive(drawn)
	})
	each := float64(best.Nanoseconds()) / n
	return []claim{{fmt.Sprintf("a request that is not drawn at most %g ns", mostNotDrawn), fmt.Sprintf("%.1f ns", each), each <= mostNotDrawn}}, err
}
