package rollback_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

// inTemp returns a path for an example to play with.
func inTemp(name string) string {
	dir, err := os.MkdirTemp("", "rollback-example")
	if err != nil {
		log.Fatal(err)
	}
	return filepath.Join(dir, name)
}

func Example() {
	ctx := context.Background()
	path := inTemp("langdetect.state")

	store, err := rollback.OpenFile(path)
	if err != nil {
		log.Fatal(err) // only for a path that can name no file
	}
	state, err := store.Load(ctx)
	if errors.Is(err, rollback.ErrNoState) {
		state, err = rollback.Save(ctx, store, state.Next("ngram-2")) // the first start begins epoch 1
	}
	latch := rollback.NewLatch(state)
	fmt.Println("candidate may serve:", err == nil && !latch.Tripped())

	// The candidate fails: memory first, then disk.
	state, _ = latch.Trip(rollback.Cause{Reason: "criterion error_rate: 4.1 % against 1.0 %", Actor: "keeper", At: time.Now()})
	if _, err := rollback.Save(ctx, store, state); err != nil {
		log.Print("out, but not durable yet: ", err)
	}
	_ = store.Close()

	// The process starts again, with the same candidate.
	store, _ = rollback.OpenFile(path)
	defer func() { _ = store.Close() }()
	state, err = store.Load(ctx)
	fmt.Println("after a restart:", state.Stage, err)
	fmt.Println("why:", state.Cause.Reason)
	// Output:
	// candidate may serve: true
	// after a restart: rolled_back <nil>
	// why: criterion error_rate: 4.1 % against 1.0 %
}

func ExampleOpenFile() {
	ctx := context.Background()
	store, err := rollback.OpenFile(inTemp("missing directory/langdetect.state"))
	fmt.Println("opening:", err)

	_, err = store.Load(ctx)
	fmt.Println("a first start:", errors.Is(err, rollback.ErrNoState))
	fmt.Println("cannot be written:", errors.Is(err, rollback.ErrUnwritable))

	var problem *rollback.StateError
	fmt.Println("which file:", errors.As(err, &problem) && filepath.Base(problem.Path) == "langdetect.state")
	// Output:
	// opening: <nil>
	// a first start: false
	// cannot be written: true
	// which file: true
}

func ExampleFile_Load_locked() {
	ctx := context.Background()
	old, _ := rollback.OpenFile(inTemp("langdetect.state"))
	state, _ := rollback.Save(ctx, old, rollback.State{}.Next("ngram-2"))
	_, _ = rollback.Save(ctx, old, state.RollBack(rollback.Cause{Reason: "by hand"}))

	// A rolling restart: the next process begins before the old one has ended.
	next, _ := rollback.OpenFile(old.Path())
	state, err := next.Load(ctx)
	fmt.Println(errors.Is(err, rollback.ErrLocked), state.Stage)

	_ = old.Close()
	state, err = next.Load(ctx)
	fmt.Println(err, state.Stage)
	_ = next.Close()
	// Output:
	// true rolled_back
	// <nil> rolled_back
}

func ExampleFile_Replace() {
	ctx := context.Background()
	path := inTemp("langdetect.state")
	if err := os.WriteFile(path, []byte("not a state file"), 0o600); err != nil {
		log.Fatal(err)
	}
	store, _ := rollback.OpenFile(path)
	defer func() { _ = store.Close() }()

	known, err := store.Load(ctx)
	fmt.Println("corrupt:", errors.Is(err, rollback.ErrCorrupt))

	// A person has looked at it and begins anew.
	state, err := store.Replace(ctx, known.Next("ngram-2"))
	fmt.Println(state.Epoch, state.Version, state.Stage, err)

	kept, _ := os.ReadFile(path + ".bad")
	fmt.Printf("%s\n", kept)
	// Output:
	// corrupt: true
	// 1 ngram-2 shadow <nil>
	// not a state file
}

func ExampleLatch() {
	latch := rollback.NewLatch(rollback.State{}.Next("ngram-2"))

	_, effects := latch.Apply(rollback.Machine{}, rollback.Event{Kind: rollback.OnExpose, Share: 0.05})
	fmt.Println("share 0.05 is to be stored:", effects.Changed)

	_, first := latch.Trip(rollback.Cause{Reason: "error rate", Actor: "keeper"})
	fmt.Println("tripped:", latch.Tripped(), "first:", first)

	state, first := latch.Trip(rollback.Cause{Reason: "too late"})
	fmt.Println("tripped:", latch.Tripped(), "first:", first, "because of:", state.Cause.Reason)
	// Output:
	// share 0.05 is to be stored: true
	// tripped: true first: true
	// tripped: true first: false because of: error rate
}

func ExampleLatch_Join() {
	latch := rollback.NewLatch(rollback.State{}.Next("ngram-2"))

	// Another replica has rolled this epoch back.
	news := latch.State().RollBack(rollback.Cause{Reason: "error rate", Actor: "replica 7"})
	_, changed := latch.Join(news)
	fmt.Println(changed, latch.Tripped(), latch.State().Cause.Actor)
	// Output: true true replica 7
}

func ExampleState_Next() {
	state := rollback.State{}.Next("ngram-2")
	state = state.RollBack(rollback.Cause{Reason: "error rate"})

	// A deployment may begin the next epoch by itself, unless its version was rolled back before.
	for _, version := range []string{"ngram-2", "ngram-3"} {
		fmt.Println(version, "may begin:", !state.RolledBack(version))
	}
	state = state.Next("ngram-3")
	fmt.Println(state.Epoch, state.Version, state.Stage)

	// A person may begin one with any version.
	state = state.Next("ngram-2")
	fmt.Println(state.Epoch, state.Version, state.Stage)
	// Output:
	// ngram-2 may begin: false
	// ngram-3 may begin: true
	// 2 ngram-3 shadow
	// 3 ngram-2 shadow
}

func ExampleState_Join() {
	start := rollback.State{}.Next("ngram-2")
	here := start.Expose(0.25)
	there := start.Expose(0.05).RollBack(rollback.Cause{Reason: "error rate"})

	joined := here.Join(there)
	fmt.Println(joined.Stage, joined.HighestShare, joined.Equal(there.Join(here)))
	// Output: rolled_back 0.25 true
}

func ExampleSave() {
	ctx := context.Background()
	store := rollback.NewMemory()
	start, _ := rollback.Save(ctx, store, rollback.State{}.Next("ngram-2"))

	// Two writers that do not know each other begin with what they have seen.
	_, _ = rollback.Save(ctx, store, start.RollBack(rollback.Cause{Reason: "error rate"}))
	saved, err := rollback.Save(ctx, store, start.Expose(0.5))
	fmt.Println(saved.Stage, saved.HighestShare, err)
	// Output: rolled_back 0.5 <nil>
}

func ExampleNewMemory() {
	ctx := context.Background()
	store := rollback.NewMemory()

	_, err := store.Load(ctx)
	fmt.Println(errors.Is(err, rollback.ErrNoState))

	first, _ := store.CompareAndSwap(ctx, rollback.State{}.Next("ngram-2"))
	_, err = store.CompareAndSwap(ctx, first.Expose(0.05))
	fmt.Println(err)
	_, err = store.CompareAndSwap(ctx, first.Expose(0.25)) // first is not what is stored any more
	fmt.Println(errors.Is(err, rollback.ErrConflict))
	// Output:
	// true
	// <nil>
	// true
}

func ExampleStage() {
	var unknown rollback.Stage
	page, _ := json.Marshal(map[string]rollback.Stage{"stage": rollback.RolledBack, "zero": unknown})
	fmt.Println(string(page))
	// Output: {"stage":"rolled_back","zero":"unknown(0)"}
}

func ExampleMachine() {
	machine := rollback.Machine{Ramp: rollback.Ramp{Steps: []float64{0.01, 0.05, 0.25, 1}, Auto: true}}
	state, _ := machine.On(rollback.State{}, rollback.Event{Kind: rollback.OnDeploy, Version: "ngram-2"})
	alice := rollback.Cause{Actor: "alice", Reason: "the press is asking"}

	tell := func(what string, e rollback.Event) {
		var effects rollback.Effects
		state, effects = machine.On(state, e)
		share := machine.Share(state, 1) // the flag asks for everything
		state, _ = machine.On(state, rollback.Event{Kind: rollback.OnExpose, Share: share})
		fmt.Printf("%-18s %-12s share %4.2f  %s\n", what, state.Stage, share, cmp.Or(effects.Refused, "taken"))
	}
	tell("nothing yet", rollback.Event{Kind: rollback.OnExpose})
	tell("no proof yet", rollback.Event{Kind: rollback.OnStep})
	tell("proof", rollback.Event{Kind: rollback.OnStep, Proven: true})
	tell("alice lowers", rollback.Event{Kind: rollback.OnJump, Share: 0.01, Cause: alice})
	tell("proof", rollback.Event{Kind: rollback.OnStep, Proven: true})
	tell("alice resumes", rollback.Event{Kind: rollback.OnResume, Cause: alice})
	tell("alice jumps", rollback.Event{Kind: rollback.OnJump, Share: 1, Cause: alice})
	tell("a breach", rollback.Event{Kind: rollback.OnTrip, Cause: rollback.Cause{Actor: "keeper", Reason: "error rate"}})
	tell("alice insists", rollback.Event{Kind: rollback.OnJump, Share: 0.01, Cause: alice})
	// Output:
	// nothing yet        ramping      share 0.01  taken
	// no proof yet       ramping      share 0.01  it is not proven that the candidate is not worse
	// proof              ramping      share 0.05  taken
	// alice lowers       ramping      share 0.01  taken
	// proof              ramping      share 0.01  the ramp is held: the press is asking
	// alice resumes      ramping      share 0.01  taken
	// alice jumps        promoted     share 0.95  taken
	// a breach           rolled_back  share 0.00  taken
	// alice insists      rolled_back  share 0.00  the epoch was rolled back; only a new one can follow
}

func ExampleRamp_After() {
	ramp := rollback.Ramp{Steps: []float64{0.01, 0.05, 0.25, 1}}
	step := 0.0 // the first
	for {
		fmt.Println(ramp.Ceiling(step))
		next, ok := ramp.After(step)
		if !ok {
			break
		}
		step = next
	}
	// Output:
	// 0.01
	// 0.05
	// 0.25
	// 1
}

// Evidence is stored beside the state, by whoever holds that.
func ExampleEvidenceStore() {
	ctx := context.Background()
	file, err := rollback.OpenFile(inTemp("langdetect.state"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	state, err := rollback.Save(ctx, file, rollback.State{}.Next("ngram-2"))
	if err != nil {
		log.Fatal(err)
	}

	var store rollback.Store = file
	evidence, ok := store.(rollback.EvidenceStore)
	fmt.Println("keeps evidence:", ok)
	_, _, err = evidence.LoadEvidence(ctx)
	fmt.Println(errors.Is(err, rollback.ErrNoEvidence))
	fmt.Println(evidence.SaveEvidence(ctx, state.Epoch, []byte("what was seen")))
	epoch, data, err := evidence.LoadEvidence(ctx)
	fmt.Println(epoch, string(data), err)
	// Output:
	// keeps evidence: true
	// true
	// <nil>
	// 1 what was seen <nil>
}
