package canarytest_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/modelcanary/go-sdk/canary/canarytest"
	"github.com/modelcanary/go-sdk/rollback"
)

// Row is a store of one's own: here a row of a table that lives in memory, but counts its revisions as a database would.
type Row struct {
	mu    sync.Mutex
	state rollback.State
}

func (r *Row) Load(ctx context.Context) (rollback.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return rollback.State{}, ctx.Err()
	case r.state.Revision == 0:
		return rollback.State{}, rollback.ErrNoState
	}
	return rollback.State{}.Join(r.state), nil // Join returns a copy
}

func (r *Row) CompareAndSwap(ctx context.Context, next rollback.State) (rollback.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return rollback.State{}, ctx.Err()
	case next.Revision != r.state.Revision:
		return rollback.State{}, rollback.ErrConflict
	}
	r.state = r.state.Join(next)
	r.state.Revision++
	return rollback.State{}.Join(r.state), nil
}

// A store of one's own is tested by one line in a test, which stands in a variable here so that the example can run it.
func ExampleRunStore() {
	TestRow := func(t *testing.T) {
		canarytest.RunStore(t, func(*testing.T) rollback.Store { return new(Row) })
	}

	fmt.Println("passed:", passes(TestRow))
	// Output:
	// passed: true
}

func ExampleRunDurableStore() {
	TestRow := func(t *testing.T) {
		canarytest.RunDurableStore(t, func(*testing.T) func() rollback.Store {
			table := new(Row)
			return func() rollback.Store { return table } // a new connection, the same row
		})
	}

	fmt.Println("passed:", passes(TestRow))
	// Output:
	// passed: true
}

// passes runs a test as go test does, but quietly.
func passes(test func(*testing.T)) bool {
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	os.Stdout, _ = os.Open(os.DevNull)
	all := func(string, string) (bool, error) { return true, nil }
	return testing.RunTests(all, []testing.InternalTest{{Name: "test", F: test}})
}
