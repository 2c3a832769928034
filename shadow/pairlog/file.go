package pairlog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// File is a [Sink] that keeps records as JSON Lines: in a live file and, when that has become large or old, in finished files beside it. Of
// "pairs/langdetect.jsonl" a finished one is "pairs/langdetect-20261123T060000.000Z.jsonl", with ".gz" behind it if compressed, by the time at which it was
// finished, in UTC.
//
// Files have mode 0600, and directories that were missing 0700. The live file belongs to one File: give each process a path of its own. Records reach the
// operating system within about a second; they are not forced to the medium.
//
// One goroutine does all that concerns the disk, so that a disk which hangs holds up nobody: what does not fit into the queue meanwhile is dropped and
// counted. After a failure the file is opened again, at first after a second, then less and less often, at least every half a minute. What stands there
// without a line feed is given one before anything follows it. A file that was moved or deleted by others is made anew.
//
// It is safe for concurrent use.
type File struct {
	path string
	cfg  FileConfig
	fs   fileSystem

	queue  chan *line
	queued atomic.Int64 // bytes in queue
	tally  tally
	state  health

	mu      sync.RWMutex // sends hold it for reading, so that none follows closing
	closing bool
	opened  chan error    // how the first opening went
	unheard chan struct{} // closed when Open no longer waits for that
	stop    chan struct{}
	done    chan struct{}
	result  error // of the goroutine; read after done
}

var _ Sink = (*File)(nil)

// openPatience is how long Open waits to see whether the disk works.
const openPatience = 2 * time.Second

// Open begins a log whose live file is path. It fails with all that is wrong with cfg, and if the file cannot be opened or made: [ErrLocked] if it belongs to
// another File. A disk that says nothing for two seconds is no failure: records wait for it, as they do later. Close it.
func Open(path string, cfg FileConfig) (*File, error) {
	return openFile(path, cfg, osFS{})
}

func openFile(path string, cfg FileConfig, fsys fileSystem) (*File, error) {
	cfg = cfg.withDefaults()
	if err := cfg.problems(path); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path) // a later change of the working directory changes nothing
	if err != nil {
		return nil, fmt.Errorf("pairlog: %w", err)
	}
	f := &File{
		path: path, cfg: cfg, fs: fsys,
		queue:  make(chan *line, cfg.Queue),
		opened: make(chan error), unheard: make(chan struct{}),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go newKeeper(f).run()
	patience := time.NewTimer(openPatience)
	defer patience.Stop()
	select {
	case err = <-f.opened:
		if err != nil {
			<-f.done
			return nil, fmt.Errorf("pairlog: open: %w", err)
		}
	case <-patience.C:
		close(f.unheard)
	}
	return f, nil
}

// Put writes r as a line into the queue, where it waits for the disk. It keeps nothing of r.
func (f *File) Put(r *Record) {
	if why, full := f.full(0); full {
		f.tally.drop(why, 1)
		return
	}
	l, ok := newLine(r, limits{output: f.cfg.MaxOutput, line: f.cfg.MaxLine})
	if !ok {
		f.tally.drop(invalid, 1)
		return
	}
	if why, sent := f.send(l); !sent {
		l.free()
		f.tally.drop(why, 1)
	}
}

func (f *File) send(l *line) (why reason, sent bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closing {
		return closed, false
	}
	n := int64(len(l.text))
	if f.queued.Add(n) <= f.cfg.QueueBytes {
		select {
		case f.queue <- l:
			return 0, true
		default:
		}
	}
	f.queued.Add(-n)
	return f.state.whyFull(), false
}

// full reports that a line of n bytes has no place, and why.
func (f *File) full(n int64) (why reason, full bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closing {
		return closed, true
	}
	return f.state.whyFull(), len(f.queue) == cap(f.queue) || f.queued.Load()+n >= f.cfg.QueueBytes
}

// Counts says what became of the records so far. Those that wait in the queue are not among them. A record is written when the operating system has it. The
// reasons are [DroppedQueueFull] and its neighbours.
func (f *File) Counts() Counts { return f.tally.counts() }

// Err is what went wrong with the disk last; nil if records have been written since, or nothing went wrong.
func (f *File) Err() error { return f.state.err() }

// Close writes what is in the queue and closes the file. It returns nil if all of it was written. When ctx ends first it returns an error that wraps that of ctx and
// says what hangs; the goroutine then ends when the disk lets it. Records that are put later are dropped. Another call waits for the same end.
func (f *File) Close(ctx context.Context) error {
	f.mu.Lock()
	if !f.closing {
		f.closing = true
		close(f.stop)
	}
	f.mu.Unlock()
	select {
	case <-f.done:
		return f.result
	default:
	}
	select {
	case <-f.done:
		return f.result
	case <-ctx.Done():
		return fmt.Errorf("pairlog: close: %d records wait, %s: %w", len(f.queue), f.state.what(), context.Cause(ctx))
	}
}

var errNotWritten = errors.New("records were not written")
