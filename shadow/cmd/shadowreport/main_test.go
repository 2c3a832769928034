package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// binary is the command as a user builds it.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "shadowreport")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "shadowreport.exe")
	if out, err := exec.CommandContext(context.Background(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// shadowreport runs the command in a directory.
func shadowreport(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	var out, problems bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &problems
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); !ended {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), problems.String()
}

// logs has a log whose candidate fails on every tenth input if it is bad.
func logs(t *testing.T, bad bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var lines []byte
	for i := range 3000 {
		r := pairlog.Record{
			Time: time.Date(2026, 11, 2, 12, 0, i, 0, time.UTC), Canary: "c", Epoch: uint64(1 + i/2000),
			Stable: pairlog.Answer{Version: "1", Outcome: "ok"}, Candidate: pairlog.Answer{Version: "2", Outcome: "ok"},
		}
		if bad && i%10 == 0 {
			r.Candidate.Outcome, r.Differs = "panic", true
		}
		lines = pairlog.AppendRecord(lines, &r)
		if i == 1499 {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a.jsonl"), lines, 0o600))
			lines = nil
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.jsonl"), lines, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "criteria.json"), []byte(`[{"kind": "error_rate"}]`), 0o600))
	return dir
}

func TestFilesAndFlagsInAnyOrder(t *testing.T) {
	dir := logs(t, false)
	code, stdout, stderr := shadowreport(t, dir, "a.jsonl", "b.jsonl", "-o", "report.html", "-json", "summary.json", "-epoch", "1")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr, "no progress where no terminal is")
	require.Contains(t, stdout, "READY TO RAMP")
	require.Contains(t, stdout, "Left out: 1,000 pairs of c epoch 2")

	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "<h1>c</h1>")
	info, err := os.Stat(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077, "it shows what the log holds")

	var summary struct {
		Pairs int64 `json:"pairs"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &summary))
	require.Equal(t, int64(2000), summary.Pairs)
}

func TestPatternsThatNoShellHasReplaced(t *testing.T) {
	code, stdout, _ := shadowreport(t, logs(t, false), "-epoch=1", "*.jsonl")
	require.Zero(t, code)
	require.Contains(t, stdout, "2,000 pairs")
}

func TestQuietSaysNothing(t *testing.T) {
	code, stdout, stderr := shadowreport(t, logs(t, false), "-quiet", "a.jsonl")
	require.Zero(t, code)
	require.Empty(t, stdout+stderr)
}

func TestExitStatusIsWhatTheCriteriaSay(t *testing.T) {
	for _, c := range []struct {
		name string
		bad  bool
		args []string
		want int
	}{
		{"good", false, []string{"-criteria", "criteria.json"}, 0},
		{"bad", true, []string{"-criteria", "criteria.json"}, 2},
		{"bad, but nobody asked", true, nil, 0},
	} {
		code, stdout, stderr := shadowreport(t, logs(t, c.bad), append([]string{"a.jsonl", "b.jsonl", "-epoch", "1"}, c.args...)...)
		require.Equal(t, c.want, code, "%s: %s", c.name, stderr)
		require.Equal(t, c.want == 2, strings.Contains(stdout, "would have rolled it back at pair"), c.name)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	dir := logs(t, false)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.json"), []byte(`[{"kind": "nonsense"}]`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "none.json"), []byte(`[]`), 0o600))
	for says, args := range map[string][]string{
		"no pair logs given":                       nil,
		"missing.jsonl":                            {"missing.jsonl"},
		"flag provided but not defined: -nonsense": {"a.jsonl", "-nonsense"},
		`unknown kind "nonsense"`:                  {"a.jsonl", "-criteria", "bad.json"},
		"none.json: no criteria":                   {"a.jsonl", "-criteria", "none.json"},
		"report: Limit 2 outside":                  {"a.jsonl", "-limit", "2"},
		filepath.Join("missing", "directory.html"): {"a.jsonl", "-o", filepath.Join("missing", "directory.html")},
	} {
		code, _, stderr := shadowreport(t, dir, args...)
		require.Equal(t, 1, code, says)
		require.Contains(t, stderr, says)
		require.True(t, strings.HasPrefix(stderr, "shadowreport: "), stderr)
	}
}

func TestHelp(t *testing.T) {
	code, _, stderr := shadowreport(t, t.TempDir(), "-h")
	require.Zero(t, code)
	for _, says := range []string{"Exit status: 0 fine, 1", "-criteria file", "-top int", "-o file"} {
		require.Contains(t, stderr, says)
	}
}
