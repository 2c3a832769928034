package canarytest

import (
	"runtime"
	"sync"
	"testing"

	"github.com/modelcanary/go-sdk/rollback"
)

// Breaches runs the contract of a durable store on place and returns the names of the clauses that it breaks, with what they say of it.
func Breaches(t *testing.T, place func(t *testing.T) func() rollback.Store) map[string]string {
	broken := map[string]string{}
	try := func(c clause, open func() rollback.Store) {
		trial := &trial{ctx: t.Context(), open: open, says: c.says}
		trial.breach = func(message string) {
			broken[c.name] = message
			runtime.Goexit()
		}
		var alone sync.WaitGroup
		alone.Go(func() { c.check(trial) })
		alone.Wait()
	}
	for _, c := range storeClauses {
		try(c, func() rollback.Store { return place(t)() })
	}
	for _, c := range durableClauses {
		try(c, place(t))
	}
	return broken
}
