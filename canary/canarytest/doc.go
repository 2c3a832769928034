// Package canarytest holds the contract of what an application may plug into a canary, as tests to run against one's own implementation.
//
// [RunStore] checks a [rollback.Store], [RunDurableStore] one that outlives the process. What they ask for is what a canary relies on to
// keep a rolled-back candidate out, so a store that fails here can bring one back.
//
// Each clause of the contract is a subtest, and each failure says beside what was seen what the contract says. Run them with the race detector.
package canarytest
