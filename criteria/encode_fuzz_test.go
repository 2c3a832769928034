package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The fuzz targets put a right checksum, and the judge's a right header, around
// whatever comes: a wrong one is refused before anything is looked at.

func FuzzUnmarshalEvidence(f *testing.F) {
	j := mustJudge(f, everything())
	for seed := range uint64(3) {
		f.Add(sent(f, newChance(seed).evidence(j, int(40*seed))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		requireConsistent(t, j, data)
		if len(data) >= 16 {
			requireConsistent(t, j, resealed(data))
		}
	})
}

func FuzzUnmarshalJudge(f *testing.F) {
	config := everything()
	config.Sentinel, config.Slices = false, config.Slices[:1]
	j := mustJudge(f, config)
	f.Add(encoded(f, j))
	j.BeginStep([NumStrata]float64{0.5, 0.2})
	j.Fold(newChance(2).evidence(j, 300), 0)
	f.Add(encoded(f, j))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = RestoreJudge(config, data)
		_, _ = ReadDictionary(data)
		useForged(t, config, data)
	})
}

func FuzzUnmarshalRouting(f *testing.F) {
	f.Add(savedRouting(f, goldenRouting()))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Routing
		_ = r.UnmarshalBinary(data)
		if len(data) < headerSize+trailerSize || r.UnmarshalBinary(resealed(data)) != nil {
			return
		}
		require.False(t, math.IsNaN(r.LogE()) || math.IsInf(r.LogE(), 0), "%v", r.LogE())
		broken := r.Broken()
		for s := range Stratum(NumStrata) {
			r.Assign(s, Stable)
			r.Assign(s, Candidate)
		}
		require.True(t, r.Broken() || !broken)
	})
}
