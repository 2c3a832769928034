//go:build race

package keeper

// raceEnabled makes searches through many interleavings shorter: the race detector slows each.
const raceEnabled = true
