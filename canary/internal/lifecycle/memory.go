package lifecycle

import "runtime/metrics"

// Memory is about how much memory a model takes.
type Memory struct {
	// Bytes, at least 0.
	Bytes int64
	// Source is how they were got.
	Source MemorySource
}

// MemorySource is how an estimate of memory was got.
type MemorySource uint8

// The sources.
const (
	Unknown    MemorySource = iota // there is no model
	Reported                       // the model's own word, by MemoryBytes
	HeapGrowth                     // the growth of the heap while Load ran, with everything else the process did meanwhile
)

var sources = [...]string{"unknown", "reported", "heap_growth"}

// String is the source in snake case.
func (s MemorySource) String() string {
	if int(s) < len(sources) {
		return sources[s]
	}
	return sources[0]
}

// heapInUse is the memory of objects on the heap in bytes, dead ones that were not swept included: no collection is forced for a guess.
func heapInUse() int64 {
	sample := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample[:])
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}
