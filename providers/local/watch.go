package local

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// run is one stretch of watching, from an Init to a Shutdown.
type run struct {
	end   func()        // closes over; may be called again
	over  chan struct{} // closed when the goroutine shall go
	read  chan struct{} // closed after the first reading
	ended chan struct{} // closed when the goroutine is gone
}

func newRun() *run {
	r := &run{over: make(chan struct{}), read: make(chan struct{}), ended: make(chan struct{})}
	r.end = sync.OnceFunc(func() { close(r.over) })
	return r
}

func (r *run) isOver() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}

// Init is [Provider.InitWithContext] without a bound on the wait. OpenFeature calls the latter.
func (p *Provider) Init(evaluationContext openfeature.EvaluationContext) error {
	return p.InitWithContext(context.Background(), evaluationContext)
}

// InitWithContext reads the file once more, starts the goroutine that follows it, and returns what [Provider.Err] says.
// When that is an error, the goroutine runs all the same: the last good flags are served and PROVIDER_READY is emitted
// when the file is mended. Calling it again while the goroutine runs starts no second one; after a shutdown it starts
// anew. It returns the error of ctx, and leaves nothing running that outlives the reading, when ctx ends first.
// For an in-memory provider it does nothing.
func (p *Provider) InitWithContext(ctx context.Context, _ openfeature.EvaluationContext) error {
	if p.file == nil {
		return nil
	}
	r, begun := p.start()
	if err := wait(ctx, r.read); err != nil {
		if begun {
			r.end()
		}
		return fmt.Errorf("local: init: %s is still being read: %w", p.file.path, err)
	}
	return p.Err()
}

// Shutdown is [Provider.ShutdownWithContext] without a bound on the wait. OpenFeature calls the latter.
func (p *Provider) Shutdown() { _ = p.ShutdownWithContext(context.Background()) }

// ShutdownWithContext ends the goroutine and waits until it is gone; a reading that hangs in the file system is what
// it may have to wait for. It returns the error of ctx when ctx ends first; calling it again waits again. Flags can
// still be evaluated afterwards. It does nothing when nothing runs.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	p.life.Lock()
	r := p.run
	p.life.Unlock()
	if r == nil {
		return nil
	}
	r.end()
	if err := wait(ctx, r.ended); err != nil {
		return fmt.Errorf("local: shutdown: %s is still being read: %w", p.file.path, err)
	}
	return nil
}

// wait returns the error of ctx if done is not closed by the time ctx ends.
func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-done:
		return nil
	default:
		return ctx.Err()
	}
}

// start returns the run that is on, or begins one.
func (p *Provider) start() (r *run, begun bool) {
	p.life.Lock()
	defer p.life.Unlock()
	before := p.run
	if before != nil && !before.isOver() {
		return before, false
	}
	p.run = newRun()
	go p.watch(p.run, before)
	return p.run, true
}

// watch follows the file until the run ends. It outlasts the run before it, so the last to end tells that all have.
func (p *Provider) watch(r, before *run) {
	defer close(r.ended)
	defer p.events.forgetState()
	if before != nil {
		<-before.ended
	}
	p.reload(true)
	close(r.read)
	tick := time.NewTicker(p.file.poll)
	defer tick.Stop()
	for {
		select {
		case <-r.over:
			return
		case <-tick.C:
			p.reload(false)
		}
	}
}

// reload takes in what the file says now. The first time the caller of Init announces the outcome, afterwards we do.
func (p *Provider) reload(first bool) {
	flags, err := p.file.load()

	p.mu.Lock()
	defer p.mu.Unlock()
	p.file.err = err
	if flags != nil {
		p.replace(flags)
	}
	was := p.file.stale
	p.file.stale = err != nil
	switch {
	case first:
	case err != nil && !was:
		p.events.state(openfeature.ProviderStale, err.Error())
	case err == nil && was:
		p.events.state(openfeature.ProviderReady, "the file is mended")
	}
}

// replace swaps the table and posts the keys of the flags that differ.
func (p *Provider) replace(flags table) {
	old := p.flags()
	p.table.Store(&flags)
	p.events.changed(differing(old, flags))
}

// differing returns the sorted keys of flags that are in one table only or not alike in both.
func differing(a, b table) []string {
	keys := map[string]struct{}{}
	for key, f := range a {
		if !reflect.DeepEqual(f, b[key]) {
			keys[key] = struct{}{}
		}
	}
	for key := range b {
		if a[key] == nil {
			keys[key] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
