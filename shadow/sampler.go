package shadow

import (
	"math"
	"math/bits"
	"sync/atomic"
)

// Sampler draws the requests that have a shadow, by their unit: the same unit is drawn always or never at one rate, and a growing rate only adds units. Its methods
// are safe for concurrent use.
type Sampler struct {
	threshold atomic.Uint64 // a unit is drawn iff its hash is below
	salt      uint64
}

// Draws says whether a request of a unit has a shadow. It takes an atomic load, and a multiplication if there is a rate at all.
func (s *Sampler) Draws(unit uint64) bool {
	threshold := s.threshold.Load()
	return threshold != 0 && mix(unit^s.salt) < threshold
}

// mix spreads the bits of a hash: two numbers that differ in a salt are drawn independently.
func mix(x uint64) uint64 {
	high, low := bits.Mul64(x^0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
	x = high ^ low
	high, low = bits.Mul64(x^0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db)
	return high ^ low
}

// set makes a rate in [0, 1] the one that is drawn at.
func (s *Sampler) set(rate float64) {
	switch {
	case !(rate > 0):
		s.threshold.Store(0)
	case rate >= 1:
		s.threshold.Store(math.MaxUint64)
	default:
		s.threshold.Store(max(1, uint64(math.Ldexp(rate, 64))))
	}
}
