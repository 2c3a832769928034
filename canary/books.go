package canary

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
)

// books count over all epochs of a canary, so that no counter goes back when a new epoch begins, and own the epochs that are ending.
type books[In, Out any] struct {
	records telemetry.Records
	shadows telemetry.Records

	mu      sync.Mutex
	epochs  []*epoch[In, Out] // that still count
	past    map[string]map[[2]string]int64
	leavers []*leaving[In, Out]
}

// leaving is an epoch that another one has taken the place of.
type leaving[In, Out any] struct {
	epoch    *epoch[In, Out]
	unneeded *loader[In, Out] // that nobody serves with any more
	cancel   context.CancelFunc
	ended    chan struct{} // closed when its goroutine has ended
}

// counter reads one kind of counts of an epoch: of a closed set, by two words.
type counter[In, Out any] func(e *epoch[In, Out], add func(a, b string, n int64))

// open lets an epoch count.
func (b *books[In, Out]) open(e *epoch[In, Out]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epochs = append(b.epochs, e)
	b.records.Add(e.recorder)
	if e.shade != nil {
		b.shadows.Add(&e.shade.calls)
	}
}

// end waits in the background for what is under way in an epoch, leaves what it has found out meanwhile to the present one, and closes its account.
func (b *books[In, Out]) end(e *epoch[In, Out], unneeded *loader[In, Out], present func() *epoch[In, Out]) {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:gosec // close and wait cancel it
	x := &leaving[In, Out]{epoch: e, unneeded: unneeded, cancel: cancel, ended: make(chan struct{})}
	b.mu.Lock()
	b.leavers = append(b.leavers, x)
	b.mu.Unlock()
	go func() {
		defer close(x.ended)
		_ = x.shutdown(ctx) // what could not be stored is the present epoch's to store
		present().keeper.Inherit(e.keeper.State())
		if ctx.Err() == nil {
			b.close(x)
		}
	}()
}

func (x *leaving[In, Out]) shutdown(ctx context.Context) error {
	return errors.Join(x.epoch.shutdown(ctx, false), x.unneeded.close(ctx))
}

// close keeps the counts of an epoch that has ended and lets it go.
func (b *books[In, Out]) close(x *leaving[In, Out]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x.cancel()
	for name, read := range counters[In, Out]() {
		if b.past == nil {
			b.past = map[string]map[[2]string]int64{}
		}
		if b.past[name] == nil {
			b.past[name] = map[[2]string]int64{}
		}
		read(x.epoch, func(p, q string, n int64) { b.past[name][[2]string{p, q}] += n })
	}
	b.records.Retire(x.epoch.recorder)
	if x.epoch.shade != nil {
		b.shadows.Retire(&x.epoch.shade.calls)
	}
	b.epochs = slices.DeleteFunc(b.epochs, func(e *epoch[In, Out]) bool { return e == x.epoch })
	b.leavers = slices.DeleteFunc(b.leavers, func(y *leaving[In, Out]) bool { return y == x })
}

// total yields the counts of a kind over all epochs.
func (b *books[In, Out]) total(name string, yield func(a, b string, n int64)) {
	sum := map[[2]string]int64{}
	b.mu.Lock()
	for words, n := range b.past[name] {
		sum[words] += n
	}
	read := counters[In, Out]()[name]
	for _, e := range b.epochs {
		read(e, func(p, q string, n int64) { sum[[2]string{p, q}] += n })
	}
	b.mu.Unlock()
	for words, n := range sum {
		yield(words[0], words[1], n)
	}
}

// abandoned is how many candidate calls past their timeout are under way, in all epochs.
func (b *books[In, Out]) abandoned() (n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.epochs {
		n += int64(e.keeper.Abandoned())
	}
	return n
}

// shadowing is how many calls of shadows are under way, in all epochs.
func (b *books[In, Out]) shadowing() (n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.epochs {
		n += int64(e.shade.running())
	}
	return n
}

// wait waits for the epochs that are ending until ctx is done; then it returns what still hangs.
func (b *books[In, Out]) wait(ctx context.Context) error {
	b.mu.Lock()
	waiting := slices.Clone(b.leavers)
	b.mu.Unlock()
	var problems []error
	for _, x := range waiting {
		x.cancel()
		<-x.ended
		problems = append(problems, x.shutdown(ctx))
	}
	return errors.Join(problems...)
}
