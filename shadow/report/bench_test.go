package report_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

// BenchmarkReport reads logs of different sizes, the largest a gigabyte that it makes first, and reports the most memory held meanwhile.
//
//	go test -run xxx -bench Report ./shadow/report
func BenchmarkReport(b *testing.B) {
	list := []criteria.Criterion{
		criteria.ErrorRate{}, criteria.Disagreement{}, criteria.Distribution{Signal: "confidence"}, criteria.Categories{Signal: "language"}, criteria.Difference{Signal: "confidence"},
	}
	for _, c := range []struct {
		name  string
		bytes int64
		cfg   report.Config
	}{
		{"64MB", 64e6, report.Config{}},
		{"64MB/criteria", 64e6, report.Config{Criteria: list}},
		{"1GB", 1e9, report.Config{}},
		{"1GB/criteria", 1e9, report.Config{Criteria: list}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := largeLog(b, c.bytes)
			var most uint64
			c.cfg.Progress = func(int64, int64) { most = max(most, held()) }
			runtime.GC()
			b.SetBytes(c.bytes)
			b.ReportAllocs()
			for b.Loop() {
				read(b, c.cfg, path)
			}
			b.ReportMetric(float64(most)/1e6, "MB-held")
		})
	}
}

// largeLog writes a log of about that many bytes. Its records repeat after some thousands, its times do not.
func largeLog(b *testing.B, size int64) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "large.jsonl")
	file, err := os.Create(path)
	require.NoError(b, err)
	s := newSource(1)
	var records []*pairlog.Record
	for range 5000 {
		records = append(records, s.next())
	}
	var lines []byte
	for written := int64(0); written < size; written += int64(len(lines)) {
		lines = lines[:0]
		for _, r := range records {
			lines = pairlog.AppendRecord(lines, r)
			r.Time = r.Time.Add(5000 * 37e6)
		}
		_, err = file.Write(lines)
		require.NoError(b, err)
	}
	require.NoError(b, file.Close())
	return path
}

func BenchmarkWriteHTML(b *testing.B) {
	s := read(b, report.Config{}, writeLog(b, "pairs.jsonl", 5000, newSource(2)))
	for b.Loop() {
		require.NoError(b, s.WriteHTML(io.Discard))
	}
}
