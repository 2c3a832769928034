package pairlog

import "sync/atomic"

// health is what the goroutine lets others know of the disk. It is safe for concurrent use.
type health struct {
	trouble atomic.Pointer[trouble] // nil: none
	doing   atomic.Pointer[string]  // the name of what is asked of the disk; nil: nothing
}

type trouble struct {
	why reason
	err error
}

func (h *health) well() {
	if h.trouble.Load() != nil {
		h.trouble.Store(nil)
	}
}

func (h *health) ill(err error) reason {
	why := ioFailed
	if isFull(err) {
		why = diskFull
	}
	h.trouble.Store(&trouble{why: why, err: err})
	return why
}

func (h *health) err() error {
	if t := h.trouble.Load(); t != nil {
		return t.err
	}
	return nil
}

// whyFull is why a full queue is not emptied.
func (h *health) whyFull() reason {
	if t := h.trouble.Load(); t != nil {
		return t.why
	}
	return queueFull
}

// during notes what is asked of the disk until the result is called.
func (h *health) during(what string) (over func()) {
	h.doing.Store(&what)
	return func() { h.doing.Store(nil) }
}

func (h *health) what() string {
	if w := h.doing.Load(); w != nil {
		return "the disk has not answered to " + *w
	}
	return "the disk is slow"
}
