// Package hotpath measures what a canary adds to a model call.
//
//	go test -run xxx -bench . -count 5 ./benchmarks/hotpath
//
// BenchmarkOverFloor is the figure that is held to a budget. The floor is the least that any wrapper of this kind must do: read the clock twice, call the
// same key function, hash the key with the same xxhash64, load one atomic, add to one atomic bucket, call the model. Bursts of floor and canary alternate within
// one run, each small enough to fit the ledger, with the keeper alive; the metric is the median of the paired ratios. Absolute times move from machine to machine,
// ratios within a run much less.
package hotpath
