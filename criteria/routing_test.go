package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoutingLatches(t *testing.T) {
	var r Routing
	r.BeginStep([NumStrata]float64{Band: 0.5})
	for range 40 {
		r.Assign(Band, Candidate)
	}
	require.True(t, r.Broken())
	for range 40 {
		r.Assign(Band, Stable)
	}
	require.Less(t, r.LogE(), routingLimit)
	require.True(t, r.Broken(), "it never turns back")
}

// The evidence is a product over steps and strata.
func TestRoutingMultipliesStepsAndStrata(t *testing.T) {
	part := func(share float64, stratum Stratum, candidates, stables int) float64 {
		var r Routing
		r.BeginStep([NumStrata]float64{share, share})
		for range candidates {
			r.Assign(stratum, Candidate)
		}
		for range stables {
			r.Assign(stratum, Stable)
		}
		return r.LogE()
	}
	var r Routing
	r.BeginStep([NumStrata]float64{0.1, 0.3})
	for i := range 30 {
		r.Assign(Fresh, Arm(i%2))
		r.Assign(Band, Arm(i%3/2))
	}
	r.BeginStep([NumStrata]float64{0.2})
	for range 5 {
		r.Assign(Fresh, Candidate)
	}
	want := part(0.1, Fresh, 15, 15) + part(0.3, Band, 10, 20) + part(0.2, Fresh, 5, 0)
	require.InDelta(t, want, r.LogE(), 1e-12)
}

func TestRoutingIgnoresWhatIsNoCoin(t *testing.T) {
	var r Routing
	r.Assign(Fresh, Candidate)
	for _, shares := range [][NumStrata]float64{{0, 1}, {-1, 2}, {math.NaN(), math.Inf(1)}} {
		r.BeginStep(shares)
		for range 100 {
			r.Assign(Fresh, Candidate)
			r.Assign(Band, Candidate)
		}
	}
	r.BeginStep([NumStrata]float64{0.01, 0.01})
	for range 100 {
		r.Assign(Uncounted, Candidate)
		r.Assign(Stratum(NumStrata), Candidate)
		r.Assign(Fresh, Arm(2))
	}
	require.Zero(t, r.LogE())
	require.False(t, r.Broken())
}
