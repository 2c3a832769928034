package shadow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPaceFollowsWhatRuns(t *testing.T) {
	var p pace
	drawn, started := int64(0), int64(0)
	look := func(d, s int64) float64 {
		drawn, started = drawn+d, started+s
		p.observe(drawn, started)
		return p.of(0.8)
	}
	require.Equal(t, 0.8, look(1000, 300), "between a quarter and a half nothing changes")
	require.Equal(t, 0.8, look(10, 0), "too few to tell")
	require.Equal(t, 0.4, look(1000, 100))
	require.Equal(t, 0.2, look(1000, 100))
	require.Equal(t, 0.2, look(1000, 400))
	require.Equal(t, 0.4, look(1000, 600))
	for range 20 {
		look(1000, 0)
	}
	require.Equal(t, 0.8/1024, look(1000, 0), "some are always drawn")
	for range 20 {
		look(1000, 1000)
	}
	require.Equal(t, 0.8, look(1000, 1000))
}

func TestLivenessHearsSilence(t *testing.T) {
	var l Liveness
	var c Counts
	step := func(drawn, pairs int64, reason Reason) (string, bool) {
		c.Drawn, c.Pairs = c.Drawn+drawn, c.Pairs+pairs
		c.Dropped[reason] += drawn - pairs
		l.Observe(&c, 30*time.Second)
		return l.Silent()
	}
	step(0, 0, Expired)
	_, silent := step(1000, 0, Expired)
	require.False(t, silent, "half a minute is not enough")
	why, silent := step(1000, 10, Expired)
	require.True(t, silent)
	require.Equal(t, "10 of 2000 drawn requests became pairs; 1990 were dropped, mostly as expired", why)
	step(40, 0, Memory)
	_, silent = step(40, 0, Memory)
	require.True(t, silent, "too few drawn to think otherwise")
	_, silent = step(100, 20, Memory)
	require.False(t, silent)
	step(0, 0, Memory)
	_, silent = step(0, 0, Memory)
	require.False(t, silent, "no requests, no silence")
}
