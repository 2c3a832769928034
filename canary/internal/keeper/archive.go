package keeper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

const (
	// archiveEvery is the least awake time between two saves of the evidence: the most of it that a kill may lose.
	archiveEvery = 10 * time.Second
	// soakNews is how much more soaking is worth a save by itself.
	soakNews = time.Minute
	// recallWait bounds how long the start of an epoch waits for the evidence. What comes later is not waited for: the evidence begins anew.
	recallWait = 2 * time.Second
)

var errNotYet = fmt.Errorf("it was not read within %v", recallWait)

// archive keeps the evidence across restarts, as far as the store can. The keeper draws, which is quick; encoding and I/O are done on a goroutine that runs only
// while there is something to do, one at a time, so that neither the keeper nor the clerk ever waits for it. A nil archive keeps nothing.
type archive struct {
	k     *Keeper
	store rollback.EvidenceStore

	found *recalled // by the clerk, for the keeper
	lost  error     // why there is none; nil if none is missed

	mu      sync.Mutex
	drawn   mark
	next    *progress // to be saved: the latest
	spare   *progress // its memory is used again
	running chan struct{}
	cancel  context.CancelFunc // of the call under way
	failing error              // of the last save; nil when it succeeded
	gaveUp  bool               // the last save failed because a close had not the time for it
}

// mark is when a progress was drawn.
type mark struct {
	changes uint64
	step    uint32 // of the plan
	awake   int64
	soaked  time.Duration
}

// newArchive returns the archive of a keeper; nil if there is nothing to keep it in.
func newArchive(k *Keeper, store rollback.Store) *archive {
	evidence, ok := store.(rollback.EvidenceStore)
	if !ok || k.cfg.Memory == nil {
		return nil
	}
	return &archive{k: k, store: evidence, cancel: func() {}}
}

// keep draws the progress and has it saved, if it is news and the last time is long enough ago, or this is the last time.
func (a *archive) keep(last bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	begins := a.draw(last) && a.running == nil
	if begins {
		a.running = make(chan struct{})
	}
	a.mu.Unlock()
	switch {
	case begins && a.k.cfg.Manual:
		a.write()
	case begins:
		go a.write()
	}
}

// draw draws the progress, if it is time. It is called under the mutex, so that nobody has an older one saved after a newer.
func (a *archive) draw(last bool) bool {
	now := mark{changes: a.k.fold.changes.Load(), step: a.k.Plan().Step, awake: a.k.awake.Load(), soaked: a.k.soaked()}
	if !a.due(now, last) {
		return false
	}
	p := a.blank()
	if !a.k.draw(p) {
		a.spare = p
		return false
	}
	a.drawn, a.next = now, p
	return true
}

func (a *archive) due(now mark, last bool) bool {
	news := a.failing != nil || now.changes != a.drawn.changes || now.step != a.drawn.step
	if last {
		return news || now.soaked != a.drawn.soaked
	}
	return (news || now.soaked-a.drawn.soaked >= soakNews || now.soaked < a.drawn.soaked) && now.awake-a.drawn.awake >= int64(archiveEvery)
}

// blank is a progress to be drawn on. Of two that wait, only the latest is kept.
func (a *archive) blank() *progress {
	p := a.next
	if p == nil {
		p = a.spare
	}
	a.next, a.spare = nil, nil
	if p == nil {
		p = new(progress)
	}
	return p
}

// write saves what there is, and ends.
func (a *archive) write() {
	for {
		p, ctx := a.pick()
		if p == nil {
			return
		}
		a.settle(p, a.save(ctx, p), ctx.Err() != nil)
	}
}

// pick takes what is to be saved, with a context of its own; when there is nothing the work is over.
func (a *archive) pick() (*progress, context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel()
	p := a.next
	if a.next = nil; p == nil {
		close(a.running)
		a.running = nil
		return nil, nil
	}
	return p, a.attempt()
}

// attempt is the context of one call of the store. It is called under the mutex.
func (a *archive) attempt() (ctx context.Context) {
	ctx, a.cancel = context.WithCancel(context.Background())
	return ctx
}

// settle notes the outcome of a save. Only the first of several failures is news.
func (a *archive) settle(p *progress, err error, gaveUp bool) {
	a.mu.Lock()
	before := a.failing
	a.failing, a.gaveUp, a.spare = err, err != nil && gaveUp, p
	a.mu.Unlock()
	if err != nil {
		a.k.clerk.failures.Add(1)
	}
	switch {
	case err != nil && before == nil && !gaveUp:
		a.k.Emit(Event{Kind: StoreFailed, Message: fmt.Sprintf("evidence is not durable: %v; trying again", err)})
	case err == nil && before != nil:
		a.k.Emit(Event{Kind: StoreRecovered, Message: "evidence is durable again"})
	}
}

// save and load call the store, which may be the application's code: a panic is an error like another.
func (a *archive) save(ctx context.Context, p *progress) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("canary: the store panicked with a %T", value)
		}
	}()
	p.texts = a.k.cfg.Memory.Texts()
	return a.store.SaveEvidence(ctx, p.epoch, p.marshal())
}

func (a *archive) load(ctx context.Context) (epoch uint64, data []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			epoch, data, err = 0, nil, fmt.Errorf("canary: the store panicked with a %T", value)
		}
	}()
	return a.store.LoadEvidence(ctx)
}

// seek looks for the evidence of an epoch that goes on, before the keeper does. The clerk calls it once, when it holds the state: what is read before that another
// process may still add to.
func (a *archive) seek(ctx context.Context, state rollback.State, err error) {
	if a == nil || err != nil || state.Epoch == 0 || state.Version != a.k.cfg.Version {
		return
	}
	epoch, data, err := a.fetch(ctx)
	if err == nil && epoch != state.Epoch {
		err = fmt.Errorf("what is stored is of epoch %d", epoch)
	}
	if err == nil {
		a.found, err = a.k.recall(epoch, data)
	}
	if a.lost = err; err != nil {
		a.found = nil
	}
}

// take returns what was found, once, or why nothing was.
func (a *archive) take() (*recalled, error) {
	if a == nil {
		return nil, nil
	}
	found := a.found
	a.found = nil
	return found, a.lost
}

// fetch loads, and waits for that only so long.
func (a *archive) fetch(ctx context.Context) (epoch uint64, data []byte, err error) {
	if a.k.cfg.Manual {
		return a.load(ctx)
	}
	var got struct {
		epoch uint64
		data  []byte
		err   error
	}
	loaded := make(chan struct{})
	a.mu.Lock()
	a.running = make(chan struct{})
	own := a.attempt()
	a.mu.Unlock()
	go func() {
		got.epoch, got.data, got.err = a.load(own)
		close(loaded)
		a.write()
	}()
	timer := time.NewTimer(recallWait)
	defer timer.Stop()
	select {
	case <-loaded:
		return got.epoch, got.data, got.err
	case <-timer.C:
		return 0, nil, errNotYet
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
}

// close saves what the last pass has left, and waits for that until ctx is done; then a store that minds its context is told to give up. It may be called again,
// to try again, also while what an earlier close has given up is on its way back. Evidence of an epoch that is not on record any more is not missed.
func (a *archive) close(ctx context.Context) error {
	if a == nil {
		return nil
	}
	if err := a.finish(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	again := a.gaveUp
	a.mu.Unlock()
	if again {
		if err := a.finish(ctx); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failing != nil && a.k.onRecord() {
		return fmt.Errorf("canary: the evidence could not be saved: %w", a.failing)
	}
	return nil
}

// finish has the last progress saved and waits for the saves under way.
func (a *archive) finish(ctx context.Context) error {
	a.keep(true)
	a.mu.Lock()
	running := a.running
	a.mu.Unlock()
	if running == nil || ended(ctx, running) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel()
	return fmt.Errorf("canary: the evidence is still being saved: %w", context.Cause(ctx))
}
