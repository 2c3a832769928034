package local

import (
	"github.com/open-feature/go-sdk/openfeature"
	"github.com/twmb/murmur3"
)

// split is flagd's fractional operation: it spreads the hash of the bucketing text over the buckets by weight.
type split struct {
	by      bucketing
	buckets []bucket
	total   uint64 // sum of the weights, at most 2^31-1; 0: nobody is in any bucket
}

// bucket is the range of weight up to end, from where the bucket before it ends.
type bucket struct {
	end     uint64
	variant *variant
}

// pick returns the variant of the bucket this context falls into, nil when it falls into none.
func (s *split) pick(flagKey string, flat openfeature.FlattenedContext) *variant {
	var room [128]byte // most texts fit, and then nothing is allocated
	text, ok := s.by.append(room[:0], flagKey, flat)
	if !ok {
		return nil
	}
	return s.at(murmur3.Sum32(text))
}

// at scales the hash to [0, total) in integers, exactly as flagd does: hash * total / 2^32, rounded down.
func (s *split) at(hash uint32) *variant {
	point := uint64(hash) * s.total >> 32
	for i := range s.buckets {
		if point < s.buckets[i].end {
			return s.buckets[i].variant
		}
	}
	return nil
}
