package canarytest

import (
	"context"
	"errors"
	"fmt"
	"testing" //nolint:depguard // this package is test code: nothing but tests imports it

	"github.com/modelcanary/go-sdk/rollback"
)

// RunStore checks that a store does what [rollback.Store] promises, one subtest per clause.
//
// Open returns a new and empty store at each call, and is called several times, with the subtest that is going to use it: t.TempDir and t.Cleanup are
// the places for what it needs. It must fail t by itself if it cannot. A store with a method Close() error is closed by the clause about closing
// only; open registers the closing of all others with t.Cleanup, and has to bear that one of them is closed already.
//
// A clause takes milliseconds on a local disk. The concurrent ones use up to 8 goroutines and end with them. For a store that outlives the
// process, [RunDurableStore] checks more.
func RunStore(t *testing.T, open func(t *testing.T) rollback.Store) {
	t.Helper()
	run(t, storeClauses, func(t *testing.T, tr *trial) {
		tr.open = func() rollback.Store { return open(t) }
	})
}

// RunDurableStore checks all that [RunStore] does, and that what was acknowledged is there for the next process and for other ones.
//
// Place sets up an empty place, such as a directory or a key of a server, and returns a function that opens it; that function is called
// several times in a subtest, and the stores it returns must share what they store, as those of two processes would. They may be open at the same time: one that
// is refused because of the other, as [rollback.File] is by its lock, answers with an error, which is fine. What RunStore says of closing and of t holds here too.
func RunDurableStore(t *testing.T, place func(t *testing.T) (open func() rollback.Store)) {
	t.Helper()
	RunStore(t, func(t *testing.T) rollback.Store { return place(t)() })
	run(t, durableClauses, func(t *testing.T, tr *trial) { tr.open = place(t) })
}

// clause is one sentence of a contract and what puts it to the test.
type clause struct {
	name  string
	says  string
	check func(*trial)
}

// trial is one clause at work on one implementation.
type trial struct {
	ctx    context.Context
	open   func() rollback.Store // a new store in storeClauses, another process's view of the same one in durableClauses
	says   string
	breach func(message string) // reports it and ends the goroutine
}

func run(t *testing.T, clauses []clause, prepare func(*testing.T, *trial)) {
	t.Helper()
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) {
			trial := &trial{ctx: t.Context(), says: c.says, breach: func(message string) { t.Fatal(message) }}
			prepare(t, trial)
			c.check(trial)
		})
	}
}

// failf ends the clause: what was seen, and what should have been.
func (t *trial) failf(format string, args ...any) {
	t.breach(fmt.Sprintf(format, args...) + "\n\tthe contract: " + t.says)
}

// mustSwap stores what must be taken, and returns what the store says of it.
func (t *trial) mustSwap(store rollback.Store, next rollback.State, what string) rollback.State {
	saved, err := store.CompareAndSwap(t.ctx, next)
	if err != nil {
		t.failf("CompareAndSwap, %s, with the stored revision %d: %v", what, next.Revision, err)
	}
	return saved
}

// mustConflict offers a state under a revision that is not the stored one.
func (t *trial) mustConflict(store rollback.Store, next rollback.State, what string) {
	if _, err := store.CompareAndSwap(t.ctx, next); !errors.Is(err, rollback.ErrConflict) {
		t.failf("CompareAndSwap, %s, with revision %d: error %v, want rollback.ErrConflict", what, next.Revision, err)
	}
}

// mustLoad loads what must be there.
func (t *trial) mustLoad(store rollback.Store, what string) rollback.State {
	found, err := store.Load(t.ctx)
	if err != nil {
		t.failf("Load, %s: %v", what, err)
	}
	return found
}

// mustFind loads what was acknowledged as want.
func (t *trial) mustFind(store rollback.Store, want rollback.State, what string) {
	t.mustBe(t.mustLoad(store, what), want, "Load, "+what)
}

// mustBe compares with revisions.
func (t *trial) mustBe(got, want rollback.State, what string) {
	if got.Revision != want.Revision || !got.Equal(want) {
		t.failf("%s:\n\tgot  %+v\n\twant %+v", what, got, want)
	}
}

// mustFindNothing loads where nothing was stored.
func (t *trial) mustFindNothing(store rollback.Store, what string) {
	found, err := store.Load(t.ctx)
	switch {
	case !errors.Is(err, rollback.ErrNoState):
		t.failf("Load, %s: error %v, want rollback.ErrNoState", what, err)
	case !found.Equal(rollback.State{}) || found.Revision != 0:
		t.failf("Load, %s: %+v beside rollback.ErrNoState, want the zero State", what, found)
	}
}

// normal is s as every store has to keep it.
func normal(s rollback.State) rollback.State {
	revision := s.Revision
	s = rollback.State{}.Join(s)
	s.Revision = revision
	return s
}

// holds reports whether s knows all that part does.
func holds(s, part rollback.State) bool { return s.Join(part).Equal(normal(s)) }

// under returns s with another revision.
func under(revision uint64, s rollback.State) rollback.State {
	s.Revision = revision
	return s
}
