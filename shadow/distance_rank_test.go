package shadow

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSameSet(t *testing.T) {
	for name, c := range map[string]struct {
		a, b []float64
		want bool
	}{
		"empty":          {nil, []float64{}, true},
		"order":          {[]float64{1, 2, 3}, []float64{3, 1, 2}, true},
		"repeated":       {[]float64{1, 2, 2}, []float64{2, 1, 1}, true},
		"subset":         {[]float64{1, 2}, []float64{1}, false},
		"subset, longer": {[]float64{1, 2}, []float64{1, 1, 1}, false},
		"disjoint":       {[]float64{1}, []float64{2}, false},
		"NaN":            {[]float64{math.NaN()}, []float64{math.NaN()}, false},
		"zeros":          {[]float64{0}, []float64{math.Copysign(0, -1)}, true},
	} {
		require.Equal(t, c.want, SameSet(c.a, c.b), name)
		require.Equal(t, c.want, SameSet(c.b, c.a), name)
	}
}

// slowRankBiasedOverlap is equation 32 as it stands: X_d is what the lists down to d have in common.
func slowRankBiasedOverlap(long, short []int, p float64) float64 {
	x := func(depth int) float64 {
		common := 0.0
		for _, a := range long[:min(depth, len(long))] {
			for _, b := range short[:min(depth, len(short))] {
				if a == b {
					common++
				}
			}
		}
		return common
	}
	l, s := len(long), len(short)
	sum := 0.0
	for d := 1; d <= l; d++ {
		sum += x(d) / float64(d) * math.Pow(p, float64(d))
	}
	for d := s + 1; d <= l; d++ {
		sum += x(s) * float64(d-s) / float64(s*d) * math.Pow(p, float64(d))
	}
	return (1-p)/p*sum + ((x(l)-x(s))/float64(l)+x(s)/float64(s))*math.Pow(p, float64(l))
}

func TestRankDistanceIsThatOfTheEquation(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		long := r.Perm(40)[:1+r.IntN(25)]
		short := r.Perm(40)[:1+r.IntN(len(long))]
		want := 1 - slowRankBiasedOverlap(long, short, persistence)
		require.InDelta(t, want, RankDistance(long, short), 1e-12, "%v %v", long, short)
		require.Equal(t, RankDistance(long, short), RankDistance(short, long), "%v %v", long, short)
	}
}

func TestRankDistance(t *testing.T) {
	ten := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for name, c := range map[string]struct {
		a, b []int
		want float64
	}{
		"empty":                    {nil, nil, 0},
		"one empty":                {ten, nil, 1},
		"the same":                 {ten, ten, 0},
		"disjoint":                 {[]int{1, 2, 3}, []int{4, 5, 6}, 1},
		"shorter, as far as it is": {ten, ten[:3], 0},
		"repeated":                 {[]int{1, 1, 2, 1}, []int{1, 2, 2}, 0},
		"repeated, and others":     {[]int{1, 1, 1, 3}, []int{2, 1, 3}, RankDistance([]int{1, 3}, []int{2, 1, 3})},
		"first exchanged":          {[]int{1, 2}, []int{2, 1}, 0.1},
	} {
		require.InDelta(t, c.want, RankDistance(c.a, c.b), 1e-12, name)
		require.InDelta(t, c.want, RankDistance(c.b, c.a), 1e-12, name)
	}
	for length := range 200 {
		list := rand.Perm(length + 1)
		require.Zero(t, RankDistance(list, list), "rounding makes a list differ from itself")
		require.Zero(t, RankDistance(list, list[:1+length/3]))
		require.LessOrEqual(t, RankDistance(list, []int{-1, -2, -3}), 1.0)
	}
	top := RankDistance(ten, []int{2, 1, 3, 4, 5, 6, 7, 8, 9, 10})
	bottom := RankDistance(ten, []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 9})
	require.Greater(t, top, bottom)
	require.Positive(t, bottom)
}
