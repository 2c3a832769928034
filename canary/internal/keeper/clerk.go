package keeper

import (
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

	mu      sync.Mutex
	loaded  bool
	want    rollback.State // to be saved
	dirty   bool
	saved   rollback.State // durable
	current *attempt       // the next one
	failing bool

	kick    chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	ending  sync.Once
	started bool
	cancel  context.CancelFunc
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
	return &clerk{
		k: k, store: store, current: newAttempt(),
		kick: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// save asks for a state to become durable and returns the attempt that will try first.
func (c *clerk) save(s rollback.State) *attempt {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dirty {
		s = c.want.Join(s)
		if s.Equal(c.want) {
			return c.current // it is being tried, with its own pauses
		}
	}
	c.want, c.dirty = s, true
	select {
	case c.kick <- struct{}{}:
	default:
	}
	return c.current
}

// remembers says whether the store durably knows that a share was applied in an epoch.
func (c *clerk) remembers(epoch uint64, share float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved.Epoch == epoch && c.saved.HighestShare >= share
}

// busy says whether a first attempt to save is still to come.
func (c *clerk) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dirty && !c.failing
}

func (c *clerk) start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.started, c.cancel = true, cancel
	go func() {
		defer close(c.stopped)
		defer cancel()
		timer := time.NewTimer(0)
		defer timer.Stop()
		wait := retryFirst
		for {
			if c.work(ctx) {
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
				c.work(ctx)
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
		state, err := c.store.Load(ctx)
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
	saved, err := rollback.Save(ctx, c.store, want)
	recovered := c.settle(saved, want, err)
	now.err = err
	close(now.done)
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		c.failures.Add(1)
		if !recovered {
			c.k.Emit(Event{Kind: StoreFailed, Message: fmt.Sprintf("state is not durable: %v; trying again", err)})
		}
	case recovered:
		c.k.Emit(Event{Kind: StoreRecovered, Message: "state is durable again"})
	}
	c.k.learn(saved)
	return err == nil
}

// take returns what is to be saved, and the attempt that does it; nil when there is nothing.
func (c *clerk) take() (rollback.State, *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.dirty {
		return rollback.State{}, nil
	}
	now := c.current
	c.dirty, c.current = false, newAttempt()
	return c.want, now
}

// settle notes the outcome of an attempt. It reports whether the outcome is no news: a failure after a failure, or a success after a failure.
func (c *clerk) settle(saved, want rollback.State, err error) (followsFailure bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	followsFailure = c.failing
	c.failing = err != nil
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

// close saves once more and ends the goroutine, waiting until ctx is done.
func (c *clerk) close(ctx context.Context) error {
	c.ending.Do(func() { close(c.stop) })
	if !c.started {
		c.work(ctx)
		return c.leftover()
	}
	select {
	case <-c.stopped:
		return c.leftover()
	case <-ctx.Done():
		c.cancel()
		return fmt.Errorf("canary: the store of the state still hangs: %w", context.Cause(ctx))
	}
}

func (c *clerk) leftover() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dirty {
		return errors.New("canary: the state could not be saved")
	}
	return nil
}
