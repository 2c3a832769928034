package pairlog

import (
	"compress/gzip"
	"errors"
	"io"
	"time"
)

const (
	zipChunk = 64 << 10
	zipPause = 4 * time.Millisecond // between chunks, of which each takes about one
	zipRetry = time.Minute
)

// zipper compresses a finished file, a chunk at a time.
type zipper struct {
	from, temp string
	src, dst   handle
	gz         *gzip.Writer
	off        int64
	chunk      []byte
}

// zipNext begins to compress the oldest file that is not, unless one is under way.
func (k *keeper) zipNext(all []finishedFile) {
	if !k.cfg.Compress || k.zip != nil {
		return
	}
	for _, f := range all {
		if f.end == "" {
			if err := k.zipBegin(f.path); err != nil && !isMissing(err) {
				k.state.ill(err)
			}
			return
		}
	}
}

func (k *keeper) zipBegin(path string) error {
	over := k.state.during("open")
	defer over()
	src, err := k.fs.openRead(path)
	if err != nil {
		return err
	}
	z := &zipper{from: path, temp: path + tempEnd, src: src, chunk: make([]byte, zipChunk)}
	if z.dst, err = k.fs.createTemp(z.temp); err != nil {
		return errors.Join(err, src.Close())
	}
	z.gz, err = gzip.NewWriterLevel(z.dst, gzip.BestSpeed)
	k.zip, k.zipAt = z, time.Now().Add(zipPause)
	return err
}

// zipOn compresses another chunk.
func (k *keeper) zipOn() {
	over := k.state.during("compress")
	defer over()
	k.zipAt = time.Now().Add(zipPause)
	more, err := k.zip.step()
	if err == nil && more {
		return
	}
	if err == nil {
		err = k.zipDone()
	}
	if err != nil {
		k.state.ill(err)
		k.zipStop()
		k.pruneAt = time.Now().Add(zipRetry)
		return
	}
	k.tidy()
}

func (z *zipper) step() (more bool, err error) {
	n, err := z.src.ReadAt(z.chunk, z.off)
	z.off += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	more = err == nil
	_, err = z.gz.Write(z.chunk[:n])
	return more, err
}

// zipDone has the compressed file take the place of the other. It is on the medium before the other is deleted.
func (k *keeper) zipDone() error {
	z := k.zip
	if err := errors.Join(z.gz.Close(), z.dst.Sync(), z.dst.Close(), z.src.Close()); err != nil {
		return err
	}
	if err := k.fs.rename(z.temp, z.from+zipEnd); err != nil {
		return err
	}
	k.zip, k.zipAt = nil, time.Time{}
	return k.fs.remove(z.from)
}

// zipStop gives up what is under way.
func (k *keeper) zipStop() {
	if k.zip == nil {
		return
	}
	_, _ = k.zip.src.Close(), k.zip.dst.Close()
	_ = k.fs.remove(k.zip.temp)
	k.zip, k.zipAt = nil, time.Time{}
}
