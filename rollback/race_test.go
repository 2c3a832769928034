//go:build race

package rollback

// raceEnabled makes the searches on the simulated disk coarser: they run in one goroutine, so the race detector only slows them.
const raceEnabled = true
