package flags

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Reader keeps one flag read. Its methods are safe for concurrent use. Make it with [Start], end it with [Reader.Close].
type Reader struct {
	cfg     Config
	reading atomic.Pointer[Reading]
	counts  [kinds]atomic.Uint64

	hints    chan struct{} // one slot: the flag may have changed
	first    chan struct{} // closed when the first evaluation has ended
	stop     chan struct{} // closed to end everything
	stopping sync.Once

	looped   chan struct{}   // closed when the loop has ended
	listened chan struct{}   // closed when the event handlers are removed
	rest     <-chan struct{} // closed when the last evaluation has ended; valid once looped is closed
}

// Start validates the configuration and begins to read. It returns at once, without having called the client: until
// the first evaluation has ended the reading is a share of 0 of kind [NoneYet]. The error holds all problems of the
// configuration, as [Config.Validate]; then the reader is nil and nothing was started.
func Start(cfg Config) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Reader{
		cfg:      cfg.withDefaults(),
		hints:    make(chan struct{}, 1),
		first:    make(chan struct{}),
		stop:     make(chan struct{}),
		looped:   make(chan struct{}),
		listened: make(chan struct{}),
	}
	r.reading.Store(r.blank(NoneYet, "not evaluated yet"))
	go r.listen()
	go newLoop(r).run()
	return r, nil
}

// Reading returns the latest reading: one atomic load, no allocation.
func (r *Reader) Reading() Reading { return *r.reading.Load() }

// Counts returns how many evaluations ended in which kind. They are read one after the
// other, not all at one moment.
func (r *Reader) Counts() Counts {
	var c Counts
	for k := range c {
		c[k] = r.counts[k].Load()
	}
	return c
}

// First returns a channel that is closed once the first evaluation has ended, well or badly, and Changed has returned;
// also when the reader is closed before.
func (r *Reader) First() <-chan struct{} { return r.first }

// Close makes the reading a share of 0 of kind [Closed] at once and for good, and then waits until everything the reader
// started has ended or ctx is done. After it returned nil, no goroutine is left and no callback comes. A hung evaluation
// cannot be ended: then Close returns a [*CloseError] that says so, and may be called again to wait again. It is
// idempotent. It must not be called from Changed or Warn.
func (r *Reader) Close(ctx context.Context) error {
	r.close()
	r.stopping.Do(func() { close(r.stop) })
	var running []string
	if !waited(ctx, r.looped) {
		running = append(running, "reader")
	} else if !waited(ctx, r.rest) {
		running = append(running, "evaluation")
	}
	if !waited(ctx, r.listened) {
		running = append(running, "event handlers")
	}
	if running == nil {
		return nil
	}
	return &CloseError{Flag: r.cfg.Flag, Running: running, Err: ctx.Err()}
}

// close makes the last reading.
func (r *Reader) close() { r.reading.Store(r.blank(Closed, "reader is closed")) }

// blank is a reading without a value.
func (r *Reader) blank(kind Kind, text string) *Reading {
	return &Reading{Kind: kind, Err: &Error{Flag: r.cfg.Flag, Kind: kind, Text: text}, At: time.Now()}
}

// waited reports whether done is closed by the time ctx is done; what is closed already counts even then.
func waited(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
