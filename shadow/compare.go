package shadow

import (
	"math"
	"reflect"
	"sync"
	"unsafe"
)

// comparison says whether two answers differ, and how far apart they are; NaN where there is no distance. It is safe for concurrent use. It panics where the
// application's function does, and never by itself.
type comparison[Out any] func(a, b Out) (differs bool, distance float64)

// comparison is what c compares answers with:
//
//   - With Equal, answers differ unless it says otherwise; with Distance alone, unless that is at most Tolerance, so that NaN differs.
//   - With neither, answers are compared by what they are made of, see [byContent]. A type that cannot be is refused with a [*ConfigError].
//   - Without Distance, numbers, lists of numbers and short texts have the one of [defaultDistance], other answers none.
func (c *Config[In, Out]) comparison() (comparison[Out], error) {
	equal, distance, tolerance := c.Equal, c.Distance, c.Tolerance
	if equal == nil && distance != nil {
		return func(a, b Out) (bool, float64) {
			d := distance(a, b)
			return !(d <= tolerance), d
		}, nil
	}
	if distance == nil {
		distance = defaultDistance[Out]()
	}
	if equal == nil {
		content, err := byContent[Out](tolerance)
		if err != nil {
			return nil, err
		}
		equal = content
	}
	return func(a, b Out) (bool, float64) { return !equal(a, b), distance(a, b) }, nil
}

// byContent compares values of type Out by what they are made of:
//
//   - Numbers are equal if |a-b| <= tolerance*max(|a|, |b|), the parts of complex ones each. NaN equals NaN, -0 equals 0, and an infinity itself alone.
//   - Texts, bools, and slices and arrays of bytes are equal if they are the same. Times are compared by [time.Time.Equal].
//   - Structs are compared field by field, unexported fields included, blank ones not.
//   - Slices are compared element by element. Maps must have the same keys, by ==, with equal values. One that is nil equals an empty one.
//   - Pointers are compared by what they point to. nil equals nil alone.
//   - Interfaces must hold values of the same type, which are compared. What turns out to be a function equals nothing unless both are nil, a channel itself alone.
//
// Methods named Equal are not called. What lies in the same memory is equal. Otherwise answers deeper than maxDepth, as those with a cycle are, or larger than
// maxNodes, count as different.
func byContent[Out any](tolerance float64) (func(a, b Out) bool, error) {
	t := reflect.TypeFor[Out]()
	if path, found := findIncomparable(t); found {
		return nil, &ConfigError{Field: "Equal", Problem: "nil, but " + path + " and cannot be compared"}
	}
	plans := &planner{tolerance: tolerance}
	equal := plans.plan(t).equal
	return onAddresses[Out](func(w *walk, a, b unsafe.Pointer) bool {
		*w = walk{plans: plans, nodes: maxNodes, depth: maxDepth}
		return equal(w, a, b, 1)
	}), nil
}

// operands are two values at addresses that may be handed to a plan. They are pooled because what is handed to a function value escapes.
type operands[Out any] struct {
	a, b Out
	walk walk
}

// onAddresses turns a function of memory into one of values, without an allocation for each.
func onAddresses[Out, Result any](f func(w *walk, a, b unsafe.Pointer) Result) func(a, b Out) Result {
	pool := sync.Pool{New: func() any { return new(operands[Out]) }}
	return func(a, b Out) Result {
		o := pool.Get().(*operands[Out])
		o.a, o.b = a, b
		result := f(&o.walk, unsafe.Pointer(&o.a), unsafe.Pointer(&o.b))
		*o = operands[Out]{}
		pool.Put(o)
		return result
	}
}

const (
	// maxDepth is how many pointers, interfaces, slices and maps may lie one inside the other.
	maxDepth = 1_000
	// maxNodes is how many pointers, interfaces, slices, map entries and texts one comparison follows; each counts once more for every nodeBytes it leads to.
	maxNodes = 1_000_000
	// nodeBytes keeps a comparison below four gigabytes, however often the same memory is reached.
	nodeBytes = 4_096
)

// walk is the state of one comparison.
type walk struct {
	plans        *planner
	nodes, depth int
}

// spend takes a node that leads to so many bytes, and says whether there was one left.
func (w *walk) spend(bytes uintptr) bool {
	w.nodes -= 1 + int(bytes/nodeBytes)
	return w.nodes >= 0
}

// descend compares n values behind a reference.
func (w *walk) descend(p *plan, a, b unsafe.Pointer, n int) bool {
	if w.depth == 0 || !w.spend(p.size*uintptr(n)) {
		return false
	}
	w.depth--
	same := p.equal(w, a, b, n)
	w.depth++
	return same
}

// near says that two numbers differ by at most tolerance, relative to the larger one.
func near(a, b, tolerance float64) bool {
	if a == b || a != a && b != b {
		return true
	}
	if tolerance == 0 || math.IsInf(a, 0) || math.IsInf(b, 0) {
		return false
	}
	if difference := math.Abs(a - b); !math.IsInf(difference, 0) {
		return difference <= tolerance*max(math.Abs(a), math.Abs(b))
	}
	return math.Abs(a/2-b/2) <= tolerance*(max(math.Abs(a), math.Abs(b))/2)
}
