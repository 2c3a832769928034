package criteria

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func savedRouting(t testing.TB, r *Routing) []byte {
	t.Helper()
	data, err := r.AppendBinary(nil)
	require.NoError(t, err)
	return data
}

// A restored check is the same one to the last bit, in the middle of a step, too.
func TestRoutingRoundTrip(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 3))
		actual := []float64{0.3, 0.5}[seed%2] // the second is broken
		var r Routing
		r.BeginStep([NumStrata]float64{0.3, 0.3, 0.3})
		assign := func(rs ...*Routing) {
			s, arm := Stratum(rng.IntN(NumStrata)), Stable
			if rng.Float64() < actual {
				arm = Candidate
			}
			for _, r := range rs {
				r.Assign(s, arm)
			}
		}
		for range rng.IntN(400) {
			assign(&r)
		}
		var again Routing
		require.NoError(t, again.UnmarshalBinary(savedRouting(t, &r)))
		require.True(t, r == again)
		for range 300 {
			assign(&r, &again)
			require.True(t, r == again)
		}
		require.Equal(t, actual > 0.3, again.Broken())
	}
}

func TestRoutingSizes(t *testing.T) {
	require.Len(t, savedRouting(t, new(Routing)), 34)
	require.Less(t, len(savedRouting(t, goldenRouting())), 74)
}

func TestRoutingRefuses(t *testing.T) {
	good := goldenRouting()
	data := savedRouting(t, good)
	newer := slices.Clone(data)
	newer[3] = encodingVersion + 1
	poisoned := func(poison func(r *Routing)) []byte {
		r := *good
		poison(&r)
		return savedRouting(t, &r)
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":              {nil, ErrCorrupt},
		"an evidence":          {sent(t, mustJudge(t, everyKind()).NewEvidence()), ErrCorrupt},
		"newer":                {resealed(newer), ErrNewerVersion},
		"more":                 {resealed(append(slices.Clone(data[:len(data)-4]), 0, 0, 0, 0, 0)), ErrCorrupt},
		"share 1":              {poisoned(func(r *Routing) { r.splits[0].share = 1 }), ErrCorrupt},
		"share NaN":            {poisoned(func(r *Routing) { r.splits[0].share = math.NaN() }), ErrCorrupt},
		"units negative":       {poisoned(func(r *Routing) { r.splits[0].units = -1 }), ErrCorrupt},
		"candidates beyond":    {poisoned(func(r *Routing) { r.splits[0].candidates = 1000 }), ErrCorrupt},
		"evidence NaN":         {poisoned(func(r *Routing) { r.logE = math.NaN() }), ErrCorrupt},
		"product NaN":          {poisoned(func(r *Routing) { r.product = math.NaN() }), ErrCorrupt},
		"product negative":     {poisoned(func(r *Routing) { r.product = -1 }), ErrCorrupt},
		"product too wide":     {poisoned(func(r *Routing) { r.product = 1e200 }), ErrCorrupt},
		"broken but it is not": {poisoned(func(r *Routing) { r.logE, r.broken = routingLimit, false }), ErrCorrupt},
	} {
		r := *good
		err := r.UnmarshalBinary(c.data)
		require.ErrorIs(t, err, c.want, name)
		require.Regexp(t, "^criteria: ", err.Error())
		require.True(t, r == *good, "%s: it stays as it was", name)
	}
	for n := range data {
		require.ErrorIs(t, new(Routing).UnmarshalBinary(data[:n]), ErrCorrupt)
		for bit := range 8 {
			flipped := slices.Clone(data)
			flipped[n] ^= 1 << bit
			require.ErrorIs(t, new(Routing).UnmarshalBinary(flipped), ErrCorrupt)
		}
	}
}
