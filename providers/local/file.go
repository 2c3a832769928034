package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// MaxFileBytes is the largest file that is read: 1 MiB, enough for thousands of flags.
const MaxFileBytes = 1 << 20

// DefaultPoll is how often the file is read when [WithPoll] does not say otherwise.
const DefaultPoll = 250 * time.Millisecond

// The domain of WithPoll.
const (
	minPoll = time.Millisecond
	maxPoll = time.Hour
)

// Option changes how [OpenFile] follows its file.
type Option func(*file) error

// WithPoll sets how often the file is read, from 1 ms to 1 h. If this option is not used, it is [DefaultPoll].
// A change takes effect one interval later at most.
func WithPoll(interval time.Duration) Option {
	return func(f *file) error {
		if interval < minPoll || interval > maxPoll {
			return fmt.Errorf("local: poll interval %v outside [%v, %v]", interval, minPoll, maxPoll)
		}
		f.poll = interval
		return nil
	}
}

// OpenFile returns a provider with the flags of a file in flagd's format; the package comment says what of it is
// supported. The flags can be evaluated at once; the file is followed from Init to Shutdown, which OpenFeature calls.
//
// A relative path is taken from the working directory of this call; symbolic links are followed anew at each reading,
// so a mounted configuration that is switched by link works. OpenFile starts no goroutine. It fails, telling everything
// that is wrong at once, if an option is out of its domain or the file is missing (the error wraps [io/fs.ErrNotExist]),
// not a regular file, over [MaxFileBytes], or broken (it wraps a [*FlagError] for each flag).
func OpenFile(path string, opts ...Option) (*Provider, error) {
	f, err := newFile(path, opts)
	if path == "" {
		return nil, errors.Join(errors.New("local: empty path, want a file with flag definitions"), err)
	}
	flags, loadErr := f.load()
	if err := errors.Join(err, loadErr); err != nil {
		return nil, err
	}
	p := &Provider{file: f}
	p.table.Store(&flags)
	return p, nil
}

// Err returns why the file could not be read the last time, nil when it could. While it is not nil the provider serves
// the last good flags. It is nil for an in-memory provider.
func (p *Provider) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	return p.file.err
}

// file is where the flags come from, and what is known about it.
type file struct {
	path string
	poll time.Duration

	buffer bytes.Buffer // of read; used by one goroutine at a time
	good   []byte       // content that the table stands for
	bad    []byte       // content that was refused last, nil if none
	badErr error        // why
	err    error        // outcome of the last reading; guarded by Provider.mu
	stale  bool         // an outage has been announced
}

func newFile(path string, opts []Option) (*file, error) {
	f := &file{poll: DefaultPoll}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return f, fmt.Errorf("local: %q: %w", path, err)
	}
	f.path = absolute
	var errs []error
	for i, option := range opts {
		if option == nil {
			errs = append(errs, fmt.Errorf("local: option %d is nil", i+1))
			continue
		}
		errs = append(errs, option(f))
	}
	return f, errors.Join(errs...)
}

// load reads the file and returns its flags, nil if they are those that load returned last.
func (f *file) load() (table, error) {
	content, err := f.read()
	switch {
	case err != nil:
		return nil, err
	case f.good != nil && bytes.Equal(content, f.good):
		return nil, nil
	case f.bad != nil && bytes.Equal(content, f.bad):
		return nil, f.badErr
	}
	flags, err := parse(content)
	if err != nil {
		f.bad, f.badErr = bytes.Clone(content), fmt.Errorf("local: %s: %w", f.path, err)
		return nil, f.badErr
	}
	f.good, f.bad, f.badErr = bytes.Clone(content), nil, nil
	return flags, nil
}

// read returns the content, which is valid until the next read.
func (f *file) read() ([]byte, error) {
	if err := f.check(os.Stat(f.path)); err != nil { // before opening: to open a pipe would wait for its writer
		return nil, err
	}
	open, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	defer func() { _ = open.Close() }() // nothing was written
	if err := f.check(open.Stat()); err != nil {
		return nil, err
	}
	return f.readAll(open)
}

// readAll trusts no size: a file may grow while it is read.
func (f *file) readAll(r io.Reader) ([]byte, error) {
	f.buffer.Reset()
	n, err := f.buffer.ReadFrom(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	if n > MaxFileBytes {
		return nil, f.tooLarge(n)
	}
	return f.buffer.Bytes(), nil
}

func (f *file) check(info os.FileInfo, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("local: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("local: %s is not a regular file but %v", f.path, info.Mode())
	case info.Size() > MaxFileBytes:
		return f.tooLarge(info.Size())
	default:
		return nil
	}
}

func (f *file) tooLarge(size int64) error {
	return fmt.Errorf("local: %s has %d bytes, want at most %d", f.path, size, MaxFileBytes)
}
