//go:build !race

package shadow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The race detector makes pools forget on purpose.
func TestComparisonAllocatesNothing(t *testing.T) {
	for name, compare := range everyComparison(t) {
		require.Zero(t, testing.AllocsPerRun(200, compare), name)
	}
}
