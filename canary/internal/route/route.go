// Package route decides which arm a unit is assigned to: a published bucketing, the same in every process, on every architecture, in every release.
//
// The bucket of a unit is
//
//	bucket = mix(unit XOR salt) >> 11        53 bits
//	unit   = xxhash64(targeting key)
//	salt   = xxhash64(name, NUL, epoch, period)   epoch and period as 8 bytes, little endian
//	mix    = the 64-bit finalizer of MurmurHash3 (Austin Appleby, public domain)
//
// and the unit is the candidate's iff bucket < ceil(share * 2^53). So a growing share only ever adds units, and a new epoch draws anew. period is 0, or the
// number of whole reassignment periods since 1970.
package route

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"
)

// buckets is the number of buckets; a float64 holds every share k/buckets exactly.
const buckets = 1 << 53

// Unit is the hash that stands for a targeting key. It carries no salt, so that a unit is the same unit in every epoch.
func Unit(key string) uint64 { return xxhash.Sum64String(key) }

// Salt is what separates the coins of one canary, epoch and reassignment period from those of every other.
func Salt(name string, epoch, period uint64) uint64 {
	b := make([]byte, 0, len(name)+17)
	b = append(b, name...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint64(b, epoch)
	b = binary.LittleEndian.AppendUint64(b, period)
	return xxhash.Sum64(b)
}

// Bucket is the position of a unit in [0, 2^53).
func Bucket(unit, salt uint64) uint64 { return mix(unit^salt) >> 11 }

// Position is the bucket as a fraction in [0, 1).
func Position(unit, salt uint64) float64 { return float64(Bucket(unit, salt)) / buckets }

// Threshold is the number of buckets that belong to the candidate at a share. NaN and what lies below 0 give none, what lies above 1 gives all.
func Threshold(share float64) uint64 {
	switch {
	case !(share > 0):
		return 0
	case share >= 1:
		return buckets
	default:
		return uint64(math.Ceil(share * buckets))
	}
}

// Draw turns a random number into a bucket that no unit has: a fresh coin, to be held against a Threshold.
func Draw(random uint64) uint64 { return random >> 11 }

// Share is the exact probability that a unit falls below a threshold.
func Share(threshold uint64) float64 { return float64(threshold) / buckets }

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return x
}
