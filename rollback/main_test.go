package rollback

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// childEnv selects what this test binary does instead of testing when a test starts it again as a child process.
const childEnv = "ROLLBACK_TEST_CHILD"

var children = map[string]func(path string){}

func TestMain(m *testing.M) {
	if child := children[os.Getenv(childEnv)]; child != nil {
		child(os.Getenv("ROLLBACK_TEST_PATH"))
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "rollback") // examples cannot clean up for themselves
	if err != nil {
		panic(err)
	}
	_ = os.Setenv("TMPDIR", dir)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// effort is how much a test does: usual, unless the environment asks for another number.
func effort(t *testing.T, env string, usual int) int {
	t.Helper()
	asked, ok := os.LookupEnv(env)
	if !ok {
		return usual
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err, env)
	require.Positive(t, n, env)
	return n
}
