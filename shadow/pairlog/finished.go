package pairlog

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	stampForm = "20060102T150405.000Z"
	zipEnd    = ".gz"
	tempEnd   = ".gz.tmp"
)

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// parts of the path: what stands before and behind the time in the name of a finished file.
func (f *File) parts() (dir, stem, ext string) {
	dir, base := filepath.Split(f.path)
	ext = filepath.Ext(base)
	return filepath.Clean(dir), strings.TrimSuffix(base, ext), ext
}

// aside is the path of a file finished at a time.
func (f *File) aside(at time.Time) string {
	dir, stem, ext := f.parts()
	return filepath.Join(dir, stem+"-"+at.UTC().Format(stampForm)+ext)
}

// stamp is the time in the name of a finished file of this log, and what stands behind its extension: nothing, zipEnd or tempEnd.
func (f *File) stamp(name string) (at time.Time, end string, ours bool) {
	_, stem, ext := f.parts()
	rest, ours := strings.CutPrefix(name, stem+"-")
	if !ours || len(rest) < len(stampForm) {
		return at, "", false
	}
	at, err := time.Parse(stampForm, rest[:len(stampForm)])
	end, ours = strings.CutPrefix(rest[len(stampForm):], ext)
	return at, end, err == nil && ours && (end == "" || end == zipEnd || end == tempEnd)
}

// finishedFile is one of this log.
type finishedFile struct {
	path  string
	at    time.Time
	end   string
	bytes int64
}

// list returns the finished files, the oldest first.
func (k *keeper) list() ([]finishedFile, error) {
	over := k.state.during("list")
	defer over()
	dir, _, _ := k.parts()
	names, err := k.fs.list(dir)
	if err != nil {
		return nil, err
	}
	var all []finishedFile
	for _, name := range names {
		at, end, ours := k.stamp(name)
		if !ours {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := k.fs.lstat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		all = append(all, finishedFile{path: path, at: at, end: end, bytes: info.Size()})
	}
	slices.SortFunc(all, func(a, b finishedFile) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// tidy deletes what is left of a compression that was cut off, what is too old, and the oldest of what is too much. Then it has the rest compressed.
func (k *keeper) tidy() {
	k.pruneAt = time.Now().Add(pruneEvery)
	all, err := k.list()
	if err != nil {
		return // the live file is going to say what is wrong
	}
	k.finished = 0
	var kept []finishedFile
	for _, f := range all {
		if (k.isLeftover(f, all) || time.Since(f.at) > k.cfg.Keep) && k.delete(f) {
			continue
		}
		k.finished += f.bytes
		kept = append(kept, f)
	}
	for len(kept) > 0 && k.finished > k.allowance() && k.delete(kept[0]) {
		k.finished -= kept[0].bytes
		kept = kept[1:]
	}
	k.zipNext(kept)
}

// allowance is what finished files may take, so that the live one may become as large as it may, and one be compressed.
func (k *keeper) allowance() int64 {
	if k.cfg.Compress {
		return k.cfg.Budget - 2*k.cfg.MaxSize
	}
	return k.cfg.Budget - k.cfg.MaxSize
}

// affords reports whether n more bytes are within the budget. It is asked for the case that files cannot be deleted.
func (k *keeper) affords(n int) bool {
	if k.finished+k.size+int64(n) <= k.cfg.Budget {
		return true
	}
	k.tidy()
	return k.finished+k.size+int64(n) <= k.cfg.Budget
}

// isLeftover reports that f is half a compressed file, or one of which there is a compressed one.
func (k *keeper) isLeftover(f finishedFile, all []finishedFile) bool {
	switch f.end {
	case tempEnd:
		return k.zip == nil || k.zip.temp != f.path
	case zipEnd:
		return false
	default:
		return slices.ContainsFunc(all, func(other finishedFile) bool { return other.path == f.path+zipEnd })
	}
}

func (k *keeper) delete(f finishedFile) bool {
	if k.zip != nil && (k.zip.from == f.path || k.zip.temp == f.path) {
		k.zipStop()
	}
	over := k.state.during("remove")
	defer over()
	err := k.fs.remove(f.path)
	if err != nil && !isMissing(err) {
		k.state.ill(err)
		return false
	}
	return true
}
