package pairlog

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// FileConfig says how a [File] keeps records. The zero value is ready for use.
type FileConfig struct {
	// MaxSize is the size at which the live file is put aside, in bytes, at least MaxLine. 0 means 64 MiB, or a quarter of Budget if that is less.
	MaxSize int64
	// MaxAge is how old the live file may become before it is put aside, at least a second; 0 means an hour.
	MaxAge time.Duration
	// Compress has files that were put aside compressed with gzip, one after the other and while nothing else is to be done.
	Compress bool
	// Budget is what all files of this log together may take, in bytes: the oldest are deleted. At least four times MaxSize; 0 means 1 GiB, or four times MaxSize
	// if that is more.
	Budget int64
	// Keep is how long a file stays after it was put aside, at least MaxAge; 0 means 30 days.
	Keep time.Duration
	// Queue is how many records may wait for the disk, at most 1,048,576; 0 means 4,096.
	Queue int
	// QueueBytes is how many bytes those may take, at least MaxLine; 0 means 16 MiB.
	QueueBytes int64
	// MaxOutput is how many bytes an input or an output may take in a line, in [64, MaxLine]; what is larger is left out of the line. 0 means [DefaultMaxOutput],
	// or MaxLine if that is less.
	MaxOutput int
	// MaxLine is how many bytes a line may have, at least [MinMaxLine]; 0 means [DefaultMaxLine].
	MaxLine int
}

const (
	defaultMaxSize    = 64 << 20
	defaultMaxAge     = time.Hour
	defaultBudget     = 1 << 30
	defaultKeep       = 30 * 24 * time.Hour
	defaultQueue      = 4096
	defaultQueueBytes = 16 << 20

	maxQueue     = 1 << 20
	minMaxOutput = 64
	filesKept    = 4 // files of MaxSize that Budget must have room for: the live one, one that is being compressed twice, and one more
)

// withDefaults fills in what was left open, so that the choices fit together.
func (c FileConfig) withDefaults() FileConfig {
	orElse(&c.MaxLine, DefaultMaxLine)
	orElse(&c.MaxOutput, min(DefaultMaxOutput, c.MaxLine))
	if c.Budget == 0 {
		c.Budget = max(defaultBudget, filesKept*c.MaxSize)
	}
	orElse(&c.MaxSize, min(defaultMaxSize, c.Budget/filesKept))
	orElse(&c.MaxAge, defaultMaxAge)
	orElse(&c.Keep, max(defaultKeep, c.MaxAge))
	orElse(&c.Queue, defaultQueue)
	orElse(&c.QueueBytes, max(defaultQueueBytes, int64(c.MaxLine)))
	return c
}

func orElse[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// problems are all that is wrong with a path and a configuration whose defaults are filled in.
func (c FileConfig) problems(path string) error {
	var errs []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("pairlog: "+format, args...))
		}
	}
	base := filepath.Base(path)
	bad(path != "" && !strings.HasSuffix(path, "/") && base != "." && base != "..", "path %q names no file", path)
	bad(!strings.HasSuffix(base, zipEnd) && !strings.HasSuffix(base, tempEnd), "path %q ends as a compressed file does", path)
	bad(c.MaxLine >= MinMaxLine, "FileConfig.MaxLine %d below %d", c.MaxLine, MinMaxLine)
	bad(c.MaxOutput >= minMaxOutput && c.MaxOutput <= c.MaxLine, "FileConfig.MaxOutput %d outside [%d, MaxLine %d]", c.MaxOutput, minMaxOutput, c.MaxLine)
	bad(c.MaxSize >= int64(max(c.MaxLine, MinMaxLine)), "FileConfig.MaxSize %d below MaxLine %d", c.MaxSize, c.MaxLine)
	bad(c.Budget/filesKept >= max(c.MaxSize, MinMaxLine), "FileConfig.Budget %d below %d times MaxSize %d", c.Budget, filesKept, c.MaxSize)
	bad(c.MaxAge >= time.Second, "FileConfig.MaxAge %v below a second", c.MaxAge)
	bad(c.Keep >= max(c.MaxAge, time.Second), "FileConfig.Keep %v below MaxAge %v", c.Keep, c.MaxAge)
	bad(c.Queue > 0 && c.Queue <= maxQueue, "FileConfig.Queue %d outside [1, %d]", c.Queue, maxQueue)
	bad(c.QueueBytes >= int64(max(c.MaxLine, MinMaxLine)), "FileConfig.QueueBytes %d below MaxLine %d", c.QueueBytes, c.MaxLine)
	return errors.Join(errs...)
}
