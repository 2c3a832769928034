package canary

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
)

// ofSessions is a criterion with a window.
type ofSessions struct{ criteria.ErrorRate }

func (ofSessions) Window() (calls int, within time.Duration) { return 3, time.Minute }

func TestWindowsOfTheCriteria(t *testing.T) {
	require.Zero(t, windowsOf(nil))
	require.Zero(t, windowsOf([]criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}}))
	require.Equal(t, sessions.Config{Calls: 3, Within: time.Minute}, windowsOf([]criteria.Criterion{criteria.Backstop{}, ofSessions{}}))
}

func TestSessionsNeedAKey(t *testing.T) {
	cfg := Config[string, string]{Criteria: []criteria.Criterion{ofSessions{}, (*ofSessions)(nil), nil}}
	var p problems
	cfg.validateSessions(&p)
	require.Len(t, p, 1)
	require.EqualError(t, p[0], "canary: Criteria: error_rate without a Key: nobody has a session")
	cfg.Key = func(context.Context, string) string { return "somebody" }
	p = nil
	cfg.validateSessions(&p)
	require.Empty(t, p)
}
