package canarytest

import (
	"io"

	"github.com/modelcanary/go-sdk/rollback"
)

var durableClauses = []clause{
	{"nothing stored is nothing found", "a store that was opened before, but never written, is a first start", checkReopenEmpty},
	{"what is acknowledged survives", "a nil error means that the state is durable: the next process loads it with its revision", checkReopen},
	{"revisions survive", "the next process goes on from the stored revision, and an older one is a conflict for it too", checkReopenRevisions},
	{"another process sees the rollback", "the state that Load returns, even beside an error, never shows a candidate that is rolled back as live", checkSecond},
	{"writers of two processes lose nothing", "what rollback.Save was acknowledged for stays in the store, whoever else writes", checkTwoWriters},
}

// reopen is what a new process does after the old one has ended.
func (t *trial) reopen(old rollback.Store) rollback.Store {
	if closer, ok := old.(io.Closer); ok {
		if err := closer.Close(); err != nil {
			t.failf("Close: %v", err)
		}
	}
	return t.open()
}

func checkReopenEmpty(t *trial) {
	store := t.open()
	t.mustFindNothing(store, "of a new store")
	t.mustFindNothing(t.reopen(store), "opened again")
}

func checkReopen(t *trial) {
	store := t.open()
	var state rollback.State
	for _, step := range story() {
		state = t.mustSwap(store, step(state), "writing on")
		store = t.reopen(store)
		t.mustFind(store, state, "opened again")
	}
}

func checkReopenRevisions(t *trial) {
	store := t.open()
	first := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	second := t.mustSwap(store, first.Expose(0.5), "writing on")
	store = t.reopen(store)
	for _, revision := range []uint64{0, first.Revision} {
		t.mustConflict(store, under(revision, first.Expose(1)), "opened again")
	}
	third := t.mustSwap(store, second.RollBack(breach), "opened again")
	if third.Revision <= second.Revision {
		t.failf("revision %d after revision %d and a restart", third.Revision, second.Revision)
	}
	t.mustConflict(store, second.Expose(1), "opened again")
	t.mustFind(store, third, "in the end")
}

func checkSecond(t *trial) {
	first, second := t.open(), t.open()
	state := t.mustSwap(first, rollback.State{}.Next("v1"), "nothing stored")
	_, _ = second.Load(t.ctx) // what it has seen, it must look at again
	state = t.mustSwap(first, state.RollBack(breach), "of the first of two")
	found, err := second.Load(t.ctx)
	switch {
	case err == nil:
		t.mustBe(found, state, "Load of the second of two")
	case !found.Tripped():
		t.failf("Load of the second of two: %+v beside the error %v, rolled back was %+v", found, err, state)
	}
	t.mustFind(t.reopen(first), state, "opened again")
}

func checkTwoWriters(t *trial) {
	first, second := t.open(), t.open()
	start := t.mustSwap(first, rollback.State{}.Next("v1"), "nothing stored")
	acked, problems := writeAtOnce(t.ctx, []rollback.Store{first, second}, start)
	if len(acked) == 0 {
		t.failf("two stores on one place refuse each other: %v", problems[0])
	}
	if closer, ok := second.(io.Closer); ok {
		_ = closer.Close() // it may hold the place
	}
	t.mustHoldAll(t.reopen(first), acked, "after writers in two stores")
}
