package canarytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/canarytest"
	"github.com/modelcanary/go-sdk/rollback"
)

// row is what a place keeps. It is right in all but what a table of broken stores does to it.
type row struct {
	mu    sync.Mutex
	state rollback.State

	join   func(stored, next rollback.State) rollback.State
	copied func(rollback.State) rollback.State
	check  func(stored, next uint64) bool // whether the revision is the right one
	grow   func(uint64) uint64
	store  func(rollback.State) rollback.State
	window func() // between looking and writing
}

func newRow() *row {
	return &row{
		join:   rollback.State.Join,
		copied: func(s rollback.State) rollback.State { return rollback.State{}.Join(s) },
		check:  func(stored, next uint64) bool { return stored == next },
		grow:   func(revision uint64) uint64 { return revision + 1 },
		store:  func(s rollback.State) rollback.State { return s },
	}
}

// handle is one process's view of a row.
type handle struct {
	*row
	ignoresContext, ignoresClose, neverClosedTwice, breaksOnCancel bool
	emptyIsNil, storesOnConflict, conflictIsOther                  bool

	closed, broken atomic.Bool
	cached         *rollback.State
	caches         bool
}

func (h *handle) enter(ctx context.Context) error {
	switch {
	case h.closed.Load() && !h.ignoresClose:
		return rollback.ErrClosed
	case h.broken.Load():
		return errors.New("connection is gone")
	case ctx.Err() != nil && !h.ignoresContext:
		h.broken.Store(h.breaksOnCancel)
		return ctx.Err()
	}
	return nil
}

func (h *handle) Load(ctx context.Context) (rollback.State, error) {
	if err := h.enter(ctx); err != nil {
		return rollback.State{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.caches && h.cached != nil {
		return h.copied(*h.cached), nil
	}
	if h.state.Revision == 0 {
		if h.emptyIsNil {
			return rollback.State{}, nil
		}
		return rollback.State{}, rollback.ErrNoState
	}
	h.cached = new(rollback.State)
	*h.cached = h.copied(h.state)
	return h.copied(h.state), nil
}

func (h *handle) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	if err := h.enter(ctx); err != nil {
		return rollback.State{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.check(h.state.Revision, next.Revision) {
		if h.storesOnConflict {
			h.state = h.join(h.state, under(h.state.Revision, next))
		}
		if h.conflictIsOther {
			return rollback.State{}, errors.New("precondition failed")
		}
		return rollback.State{}, rollback.ErrConflict
	}
	saved := h.join(h.state, next)
	saved.Revision = h.grow(h.state.Revision)
	if h.window != nil {
		h.mu.Unlock()
		h.window()
		h.mu.Lock()
	}
	h.state = h.store(saved)
	h.cached = nil
	return h.copied(saved), nil
}

func (h *handle) Close() error {
	if h.closed.Swap(true) && h.neverClosedTwice {
		return errors.New("already closed")
	}
	return nil
}

func under(revision uint64, s rollback.State) rollback.State {
	s.Revision = revision
	return s
}

// crowd returns a window that stays open until another writer is in it too, or none seems to come.
func crowd() func() {
	var inside atomic.Int32
	return func() {
		inside.Add(1)
		defer inside.Add(-1)
		for range 1000 {
			if inside.Load() > 1 {
				runtime.Gosched()
				return
			}
			runtime.Gosched()
		}
	}
}

// throughJSON is what a store does that writes JSON: not a number fails, and text that is not UTF-8 becomes something else.
func throughJSON(s rollback.State) rollback.State {
	text, err := json.Marshal(s)
	if err != nil {
		return rollback.State{Revision: s.Revision}
	}
	var read rollback.State
	_ = json.Unmarshal(text, &read)
	return read
}

func clipped(s rollback.State) rollback.State {
	s.Cause.Reason = s.Cause.Reason[:min(len(s.Cause.Reason), 255)]
	return s
}

func TestBrokenStoresAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		row   func(*row)
		open  func(*handle)
		found []string // clauses, at least these
	}{
		{name: "lost update", row: func(r *row) { r.window = crowd() },
			found: []string{"one winner per revision", "concurrent writers lose nothing"}},
		{name: "the last writer wins", row: func(r *row) {
			r.join = func(_, next rollback.State) rollback.State { return rollback.State{}.Join(next) }
		},
			found: []string{"no rollback is taken back", "bars are united"}},
		{name: "bars of the writer only", row: func(r *row) {
			r.join = func(stored, next rollback.State) rollback.State {
				stored.Barred = nil
				return stored.Join(next)
			}
		}, found: []string{"bars are united"}},
		{name: "the revision is not looked at", row: func(r *row) { r.check = func(uint64, uint64) bool { return true } },
			found: []string{"first start", "another revision is a conflict", "one winner per revision", "revisions survive"}},
		{name: "revision 0 overwrites", row: func(r *row) { r.check = func(stored, next uint64) bool { return next == 0 || next == stored } },
			found: []string{"another revision is a conflict", "revisions survive"}},
		{name: "a newer revision is welcome", row: func(r *row) { r.check = func(stored, next uint64) bool { return next >= stored } },
			found: []string{"first start", "another revision is a conflict"}},
		{name: "revisions stand still", row: func(r *row) { r.grow = func(uint64) uint64 { return 1 } },
			found: []string{"revisions grow", "one winner per revision"}},
		{name: "forgets", row: func(r *row) { r.store = func(rollback.State) rollback.State { return rollback.State{} } },
			found: []string{"what is acknowledged is stored", "what is acknowledged survives"}},
		{name: "forgets a rollback", row: func(r *row) {
			r.store = func(s rollback.State) rollback.State { s.Stage = rollback.Ramping; return s }
		}, found: []string{"what is acknowledged is stored", "another process sees the rollback"}},
		{name: "keeps JSON", row: func(r *row) { r.store = throughJSON },
			found: []string{"any state can be stored"}},
		{name: "keeps 255 bytes", row: func(r *row) { r.store = clipped },
			found: []string{"any state can be stored"}},
		{name: "gives back what it was given", row: func(r *row) {
			r.join = func(_, next rollback.State) rollback.State { return next }
			r.copied = func(s rollback.State) rollback.State { s.Barred = slices.Clone(s.Barred); return s }
		}, found: []string{"any state can be stored", "no rollback is taken back", "no memory is shared"}},
		{name: "shares its memory", row: func(r *row) { r.copied = func(s rollback.State) rollback.State { return s } },
			found: []string{"no memory is shared"}},
		{name: "sorts in place", row: func(r *row) {
			r.join = func(stored, next rollback.State) rollback.State {
				joined := stored.Join(next)
				clear(next.Barred)
				return joined
			}
		}, found: []string{"no memory is shared"}},

		{name: "a first start is no error", open: func(h *handle) { h.emptyIsNil = true },
			found: []string{"first start", "nothing stored is nothing found"}},
		{name: "stores what it refuses", open: func(h *handle) { h.storesOnConflict = true },
			found: []string{"another revision is a conflict"}},
		{name: "a conflict by another name", open: func(h *handle) { h.conflictIsOther = true },
			found: []string{"first start", "another revision is a conflict", "one winner per revision"}},
		{name: "the context is not looked at", open: func(h *handle) { h.ignoresContext = true },
			found: []string{"a cancelled context"}},
		{name: "a cancelled call breaks it", open: func(h *handle) { h.breaksOnCancel = true },
			found: []string{"a cancelled context"}},
		{name: "goes on after Close", open: func(h *handle) { h.ignoresClose = true },
			found: []string{"after Close"}},
		{name: "closes only once", open: func(h *handle) { h.neverClosedTwice = true },
			found: []string{"after Close"}},
		{name: "a cache of its own", open: func(h *handle) { h.caches = true },
			found: []string{"another process sees the rollback"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := canarytest.Breaches(t, rows(c.row, c.open))
			for _, clause := range c.found {
				require.Contains(t, broken, clause)
				require.Contains(t, broken[clause], "the contract: ", "a failure says what should have been")
			}
			t.Logf("found by %q", slices.Sorted(maps.Keys(broken)))
		})
	}
}

// rows are places with a row that is changed by change, and opened by handles that are changed by open.
func rows(change func(*row), open func(*handle)) func(*testing.T) func() rollback.Store {
	return func(*testing.T) func() rollback.Store {
		r := newRow()
		if change != nil {
			change(r)
		}
		return func() rollback.Store {
			h := &handle{row: r}
			if open != nil {
				open(h)
			}
			return h
		}
	}
}

// What forgets between two processes needs a second one to be found.
func TestStoreThatForgetsWhenItIsClosedIsFound(t *testing.T) {
	broken := canarytest.Breaches(t, func(*testing.T) func() rollback.Store {
		return func() rollback.Store { return rollback.NewMemory() }
	})
	require.ElementsMatch(t, []string{
		"what is acknowledged survives", "revisions survive", "another process sees the rollback", "writers of two processes lose nothing",
	}, slices.Collect(maps.Keys(broken)))
}

// The stores above are broken by what is done to them, not by what they are made of.
func TestSoundStoresBreakNothing(t *testing.T) {
	require.Empty(t, canarytest.Breaches(t, rows(nil, nil)))
	require.Empty(t, canarytest.Breaches(t, files))
}
