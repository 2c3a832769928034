package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressLine(t *testing.T) {
	require.Equal(t, "━━━━━━━━────────────────────────  25 %  100 MB/s  8s left", progressLine(250e6, 1000e6, 2500*time.Millisecond))
	require.Equal(t, "50 MB  50 MB/s", progressLine(50e6, 0, time.Second))
	require.Equal(t, "────────────────────────────────   0 %  0 MB/s  - left", progressLine(0, 10, 0))
	require.Equal(t, "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 100 %  12 MB/s  0s left", progressLine(12e6, 10e6, time.Second), "a file that grows meanwhile")
}
