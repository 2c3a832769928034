package pairlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func compressing() FileConfig {
	cfg := small()
	cfg.Compress = true
	return cfg
}

func TestFinishedFilesAreCompressed(t *testing.T) {
	onFaulty(t, compressing(), func(t *testing.T, f *File, _ *faulty) {
		putFiles(f, 3)
		put(f, 2)
		after(time.Minute)
		mustClose(t, f)
		require.Equal(t, []string{
			"langdetect-20000101T000001.000Z.jsonl.gz", "langdetect-20000101T000002.000Z.jsonl.gz", "langdetect-20000101T000003.000Z.jsonl.gz", "langdetect.jsonl",
		}, namesBeside(t, f.path))
		zipped := filepath.Join(filepath.Dir(f.path), "langdetect-20000101T000001.000Z.jsonl.gz")
		require.Len(t, epochsIn(t, zipped), perFile)
		info, err := os.Stat(zipped)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		require.Less(t, info.Size(), int64(MinMaxLine/4))
	})
}

func TestWhatAnotherRunLeftIsTidied(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  FileConfig
		want []string
	}{
		"compressing": {compressing(), []string{
			"langdetect-19991231T000000.000Z.jsonl.gz", "langdetect-19991231T010000.000Z.jsonl.gz", "langdetect-19991231T020000.000Z.jsonl.gz",
		}},
		"not compressing": {small(), []string{
			"langdetect-19991231T000000.000Z.jsonl", "langdetect-19991231T010000.000Z.jsonl", "langdetect-19991231T020000.000Z.jsonl.gz",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := livePath(t)
				plant(t, path, foreign...)
				plant(t, path, "langdetect-19991231T000000.000Z.jsonl", "langdetect-19991231T010000.000Z.jsonl", "langdetect-19991231T010000.000Z.jsonl.gz.tmp",
					"langdetect-19991231T020000.000Z.jsonl", "langdetect-19991231T020000.000Z.jsonl.gz")
				f := mustOpen(t, path, c.cfg)
				after(time.Minute)
				mustClose(t, f)
				var ours []string
				for _, name := range namesBeside(t, path) {
					if strings.HasPrefix(name, "langdetect-19991231") {
						ours = append(ours, name)
					}
				}
				require.Equal(t, c.want, ours)
				require.Subset(t, namesBeside(t, path), foreign)
			})
		})
	}
}

func TestACompressionThatFailsLosesNothing(t *testing.T) {
	for _, call := range []string{"openRead", "createTemp", "zip read", "zip write", "zip sync", "zip close", "rename", "remove"} {
		t.Run(call, func(t *testing.T) {
			onFaulty(t, compressing(), func(t *testing.T, f *File, fs *faulty) {
				aside := filepath.Join(filepath.Dir(f.path), "langdetect-20000101T000001.000Z.jsonl")
				putFiles(f, 1)
				f.fs.(*faulty).set(func(name string) fault {
					if name == call && (call != "rename" || !missing(aside)) {
						return fault{err: errBroken}
					}
					return fault{}
				})
				put(f, 2)
				after(10 * time.Second)
				require.FileExists(t, aside)
				require.Len(t, epochsIn(t, aside), perFile)
				fs.set(nil)
				put(f, 3)
				after(2 * time.Hour)
				require.NoFileExists(t, aside)
				require.Len(t, epochsIn(t, aside+".gz"), perFile)
				for _, name := range namesBeside(t, f.path) {
					require.NotContains(t, name, "tmp")
				}
				mustClose(t, f)
				require.Empty(t, f.Counts().Dropped)
			})
		})
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}

func TestCloseGivesUpACompression(t *testing.T) {
	onFaulty(t, compressing(), func(t *testing.T, f *File, _ *faulty) {
		putFiles(f, 1)
		put(f, 2)
		<-time.After(flushEvery) // the compression has begun now and is not over
		mustClose(t, f)
		for _, name := range namesBeside(t, f.path) {
			require.NotContains(t, name, "tmp")
		}
		var there int
		for _, name := range namesBeside(t, f.path) {
			there += len(epochsIn(t, filepath.Join(filepath.Dir(f.path), name)))
		}
		require.Equal(t, perFile+1, there)
	})
}
