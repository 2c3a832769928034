package canary

import (
	"math/rand/v2"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
)

// NewOfSlots is New with a ledger of another size.
func NewOfSlots[In, Out any](cfg Config[In, Out], slots int) (*Canary[In, Out], error) {
	return start(cfg, settings{slots: slots})
}

// NewObserved is NewOfSlots with an eye on what the judge is given.
func NewObserved[In, Out any](cfg Config[In, Out], slots int, observed func(criteria.Stratum, *criteria.Observation)) (*Canary[In, Out], error) {
	return start(cfg, settings{slots: slots, observed: observed})
}

// NewSeeded is New with a sentinel whose coins are the same each time: fair ones are taken for unfair once in a hundred runs.
func NewSeeded[In, Out any](cfg Config[In, Out], seed uint64) (*Canary[In, Out], error) {
	return start(cfg, settings{draw: rand.New(rand.NewPCG(seed, seed)).Uint64})
}

// Carve is a slice that a judge gives to stable.
type Carve = criteria.Carve

// NewCarving is New with an eye on that, and a judge that carves.
func NewCarving[In, Out any](cfg Config[In, Out], carves func() []Carve, observed func(criteria.Stratum, *criteria.Observation)) (*Canary[In, Out], error) {
	return start(cfg, settings{carves: carves, observed: observed})
}

// ClassText names a failure class as the judge does, ClassExample gives its example.
func ClassText[In, Out any](c *Canary[In, Out], id uint16) string {
	return c.present().classes.text(id)
}

func ClassExample[In, Out any](c *Canary[In, Out], id uint16) string {
	return c.present().classes.example(id)
}

// SliceText names a slice as the judge does.
func SliceText[In, Out any](c *Canary[In, Out], dimension int, cell uint8) string {
	return c.present().slices.text(dimension, cell)
}

// MaxAbandoned is how many candidate calls may hang before the candidate is rolled back.
const MaxAbandoned = maxAbandoned

// present is the epoch of now.
func (c *Canary[In, Out]) present() *epoch[In, Out] { return c.current.Load() }

// WaitForLeavers waits until the epochs that have ended are let go.
func WaitForLeavers[In, Out any](c *Canary[In, Out]) {
	c.books.mu.Lock()
	leavers := slices.Clone(c.books.leavers)
	c.books.mu.Unlock()
	for _, x := range leavers {
		<-x.ended
	}
}
