package canary_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// live is a process with a state file, that serves 300 users from one on, once each, and ends.
func live(t *testing.T, path string, first int, change func(*canary.Config[string, string])) (canary.Snapshot, *journal) {
	t.Helper()
	store, err := rollback.OpenFile(path)
	require.NoError(t, err)
	j := new(journal)
	cfg := config(t, 50)
	cfg.Store, cfg.OnEvent = store, j.note
	if change != nil {
		change(&cfg)
	}
	c, err := canary.New(cfg)
	require.NoError(t, err)
	for i := range 300 {
		_, err := c.Predict(t.Context(), "user-"+strconv.Itoa(first+i))
		require.NoError(t, err)
	}
	pass(time.Second)
	s := c.Snapshot()
	require.NoError(t, c.Shutdown(t.Context()))
	require.NoError(t, store.Close())
	return s, j
}

func TestEvidenceSurvivesInAFile(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state")
		_, j := live(t, path, 0, nil)
		require.Empty(t, j.all(canary.EvidenceResumed))
		s, j := live(t, path, 200, nil)
		require.EqualValues(t, 500, s.Testified)
		require.EqualValues(t, 500, s.Requests[canary.Stable].Counted+s.Requests[canary.Candidate].Counted)
		require.Contains(t, j.only(t, canary.EvidenceResumed).Message, "300 units have testified")
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 3, "the state, the evidence and the audit trail")
	})
}

// What was declared otherwise, or is damaged, begins anew, and somebody is told why.
func TestEvidenceBeginsAnew(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(b []byte) []byte
		change func(*canary.Config[string, string])
		why    string
	}{
		{name: "damaged", spoil: func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, why: "checksum does not match"},
		{name: "torn", spoil: func(b []byte) []byte { return b[:len(b)-100] }, why: "checksum does not match"},
		{name: "empty", spoil: func([]byte) []byte { return nil }, why: "evidence cannot be used"},
		{name: "foreign", spoil: func([]byte) []byte { return make([]byte, 4096) }, why: "magic"},
		{name: "other criteria", why: "another configuration", change: func(cfg *canary.Config[string, string]) {
			cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Tolerance: 0.5}}
		}},
		{name: "other signals", why: `labels ["first"]`, change: func(cfg *canary.Config[string, string]) {
			cfg.Signals.Labels = canary.Labels[string, string]{"first": func(_, out string) string { return out[:1] }}
		}},
		{name: "slices", why: `slices ["last"]`, change: func(cfg *canary.Config[string, string]) {
			cfg.Signals.Slices = canary.Slices[string]{"last": func(in string) string { return in[len(in)-1:] }}
		}},
		{name: "another stable model", why: `stable "stable-1"`, change: func(cfg *canary.Config[string, string]) { cfg.Stable.Version = "stable-2" }},
		{name: "another alpha", why: "another configuration", change: func(cfg *canary.Config[string, string]) { cfg.Alpha = 0.001 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "state")
				live(t, path, 0, nil)
				if tc.spoil != nil {
					spoil(t, path+".evidence", tc.spoil)
				}
				s, j := live(t, path, 0, tc.change)
				require.Contains(t, j.only(t, canary.EvidenceLost).Message, tc.why)
				require.Empty(t, j.all(canary.EvidenceResumed))
				require.Zero(t, s.Testified)
				require.Contains(t, s.Blind, "before the restart")
				require.InDelta(t, 0.5, s.Share, 1e-12)
				_, j = live(t, path, 300, tc.change)
				require.Len(t, j.all(canary.EvidenceResumed), 1, "the new evidence is kept: %v", j.kinds())
			})
		})
	}
}

// A store that keeps the state and no evidence is as good as ever.
func TestStoreWithoutEvidence(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		for _, life := range []string{"first", "second"} {
			c, j, end := deploy(t, store, "2", 50)
			_, err := c.Predict(t.Context(), "x")
			require.NoError(t, err)
			pass(time.Minute)
			end()
			require.Empty(t, j.all(canary.EvidenceLost), life)
			require.Empty(t, j.all(canary.StoreFailed), life)
		}
	})
}
