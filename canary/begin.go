package canary

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

// ErrClosed means that the canary was shut down.
var ErrClosed = errors.New("canary: it was shut down")

// Begin starts a new epoch with a new candidate, in the running process: after a rollback with the model mended, or after a promotion with the next one. It is a
// person's act, so it may bring back a version that was rolled back, and it is the way out of a broken split and of a state file that cannot be read (which is kept
// beside the new one). The criteria, the ramp and everything else are those of the configuration; the ramp starts at its first step, and the new epoch
// has an alpha of its own.
//
// What is stable stays stable: the model of the configuration, or the candidate that was promoted last. Each request is entirely the old epoch's or the new one's. The
// old epoch ends in the background, with the calls that are under way in it.
//
// Begin returns when the new epoch is stored durably and in force, or with the reason why it is not: [*ConfigError]s of the model, [ErrClosed], or what kept it from being
// recorded or stored; then the old epoch goes on. Should the process end before the configuration says the same, the version of the configuration decides
// what happens at the next start, see [Model] Version.
func (c *Canary[In, Out]) Begin(ctx context.Context, who string, candidate Model[In, Out]) error {
	if err := c.enter(ctx); err != nil {
		return err
	}
	defer c.leave()
	old := c.current.Load()
	cfg := c.cfg
	promoted := old.keeper.Plan().Promoted
	if cfg.Candidate = candidate; promoted {
		cfg.Stable = Model[In, Out]{Version: old.versions[Candidate], Predictor: old.promoted}
	} else {
		cfg.Stable = Model[In, Out]{Version: old.versions[Stable], Predictor: old.stable}
	}
	if err := cfg.validateModels(); err != nil {
		return err
	}
	old.keeper.Suspend(true)
	if err := c.stored(ctx, who, old, candidate.Version); err != nil {
		old.keeper.Suspend(false)
		return err
	}
	old.keeper.Forget()
	set := c.settings
	set.begun = who
	next, err := startEpoch(cfg, set)
	if err != nil {
		return err
	}
	unneeded := old.loader
	if next.inherited = old.inherited; promoted {
		unneeded, next.inherited = old.inherited, old.loader
		old.loader.handOver()
	}
	if !c.swap(next) {
		return errors.Join(ErrClosed, next.shutdown(ctx, false), next.loader.close(ctx))
	}
	c.cfg = cfg
	c.books.end(old, unneeded, c.current.Load)
	return nil
}

// swap puts an epoch in the place of the present one, unless the canary was shut down.
func (c *Canary[In, Out]) swap(next *epoch[In, Out]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return false
	}
	c.books.open(next)
	c.current.Store(next)
	return true
}

// last is the epoch in which the canary ends: none comes into force after it.
func (c *Canary[In, Out]) last() *epoch[In, Out] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isClosed {
		c.isClosed = true
		close(c.ending)
	}
	return c.current.Load()
}

// stored has the next epoch recorded and stored on a goroutine that it does not wait for beyond ctx and the end of the canary: a store may hang whatever its context says.
func (c *Canary[In, Out]) stored(ctx context.Context, who string, old *epoch[In, Out], version string) error {
	select {
	case c.storing <- struct{}{}: // the one before has returned
	case <-ctx.Done():
		return fmt.Errorf("canary: begin: %w", context.Cause(ctx))
	case <-c.ending:
		return ErrClosed
	}
	done := make(chan error, 1)
	go func() {
		err := errors.New("the store has ended its goroutine")
		defer func() {
			if value := recover(); value != nil {
				err = fmt.Errorf("the store panicked with a %T", value)
			}
			done <- err
			<-c.storing
		}()
		err = c.storeNext(ctx, who, old, version)
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("canary: begin: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("canary: begin: %w", context.Cause(ctx))
	case <-c.ending:
		return ErrClosed
	}
}

// unstored waits until no store is at work for Begin, or ctx is done.
func (c *Canary[In, Out]) unstored(ctx context.Context) error {
	select {
	case c.storing <- struct{}{}:
		<-c.storing
		return nil
	default:
	}
	select {
	case c.storing <- struct{}{}:
		<-c.storing
		return nil
	case <-ctx.Done():
		return fmt.Errorf("canary: the store has not returned to Begin: %w", context.Cause(ctx))
	}
}

// storeNext has the store begin the next epoch with a version.
func (c *Canary[In, Out]) storeNext(ctx context.Context, who string, old *epoch[In, Out], version string) error {
	store := c.cfg.Store
	stored, err := store.Load(ctx)
	known := old.keeper.Past(stored)
	known.Revision = stored.Revision
	next := known.Next(version)
	replacing := errors.Is(err, rollback.ErrCorrupt) || errors.Is(err, rollback.ErrFutureVersion)
	if err != nil && !replacing && !errors.Is(err, rollback.ErrNoState) {
		return err //nolint:wrapcheck // Begin does
	}
	e := rollback.Event{Kind: rollback.OnBegin, Version: version, Cause: rollback.Cause{Actor: who, At: time.Now()}}
	if err := old.keeper.Record(ctx, e, known, next); err != nil {
		return err //nolint:wrapcheck // Begin does
	}
	if replacing {
		replacer, can := store.(interface {
			Replace(ctx context.Context, next rollback.State) (rollback.State, error)
		})
		if !can {
			return err //nolint:wrapcheck // Begin does
		}
		_, err := replacer.Replace(ctx, next)
		return err //nolint:wrapcheck // Begin does
	}
	saved, err := rollback.Save(ctx, store, next)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // Begin does
	case saved.Epoch != next.Epoch || saved.Version != next.Version || saved.Tripped():
		return fmt.Errorf("another writer of the store was faster: it holds epoch %d of version %q, %s", saved.Epoch, saved.Version, saved.Stage)
	}
	return nil
}

// enter waits for the turn to begin an epoch.
func (c *Canary[In, Out]) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("canary: begin: %w", context.Cause(ctx))
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("canary: begin: %w", context.Cause(ctx))
	case <-c.ending:
		return ErrClosed
	}
	select {
	case <-c.ending:
		c.leave()
		return ErrClosed
	default:
		return nil
	}
}

func (c *Canary[In, Out]) leave() { <-c.turn }
