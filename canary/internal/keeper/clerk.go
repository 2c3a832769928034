package keeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

const (
	// retryFirst and retryMost bound the time between attempts of a failing store.
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// clerk loads and saves the state on a goroutine of its own. What is to be saved is joined, so nothing queues up; what fails is tried again until it succeeds.
type clerk struct {
	k        *Keeper
	store    rollback.Store
	failures atomic.Int64

	mu       sync.Mutex
	loaded   bool
	want     rollback.State // to be saved
	dirty    bool
	saved    rollback.State // durable
	taken    rollback.State // being saved
	underWay *attempt       // that saves it; nil when none does
	next     *attempt
	failing  error // of the last attempt; nil when it succeeded

	ctx     context.Context //nolint:containedctx // of every call of the store; ends with the clerk
	cancel  context.CancelFunc
	kick    chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	ending  sync.Once
	started bool
}

// attempt is one try to save everything that is wanted. err may be read when done is closed.
type attempt struct {
	done chan struct{}
	err  error
}

func newAttempt() *attempt { return &attempt{done: make(chan struct{})} }

func newClerk(k *Keeper, store rollback.Store) *clerk {
	if store == nil {
		store = rollback.NewMemory()
		k.Emit(Event{Kind: MemoryOnly, Message: "no store: a restart forgets a rollback"})
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &clerk{
		k: k, store: store, next: newAttempt(), ctx: ctx, cancel: cancel,
		kick: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// save asks for a state to become durable and returns the attempt that tries first. Asking again for what is wanted already neither writes it twice nor hurries
// a store that fails: every pass of the keeper asks.
func (c *clerk) save(s rollback.State) *attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dirty:
		if s = c.want.Join(s); s.Equal(c.want) {
			return c.next
		}
	case c.underWay != nil && c.taken.Join(s).Equal(c.taken):
		return c.underWay
	}
	c.want, c.dirty = s, true
	c.hurry()
	return c.next
}

// hurry makes the next attempt come at once.
func (c *clerk) hurry() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// knows says whether the store durably knows of an epoch.
func (c *clerk) knows(epoch uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved.Epoch == epoch
}

// busy says whether a first attempt to save has not ended.
func (c *clerk) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return (c.dirty || c.underWay != nil) && c.failing == nil
}

// fails says whether the last attempt to save has failed.
func (c *clerk) fails() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failing != nil
}

func (c *clerk) start() {
	c.started = true
	go func() {
		defer close(c.stopped)
		defer c.cancel()
		timer := time.NewTimer(0)
		defer timer.Stop()
		wait := retryFirst
		for {
			if c.work(c.ctx) {
				wait = retryFirst
				timer.Stop()
			} else {
				timer.Reset(wait)
				wait = min(2*wait, retryMost)
			}
			select {
			case <-c.kick:
			case <-timer.C:
			case <-c.stop:
				c.work(c.ctx)
				return
			}
		}
	}()
}

// work loads what is not loaded and saves what is wanted. It reports whether nothing is left to be tried again.
func (c *clerk) work(ctx context.Context) bool {
	c.mu.Lock()
	loaded := c.loaded
	c.mu.Unlock()
	if !loaded {
		state, err := c.load(ctx)
		c.k.archive.seek(ctx, state, err)
		loaded = c.k.adopt(state, err)
		if err != nil && !errors.Is(err, rollback.ErrNoState) {
			c.failures.Add(1)
		}
		c.mu.Lock()
		c.loaded = loaded
		if loaded && err == nil {
			c.saved = c.saved.Join(state)
		}
		c.mu.Unlock()
	}
	return c.flush(ctx) && loaded
}

// flush saves what is wanted.
func (c *clerk) flush(ctx context.Context) bool {
	want, now := c.take()
	if now == nil {
		return true
	}
	saved, err := c.put(ctx, want)
	again := c.settle(saved, want, err)
	now.err = err
	close(now.done)
	if err != nil {
		c.failures.Add(1)
	}
	switch {
	case err != nil && !again && c.ctx.Err() == nil:
		c.k.Emit(Event{Kind: StoreFailed, Message: fmt.Sprintf("state is not durable: %v; trying again", err)})
	case err == nil && again:
		c.k.Emit(Event{Kind: StoreRecovered, Message: "state is durable again"})
	}
	if err == nil || saved.Tripped() { // of what a failed attempt was to remember only a rollback is believed
		c.k.learn(saved)
	}
	return err == nil
}

// load and put call the store, which may be the application's code: a panic is an error like another.
func (c *clerk) load(ctx context.Context) (state rollback.State, err error) {
	defer func() {
		if value := recover(); value != nil {
			state, err = rollback.State{}, fmt.Errorf("canary: the store panicked with a %T", value)
		}
	}()
	if c.k.cfg.Version == "" {
		return rollback.State{}, rollback.ErrNoState // whatever is stored is not about this
	}
	return c.store.Load(ctx)
}

func (c *clerk) put(ctx context.Context, want rollback.State) (saved rollback.State, err error) {
	defer func() {
		if value := recover(); value != nil {
			saved, err = want, fmt.Errorf("canary: the store panicked with a %T", value)
		}
	}()
	return rollback.Save(ctx, c.store, want)
}

// take returns what is to be saved, and the attempt that does it; nil when there is nothing.
func (c *clerk) take() (rollback.State, *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.dirty {
		return rollback.State{}, nil
	}
	c.taken, c.underWay = c.want, c.next
	c.dirty, c.next = false, newAttempt()
	return c.taken, c.underWay
}

// settle notes the outcome of an attempt. It reports whether the outcome is no news: a failure after a failure, or a success after a failure.
func (c *clerk) settle(saved, want rollback.State, err error) (followsFailure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	followsFailure = c.failing != nil
	c.failing, c.underWay = err, nil
	if err == nil {
		c.saved = saved
		return followsFailure
	}
	if c.dirty {
		want = c.want.Join(want)
	}
	c.want, c.dirty = want, true
	return followsFailure
}

// close saves once more and ends the goroutine, waiting until ctx is done; then a store that minds its context is told to give up.
func (c *clerk) close(ctx context.Context) error {
	c.ending.Do(func() { close(c.stop) })
	if !c.started {
		c.work(ctx)
		return c.leftover()
	}
	if !ended(ctx, c.stopped) {
		c.cancel()
		return fmt.Errorf("canary: the state is still being saved: %w", context.Cause(ctx))
	}
	return c.leftover()
}

// leftover says what has to be given up.
func (c *clerk) leftover() error {
	c.mu.Lock()
	want, failing := c.saved.Join(c.want), c.failing
	want.Beacon.Out = c.saved.Beacon.Out // one that stays lit is no loss
	lost := c.dirty && !want.Equal(c.saved)
	c.mu.Unlock()
	if lost {
		return fmt.Errorf("canary: the state could not be saved: %w", cmp.Or(failing, errClosed))
	}
	return c.k.unsavedRollback()
}

// ended waits for done until ctx is done. What has ended counts as that even then.
func ended(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
