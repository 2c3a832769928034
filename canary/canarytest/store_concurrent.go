package canarytest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/modelcanary/go-sdk/rollback"
)

const (
	writers = 8 // goroutines at once
	rounds  = 6 // of them
)

// Every write leaves a bar, and all of them must be found in the end: a negative length here would not compile.
var _ [rollback.MaxBarred - writers*rounds - 1]struct{}

func checkOneWinner(t *trial) {
	store := t.open()
	state := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	for round := range rounds {
		won, errs := swapAtOnce(t.ctx, store, func(i int) rollback.State {
			return state.Expose(float64(round*writers+i+1) / (rounds * writers))
		})
		if len(won) != 1 {
			t.failf("%d of %d concurrent CompareAndSwap with revision %d returned nil; errors: %v", len(won), writers, state.Revision, errors.Join(errs...))
		}
		for _, err := range errs {
			if !errors.Is(err, rollback.ErrConflict) {
				t.failf("CompareAndSwap of one that has lost: error %v, want rollback.ErrConflict", err)
			}
		}
		t.mustFind(store, won[0], "after the winner")
		state = won[0]
	}
}

// swapAtOnce lets all writers swap what offer gives them at the same time.
func swapAtOnce(ctx context.Context, store rollback.Store, offer func(i int) rollback.State) (won []rollback.State, errs []error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range writers {
		all.Go(func() {
			next := offer(i)
			<-start
			saved, err := store.CompareAndSwap(ctx, next)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				won = append(won, saved)
			}
		})
	}
	close(start)
	all.Wait()
	return won, errs
}

func checkWriters(t *trial) {
	store := t.open()
	start := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	acked, problems := writeAtOnce(t.ctx, []rollback.Store{store}, start)
	for _, problem := range problems {
		t.failf("%v", problem)
	}
	t.mustHoldAll(store, acked, "after concurrent writers")
}

// mustHoldAll loads what has to know all that was acknowledged.
func (t *trial) mustHoldAll(store rollback.Store, acked []rollback.State, what string) {
	found := t.mustLoad(store, what)
	for _, a := range acked {
		if !holds(found, a) {
			t.failf("%s, acknowledged and lost:\n\tacknowledged %+v\n\tfound        %+v", what, a, found)
		}
	}
}

// writeAtOnce lets writers, of which each has one of stores, save what only they know, one of them a rollback. It returns what was acknowledged.
// An error that is no conflict ends a writer: that is its store's right, and then it has acknowledged nothing.
func writeAtOnce(ctx context.Context, stores []rollback.Store, start rollback.State) (acked []rollback.State, problems []error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			mine, err := write(ctx, stores[i%len(stores)], start, i)
			mu.Lock()
			defer mu.Unlock()
			acked = append(acked, mine...)
			if err != nil {
				problems = append(problems, err)
			}
		})
	}
	all.Wait()
	return acked, problems
}

func write(ctx context.Context, store rollback.Store, start rollback.State, writer int) (acked []rollback.State, err error) {
	for round := range rounds {
		next := start.Join(rollback.State{Barred: []rollback.Bar{{Epoch: 1, Version: uint64(writer*rounds + round)}}})
		if writer == 0 && round == rounds/2 {
			next = next.RollBack(breach)
		}
		saved, err := saveBeforeOthers(ctx, store, next)
		if err != nil {
			return acked, fmt.Errorf("rollback.Save among %d writers: %w", writers, err)
		}
		if !holds(saved, next) {
			return acked, fmt.Errorf("rollback.Save returned %+v without an error, asked to store %+v", saved, next)
		}
		acked = append(acked, saved)
		found, err := store.Load(ctx)
		if err != nil {
			return acked, fmt.Errorf("load among %d writers: %w", writers, err)
		}
		if found.Revision < saved.Revision || !holds(found, saved) {
			return acked, fmt.Errorf("load went back: %+v, after %+v was acknowledged", found, saved)
		}
		start = saved
	}
	return acked, nil
}

// saveBeforeOthers saves again as long as others are faster: at most as often as there is something for them to write.
func saveBeforeOthers(ctx context.Context, store rollback.Store, next rollback.State) (saved rollback.State, err error) {
	for range writers * rounds {
		saved, err = rollback.Save(ctx, store, next)
		if !errors.Is(err, rollback.ErrConflict) {
			return saved, err
		}
	}
	return saved, err
}
