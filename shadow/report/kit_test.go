package report_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

func read(tb testing.TB, cfg report.Config, paths ...string) *report.Summary {
	tb.Helper()
	s, err := report.Read(context.Background(), paths, cfg)
	require.NoError(tb, err)
	return s
}

func linesOf(records ...pairlog.Record) []byte {
	var lines []byte
	for i := range records {
		lines = pairlog.AppendRecord(lines, &records[i])
	}
	return lines
}

// logOf writes a log of records.
func logOf(tb testing.TB, records ...pairlog.Record) string {
	tb.Helper()
	return fileOf(tb, "pairs.jsonl", linesOf(records...))
}

func fileOf(tb testing.TB, name string, content []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	require.NoError(tb, os.WriteFile(path, content, 0o600))
	return path
}

func zipped(tb testing.TB, content []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(content)
	require.NoError(tb, err)
	require.NoError(tb, z.Close())
	return b.Bytes()
}

func textOf(tb testing.TB, s *report.Summary) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, s.WriteText(&b))
	return b.String()
}

func pageOf(tb testing.TB, s *report.Summary) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, s.WriteHTML(&b))
	return b.String()
}
