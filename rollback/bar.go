package rollback

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// MaxBarred is how many rolled-back versions a [State] remembers. Beyond it those of the oldest epochs are forgotten.
const MaxBarred = 128

// Bar remembers that a version was rolled back. Two versions whose hashes collide are both kept out, which is the safe side.
type Bar struct {
	Epoch   uint64 // in which it was rolled back, the latest if it happened more than once
	Version uint64 // 64-bit FNV-1a hash of the version's text
}

func barOf(epoch uint64, version string) Bar {
	return Bar{Epoch: epoch, Version: hashVersion(version)}
}

func hashVersion(version string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(version)) // a hash never fails to write
	return h.Sum64()
}

// joinBars unites bars into a new slice: one per version, newest epoch first, the newest [MaxBarred] of them. Keeping the newest by a total
// order is what makes a bounded union associative.
func joinBars(a, b []Bar) []Bar {
	all := slices.Concat(a, b)
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(x, y Bar) int {
		return cmp.Or(cmp.Compare(y.Epoch, x.Epoch), cmp.Compare(y.Version, x.Version))
	})
	seen := make(map[uint64]bool, len(all))
	all = slices.DeleteFunc(all, func(b Bar) bool {
		again := seen[b.Version]
		seen[b.Version] = true
		return again
	})
	return slices.Clip(all[:min(len(all), MaxBarred)])
}
