package canarytest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/modelcanary/go-sdk/canary/canarytest"
	"github.com/modelcanary/go-sdk/rollback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	canarytest.RunStore(t, func(*testing.T) rollback.Store { return rollback.NewMemory() })
}

func TestFile(t *testing.T) {
	canarytest.RunDurableStore(t, files)
}

// files is a place for one state file.
func files(t *testing.T) func() rollback.Store {
	path := filepath.Join(t.TempDir(), "model.state")
	return func() rollback.Store {
		f, err := rollback.OpenFile(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, f.Close()) })
		return f
	}
}
