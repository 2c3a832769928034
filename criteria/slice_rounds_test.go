package criteria

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A slice in which nothing could be bet yet has had no round that may be due.
func TestSliceWithoutBetsIsNotDue(t *testing.T) {
	j := mustJudge(t, Config{Slices: []string{"country"}, Criteria: []Criterion{Latency{}}})
	j.BeginStep(half)
	require.NotPanics(t, func() { j.Fold(calls(j, 3, Observation{Slices: []uint8{1}}), 0) })
	require.Zero(t, j.watches[0].slices.used[0].rounds)
}
