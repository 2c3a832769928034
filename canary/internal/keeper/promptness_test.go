package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// What was in time is told of once no more can come, and once.
func TestPromptness(t *testing.T) {
	p := promptness{width: time.Minute}
	const within = promptParts * time.Minute
	p.add(criteria.Stable, -time.Hour) // of before the process
	p.add(criteria.Stable, 0)
	p.add(criteria.Candidate, 30*time.Second)
	p.add(criteria.Candidate, 10*time.Minute)
	require.Equal(t, [2]uint64{}, p.ended(within))
	require.Equal(t, [2]uint64{2, 1}, p.ended(within+time.Minute))
	require.Equal(t, [2]uint64{}, p.ended(within+9*time.Minute))
	require.Equal(t, [2]uint64{0, 1}, p.ended(within+time.Hour))
	require.Equal(t, [2]uint64{}, p.ended(2*time.Hour))
	p.add(criteria.Stable, 2*time.Hour)
	require.Equal(t, [2]uint64{}, p.ended(2*time.Hour+within))
	require.Equal(t, [2]uint64{1, 0}, p.ended(1000*time.Hour), "however long nobody looks")
	require.Equal(t, int64(-1), p.part(-1))
	require.Equal(t, int64(-2), p.part(-61*time.Second))
}
