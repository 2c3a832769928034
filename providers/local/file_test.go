package local_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// write puts a document into a new file and returns its path.
func write(t testing.TB, document string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flags.json")
	rewrite(t, path, document)
	return path
}

// rewrite replaces the file at once, as the package comment advises.
func rewrite(t testing.TB, path, document string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(document), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// percent is a document with one number flag, share.
func percent(p string) string {
	return `{"flags": {"share": {"state": "ENABLED", "variants": {"p": ` + p + `}, "defaultVariant": "p"}}}`
}

func TestOpenFileRefusesWhatIsNoFlagFile(t *testing.T) {
	dir := t.TempDir()
	large := write(t, percent("5")+strings.Repeat(" ", local.MaxFileBytes))
	tests := map[string]struct{ path, want string }{
		"empty path": {"", "empty path"},
		"missing":    {filepath.Join(dir, "missing.json"), "missing.json"},
		"directory":  {dir, "not a regular file"},
		"too large":  {large, fmt.Sprintf("has %d bytes, want at most 1048576", local.MaxFileBytes+len(percent("5")))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := local.OpenFile(tt.path)
			require.ErrorContains(t, err, tt.want)
			require.True(t, strings.HasPrefix(err.Error(), "local: "), err.Error())
			require.Nil(t, p)
		})
	}
	_, err := local.OpenFile(filepath.Join(dir, "missing.json"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestLargestFileIsRead(t *testing.T) {
	document := percent("5")
	p, err := local.OpenFile(write(t, document+strings.Repeat(" ", local.MaxFileBytes-len(document))))
	require.NoError(t, err)
	require.Equal(t, []string{"share"}, p.Keys())
}

func TestFileThatGrowsWhileReadIsBounded(t *testing.T) {
	p, err := local.OpenFile(write(t, percent("5")))
	require.NoError(t, err)
	content := bytes.Repeat([]byte(" "), local.MaxFileBytes+1)
	got, err := p.ReadAll(bytes.NewReader(content[1:]))
	require.NoError(t, err)
	require.Len(t, got, local.MaxFileBytes)
	_, err = p.ReadAll(bytes.NewReader(content))
	require.ErrorContains(t, err, "want at most 1048576")

	torn := errors.New("input/output error")
	_, err = p.ReadAll(iotest.ErrReader(torn))
	require.ErrorIs(t, err, torn)
}

func TestReadingAnUnchangedFileDoesNotParseIt(t *testing.T) {
	document := withTargeting("{}")
	for range 100 {
		document = strings.Replace(document, `"b": "B"`, `"b": "B", "b`+strings.Repeat("b", strings.Count(document, `: "B"`))+`": "B"`, 1)
	}
	p, err := local.OpenFile(write(t, document))
	require.NoError(t, err)
	require.Less(t, testing.AllocsPerRun(10, p.ReloadOnce), 50.0, "the document has more than 100 names")
}

func TestOpenFileTellsAllProblemsAtOnce(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.json")
	_, err := local.OpenFile(missing, local.WithPoll(-time.Second), nil, local.WithPoll(2*time.Hour))
	require.ErrorContains(t, err, "local: poll interval -1s outside [1ms, 1h0m0s]")
	require.ErrorContains(t, err, "local: option 2 is nil")
	require.ErrorContains(t, err, "local: poll interval 2h0m0s outside")
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = local.OpenFile("", local.WithPoll(0))
	require.ErrorContains(t, err, "empty path")
	require.ErrorContains(t, err, "poll interval 0s outside")
}

func TestFlagsOfAFileCannotBeSet(t *testing.T) {
	p, err := local.OpenFile(write(t, percent("5")))
	require.NoError(t, err)
	require.ErrorIs(t, p.Set("share", 100), local.ErrReadOnly)
	require.ErrorIs(t, p.Delete("share"), local.ErrReadOnly)
	require.Empty(t, p.Pending())
	require.Equal(t, 5.0, p.FloatEvaluation(t.Context(), "share", 0, nil).Value)
}
