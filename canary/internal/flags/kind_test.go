package flags

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryKindHasANameOfItsOwn(t *testing.T) {
	seen := map[string]Kind{}
	for k := range kinds {
		require.Regexp(t, `^[a-z_]+$`, k.String())
		require.NotContains(t, seen, k.String())
		seen[k.String()] = k
	}
	require.Equal(t, "unknown", kinds.String())
	require.Equal(t, "unknown", Kind(255).String())
	require.Equal(t, NoneYet, Reading{}.Kind)
}
