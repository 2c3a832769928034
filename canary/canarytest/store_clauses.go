package canarytest

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

var breach = rollback.Cause{Reason: "error rate 4.1 % against 1.0 %", Actor: "keeper", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

var storeClauses = []clause{
	{"first start", "Load returns ErrNoState if nothing was ever stored, and revision 0 means that there is none yet", checkFirstStart},
	{"what is acknowledged is stored", "after CompareAndSwap has returned nil, Load returns the state that it returned", checkAcknowledged},
	{"revisions grow", "each CompareAndSwap that succeeds returns a revision higher than all before, and never 0", checkRevisionsGrow},
	{"another revision is a conflict", "CompareAndSwap returns ErrConflict if the stored revision is not next.Revision, and leaves what is stored", checkConflict},
	{"no rollback is taken back", "what is stored is the State.Join of the stored state and next", checkJoin},
	{"bars are united", "what is stored is the State.Join of the stored state and next, bars included", checkBars},
	{"any state can be stored", "a store keeps every State, in the normal form that State.Join gives it, to the last byte", checkLimits},
	{"no memory is shared", "a store keeps no memory of its caller's and gives away none of its own", checkMemory},
	{"a cancelled context", "a call with a context that is over returns its error, and the store can be used afterwards", checkContext},
	{"one winner per revision", "of concurrent CompareAndSwap with one revision exactly one returns nil, all others ErrConflict", checkOneWinner},
	{"concurrent writers lose nothing", "what rollback.Save was acknowledged for stays in the store, whoever else writes, and Load never goes back", checkWriters},
	{"after Close", "a store that is closed returns ErrClosed and may be closed again", checkClose},
}

func checkFirstStart(t *trial) {
	store := t.open()
	for range 2 {
		t.mustFindNothing(store, "of a new store")
	}
	for _, revision := range []uint64{1, 2, math.MaxUint64} {
		t.mustConflict(store, under(revision, rollback.State{}.Next("v1")), "nothing stored")
	}
	t.mustFindNothing(store, "after conflicts")
	saved := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	t.mustFind(store, saved, "after the first one")
}

// story is a life of three epochs, as a canary writes it.
func story() []func(rollback.State) rollback.State {
	next := func(version string) func(rollback.State) rollback.State {
		return func(s rollback.State) rollback.State { return s.Next(version) }
	}
	expose := func(share float64) func(rollback.State) rollback.State {
		return func(s rollback.State) rollback.State { return s.Expose(share) }
	}
	rollBack := func(s rollback.State) rollback.State { return s.RollBack(breach) }
	same := func(s rollback.State) rollback.State { return s }
	return []func(rollback.State) rollback.State{
		next("v1"), expose(0.01), same, expose(0.25), rollBack, rollBack, expose(1),
		next("v2"), expose(math.SmallestNonzeroFloat64), rollBack, next("v3"), next("v4"), expose(1), rollBack,
	}
}

func checkAcknowledged(t *trial) {
	store := t.open()
	var state rollback.State
	for i, step := range story() {
		want := step(state)
		saved := t.mustSwap(store, want, "writing on")
		if !saved.Equal(normal(want)) {
			t.failf("CompareAndSwap, step %d, returned\n\t%+v\nfor\n\t%+v", i, saved, want)
		}
		for range 2 {
			t.mustFind(store, saved, "after CompareAndSwap")
		}
		state = saved
	}
}

func checkRevisionsGrow(t *trial) {
	store := t.open()
	var state rollback.State
	for i, step := range story() {
		saved := t.mustSwap(store, step(state), "writing on")
		if saved.Revision <= state.Revision {
			t.failf("step %d: revision %d after revision %d", i, saved.Revision, state.Revision)
		}
		state = saved
	}
}

func checkConflict(t *trial) {
	store := t.open()
	first := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	second := t.mustSwap(store, first.Expose(0.5), "writing on")
	for _, revision := range []uint64{0, first.Revision, second.Revision - 1, second.Revision + 1, 1 << 63, math.MaxUint64} {
		if revision == second.Revision {
			continue
		}
		for _, next := range []rollback.State{first.Expose(1), first.RollBack(breach), second.Next("v2")} {
			t.mustConflict(store, under(revision, next), "stored otherwise")
			t.mustFind(store, second, "after a conflict")
		}
	}
	t.mustSwap(store, second.Expose(1), "after conflicts")
}

func checkJoin(t *trial) {
	store := t.open()
	clean := rollback.State{}.Next("v1").Expose(0.5)
	state := t.mustSwap(store, clean.RollBack(breach), "nothing stored")
	for what, stale := range map[string]rollback.State{
		"a state from before the rollback": clean,
		"a smaller share":                  rollback.State{}.Next("v1").Expose(0.1),
		"a later cause":                    clean.RollBack(rollback.Cause{Reason: "again", At: breach.At.Add(time.Hour)}),
		"no epoch":                         {},
		"another version of this epoch":    rollback.State{}.Next("v0"),
	} {
		want := normal(state).Join(stale)
		state = t.mustSwap(store, under(state.Revision, stale), what)
		if !state.Equal(want) || !state.RolledBack("v1") {
			t.failf("after %s at the right revision:\n\tgot  %+v\n\twant %+v", what, state, want)
		}
		t.mustFind(store, state, "after "+what)
	}
}

func checkBars(t *trial) {
	store := t.open()
	bar := func(version string) rollback.State { // what a replica knows that has seen this version fail in epoch 1
		return rollback.State{Barred: rollback.State{}.Next(version).RollBack(breach).Barred}
	}
	state := t.mustSwap(store, rollback.State{}.Next("v1").RollBack(breach).Next("v9"), "nothing stored")
	for _, version := range []string{"v2", "v3", "v4"} {
		state = t.mustSwap(store, under(state.Revision, bar(version)), "bringing a bar")
		state = t.mustSwap(store, rollback.State{Epoch: 2, Version: "v9", Stage: rollback.Ramping, Revision: state.Revision}, "bringing none")
	}
	t.mustFind(store, state, "after all bars")
	for _, version := range []string{"v1", "v2", "v3", "v4"} {
		if !state.RolledBack(version) {
			t.failf("version %s is not barred any more: %+v", version, state)
		}
	}
}

func checkLimits(t *trial) {
	for what, s := range oddStates() {
		store := t.open()
		saved := t.mustSwap(store, s, what)
		if want := normal(s); !saved.Equal(want) {
			t.failf("%s:\n\tgot  %+v\n\twant %+v", what, saved, want)
		}
		t.mustFind(store, saved, what)
	}
}

// oddStates are states to be stored first, each in a store of its own.
func oddStates() map[string]rollback.State {
	full := rollback.State{Epoch: math.MaxUint64, Version: strings.Repeat("v", rollback.MaxVersion), Stage: rollback.RolledBack, HighestShare: 1}
	full.Cause = rollback.Cause{Reason: strings.Repeat("r", rollback.MaxReason), Actor: strings.Repeat("a", rollback.MaxActor), At: breach.At}
	for i := range uint64(rollback.MaxBarred) {
		full.Barred = append(full.Barred, rollback.Bar{Epoch: i + 1, Version: i})
	}
	beyond := full
	beyond.Version += "v"
	beyond.Cause.Reason = strings.Repeat("\u20ac", rollback.MaxReason)
	beyond.Cause.Actor = strings.Repeat("\xff", 1<<16)
	for i := range uint64(1000) {
		beyond.Barred = append(beyond.Barred, rollback.Bar{Epoch: 1000 + i, Version: ^i})
	}
	all := map[string]rollback.State{
		"the zero State":           {},
		"everything at its limit":  full,
		"everything beyond it":     beyond,
		"a stage without a name":   {Epoch: 1, Version: "v1", Stage: 200},
		"a cause but no rollback":  {Epoch: 1, Version: "v1", Stage: rollback.Ramping, Cause: breach},
		"a bar twice":              {Epoch: 1, Version: "v1", Stage: rollback.Ramping, Barred: []rollback.Bar{{Epoch: 1, Version: 7}, {Epoch: 2, Version: 7}}},
		"nanoseconds and a zone":   rollback.State{}.Next("v1").RollBack(rollback.Cause{At: time.Date(1, 1, 1, 0, 0, 0, 1, time.FixedZone("x", 3600))}),
		"the last second":          rollback.State{}.Next("v1").RollBack(rollback.Cause{At: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)}),
		"a year beyond the labels": rollback.State{}.Next("v1").RollBack(rollback.Cause{At: time.Unix(1<<60, 0)}),
	}
	for _, text := range []string{"", "\x00", "\xff\xfe", "\xed\xa0\x80", "a\u2028b\u202ec", "</script>\x1b[31m", "\ufffd", "\"\\\n", "\U0010ffff"} {
		all["the text "+quoted(text)] = rollback.State{}.Next(text).RollBack(rollback.Cause{Reason: text, Actor: text})
	}
	for _, share := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -5, math.SmallestNonzeroFloat64, math.Nextafter(1, 0), math.Copysign(0, -1)} {
		all["the share "+number(share)] = rollback.State{Epoch: 1, Version: "v1", Stage: rollback.Ramping, HighestShare: share}
	}
	return all
}

func checkContext(t *trial) {
	store := t.open()
	cancelled, cancel := context.WithCancel(t.ctx)
	cancel()
	late, cancel := context.WithDeadline(t.ctx, time.Unix(0, 0))
	defer cancel()
	next := rollback.State{}.Next("v1")
	for _, gone := range []context.Context{cancelled, late} {
		if _, err := store.Load(gone); !errors.Is(err, gone.Err()) {
			t.failf("Load: error %v, want the context's: %v", err, gone.Err())
		}
		if _, err := store.CompareAndSwap(gone, next); !errors.Is(err, gone.Err()) {
			t.failf("CompareAndSwap: error %v, want the context's: %v", err, gone.Err())
		}
	}
	saved, err := rollback.Save(t.ctx, store, next)
	if err != nil {
		t.failf("rollback.Save after calls that were cancelled: %v", err)
	}
	t.mustFind(store, saved, "after calls that were cancelled")
}

func checkClose(t *trial) {
	store := t.open()
	closer, ok := store.(io.Closer)
	if !ok {
		return // the interface asks for no Close
	}
	saved := t.mustSwap(store, rollback.State{}.Next("v1"), "nothing stored")
	for range 2 {
		if err := closer.Close(); err != nil {
			t.failf("Close: %v", err)
		}
		if _, err := store.Load(t.ctx); !errors.Is(err, rollback.ErrClosed) {
			t.failf("Load after Close: error %v, want rollback.ErrClosed", err)
		}
		if _, err := store.CompareAndSwap(t.ctx, saved); !errors.Is(err, rollback.ErrClosed) {
			t.failf("CompareAndSwap after Close: error %v, want rollback.ErrClosed", err)
		}
	}
}
