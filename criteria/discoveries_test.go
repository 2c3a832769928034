package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiscoveries(t *testing.T) {
	of := func(e ...float64) (list []Verdict) {
		for _, x := range e {
			list = append(list, Verdict{LogE: math.Log(x)})
		}
		return list
	}
	for _, c := range []struct {
		name  string
		e     []float64
		rate  float64
		named int
	}{
		{"none", nil, 0.1, 0},
		{"one of four must reach 40", []float64{39.9, 1, 1, 1}, 0.1, 0},
		{"one of four reaches 40", []float64{1, 40.1, 1, 1}, 0.1, 1},
		{"two of four need 20 each", []float64{1, 20.1, 20.1, 1}, 0.1, 2},
		{"a strong one does not carry a weak one", []float64{500, 19.9, 1, 1}, 0.1, 1},
		{"all", []float64{10.1, 10.1, 10.1, 10.1}, 0.1, 4},
		{"no rate", []float64{1e9}, 0, 0},
		{"all wrong allowed", []float64{1e9}, 1, 0},
		{"not a number", []float64{1e9}, math.NaN(), 0},
	} {
		got := Discoveries(of(c.e...), c.rate)
		require.Len(t, got, c.named, c.name)
		for i := 1; i < len(got); i++ {
			require.GreaterOrEqual(t, got[i-1].LogE, got[i].LogE, "the most convincing first")
		}
	}
}
