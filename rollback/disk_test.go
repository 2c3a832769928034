package rollback

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const sectorSize = 512

// disk is a file system that can lose its power. It keeps apart what a reader sees (the page cache) and what would be there after a power loss:
// of the sectors and names that were not made durable, any subset, in any mixture.
type disk struct {
	names   map[string]*node // as seen
	durable map[string]*node
	renamed []rename // not durable yet, in order

	calls   []string // what was called so far, for messages
	changes int      // grows with each change of what may be left
	watch   func()   // before each call: what a power loss would leave there is in this disk
	inject  func(call int, name string) fault
	bug     bug

	temps   int
	handles int // open now
	sampled int // how often there were too many images to visit all
}

// bug is planted in the disk to see whether it is found: it makes a File on the disk behave as one that was programmed wrongly.
type bug struct {
	noSync            bool // no fsync: datasync does nothing
	noSyncDir         bool // no directory fsync
	truncates         bool // the file is truncated and written anew instead of in place
	ignoresSyncErrors bool // a failed fsync is taken for a success
	placesBrokenFile  bool // a new file gets its name although writing it has failed
	ignoresChecksum   bool // a slot is taken whatever its checksum
}

// rename is one change of a name: to a file, or to nothing.
type rename struct {
	name string
	to   *node
}

// fault is what goes wrong in a call; the zero value is nothing.
type fault struct {
	err   error
	short bool // a write that writes half and says so without an error
}

type node struct {
	seen    []byte
	durable []byte
	dirty   map[int]*sector
	sizes   []int // that it had since it was durable, beside its present one
	holder  *simHandle
}

// sector is one that is not known to be durable: on disk is what was there before, or any of versions.
type sector struct {
	versions [][]byte
	lost     bool // the last version was in a sync that failed: the system thinks it clean, no later sync writes it
}

func newDisk() *disk {
	return &disk{names: map[string]*node{}, durable: map[string]*node{}}
}

// call counts a call and returns what is to go wrong in it.
func (d *disk) call(name string) fault {
	if d.watch != nil {
		d.watch()
	}
	d.calls = append(d.calls, name)
	if d.inject != nil {
		return d.inject(len(d.calls), name)
	}
	return fault{}
}

// kill ends the process: handles and locks are gone, the page cache stays.
func (d *disk) kill() {
	d.calls, d.inject, d.watch, d.handles = nil, nil, nil, 0
	for _, n := range d.nodes() {
		n.holder = nil
	}
}

func (d *disk) nodes() []*node {
	all := slices.Concat(slices.Collect(maps.Values(d.names)), slices.Collect(maps.Values(d.durable)))
	for _, r := range d.renamed {
		if r.to != nil {
			all = append(all, r.to)
		}
	}
	return all
}

func (d *disk) lstat(path string) (fs.FileInfo, error) {
	if f := d.call("lstat"); f.err != nil {
		return nil, f.err
	}
	n := d.names[path]
	if n == nil {
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: fs.ErrNotExist}
	}
	return simInfo{n}, nil
}

func (d *disk) sameFile(a, b fs.FileInfo) bool { return a.(simInfo).node == b.(simInfo).node }

func (d *disk) open(path string) (handle, error)     { return d.openAs("open", path) }
func (d *disk) openRead(path string) (handle, error) { return d.openAs("open to read", path) }

func (d *disk) openAs(call, path string) (handle, error) {
	if f := d.call(call); f.err != nil {
		return nil, f.err
	}
	n := d.names[path]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	d.handles++
	return &simHandle{disk: d, node: n}, nil
}

func (d *disk) createTemp(dir, pattern string) (handle, string, error) {
	if f := d.call("create"); f.err != nil {
		return nil, "", f.err
	}
	d.temps++
	path := filepath.Join(dir, strings.Replace(pattern, "*", strconv.Itoa(d.temps), 1))
	n := &node{dirty: map[int]*sector{}}
	d.setName(path, n)
	d.handles++
	return &simHandle{disk: d, node: n}, path, nil
}

func (d *disk) link(from, to string) error {
	if f := d.call("link"); f.err != nil {
		return f.err
	}
	if d.names[to] != nil {
		return fs.ErrExist
	}
	d.setName(to, d.names[from])
	return nil
}

func (d *disk) rename(from, to string) error {
	if f := d.call("rename"); f.err != nil {
		return f.err
	}
	d.setName(to, d.names[from])
	d.setName(from, nil)
	return nil
}

func (d *disk) remove(path string) error {
	if f := d.call("remove"); f.err != nil {
		return f.err
	}
	if d.names[path] == nil {
		return fs.ErrNotExist
	}
	d.setName(path, nil)
	return nil
}

func (d *disk) setName(name string, n *node) {
	d.changes++
	d.renamed = append(d.renamed, rename{name, n})
	if d.names[name] = n; n == nil {
		delete(d.names, name)
	}
}

func (d *disk) syncDir(string) error {
	if f := d.call("sync dir"); f.err != nil {
		return f.err
	}
	if d.bug.noSyncDir {
		return nil
	}
	d.changes++
	d.renamed = nil
	d.durable = maps.Clone(d.names)
	return nil
}

// simHandle is an open file on a disk.
type simHandle struct {
	disk *disk
	node *node
}

func (h *simHandle) Stat() (fs.FileInfo, error) {
	if f := h.disk.call("stat"); f.err != nil {
		return nil, f.err
	}
	return simInfo{h.node}, nil
}

func (h *simHandle) ReadAt(p []byte, off int64) (int, error) {
	if f := h.disk.call("read"); f.err != nil {
		return 0, f.err
	}
	n, err := bytes.NewReader(h.node.seen).ReadAt(p, off)
	if h.disk.bug.ignoresChecksum && n == slotSize {
		seal(p)
	}
	return n, err
}

func (h *simHandle) WriteAt(p []byte, off int64) (int, error) {
	f := h.disk.call("write")
	h.disk.changes++
	length := len(p)
	if f.short {
		p = p[:len(p)/2]
	}
	if f.err == nil {
		h.write(p, int(off))
	}
	if h.disk.bug.placesBrokenFile && h.disk.names[simPath] != h.node {
		return length, nil
	}
	if f.err != nil {
		return 0, f.err
	}
	return len(p), nil
}

func (h *simHandle) write(p []byte, off int) {
	if h.disk.bug.truncates {
		p, off = bytes.Join([][]byte{h.node.seen[:min(off, len(h.node.seen))], p, h.node.seen[min(off+len(p), len(h.node.seen)):]}, nil), 0
		h.node.truncate()
	}
	h.node.write(p, off)
}

// truncate makes the file empty, which, until it is synced, may come to the disk before what is written afterwards.
func (n *node) truncate() {
	n.sizes = append(n.sizes, len(n.seen), 0)
	clear(n.seen)
	n.write(n.seen, 0)
	n.seen = nil
}

func (n *node) write(p []byte, off int) {
	if grow := off + len(p) - len(n.seen); grow > 0 {
		n.seen = append(n.seen, make([]byte, grow)...)
	}
	copy(n.seen[off:], p)
	for i := off / sectorSize; i*sectorSize < off+len(p); i++ {
		s := n.dirty[i]
		if s == nil {
			s = &sector{}
			n.dirty[i] = s
		}
		s.versions = append(s.versions, bytes.Clone(n.seen[i*sectorSize:min((i+1)*sectorSize, len(n.seen))]))
		s.lost = false
	}
}

// datasync that fails leaves the sectors as a real one does: seen as written, counted as clean, on disk or not.
func (h *simHandle) datasync() error {
	d, n := h.disk, h.node
	f := d.call("sync")
	if d.bug.noSync {
		return nil
	}
	d.changes++
	if f.err != nil {
		for _, s := range n.dirty {
			s.lost = true
		}
		if d.bug.ignoresSyncErrors || d.bug.placesBrokenFile && d.names[simPath] != n {
			return nil
		}
		return f.err
	}
	n.sizes = nil
	n.durable = append(n.durable, make([]byte, len(n.seen)-len(n.durable))...)
	for i, s := range n.dirty {
		if !s.lost {
			copy(n.durable[i*sectorSize:], s.versions[len(s.versions)-1])
			delete(n.dirty, i)
		}
	}
	return nil
}

func (h *simHandle) lock() error {
	if f := h.disk.call("lock"); f.err != nil {
		return f.err
	}
	if h.node.holder != nil && h.node.holder != h {
		return errHeld
	}
	h.node.holder = h
	return nil
}

func (h *simHandle) Close() error {
	h.disk.handles--
	if h.node.holder == h {
		h.node.holder = nil
	}
	return nil
}

type simInfo struct{ *node }

func (i simInfo) Name() string       { return "state" }
func (i simInfo) Size() int64        { return int64(len(i.seen)) }
func (i simInfo) Mode() fs.FileMode  { return 0o600 }
func (i simInfo) ModTime() time.Time { return time.Time{} }
func (i simInfo) IsDir() bool        { return false }
func (i simInfo) Sys() any           { return nil }

var _ io.ReaderAt = (*simHandle)(nil)
