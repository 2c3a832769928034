package shadow

import "sync/atomic"

// The functions of the configuration that run in a shadow.
const (
	guardClone = iota
	guardCloneOutput
	guardSize
	guardCompare
	guardLog
	guardHost // the host's
	numGuards
)

// guards watch them.
type guards [numGuards]guard

// guard counts the failures of one function and turns it off after three in a row.
type guard struct {
	row   atomic.Int32
	total atomic.Int64
}

const maxFailures = 3

func (g *guard) off() bool { return g.row.Load() >= maxFailures }

func (g *guard) ok() {
	if g.row.Load() != 0 {
		g.row.Store(0)
	}
}

func (g *guard) fail() {
	g.total.Add(1)
	g.row.Add(1)
}

var guardNames = [numGuards]string{"clone", "clone_output", "size", "compare", "log", "host"}
